//! Atomics that are borrowed, toggled, updated and tagged.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("atomics").strategy(strategy).keep_going(true).run(program));
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    assert_eq!(
        plain.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>(),
        "{plain}\n{reduced}"
    );
    reduced
}

fn outcomes(report: &Report) -> Vec<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

/// Two tasks do this, one after the other or at the same time.
fn twice<R: Send>(f: impl Fn() -> R + Sync) -> [R; 2] {
    thread::scope(|scope| {
        let other = scope.spawn(&f);
        let mine = f();
        [mine, other.join().unwrap()]
    })
}

#[test]
fn what_is_left_in_a_borrowed_atomic_is_what_others_find() {
    let report = both(|| {
        let mut counter = AtomicU32::new(0);
        twice(|| counter.fetch_add(1, Relaxed));
        *counter.get_mut() *= 10;
        let mut seen = twice(|| counter.fetch_add(1, Relaxed));
        seen.sort_unstable();
        (seen, counter.into_inner())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["([20, 21], 22)"]);
}

#[test]
fn nobody_finds_what_was_there_before_an_atomic_was_borrowed() {
    let report = both(|| {
        let mut value = AtomicU32::new(0);
        twice(|| value.store(1, Relaxed));
        *value.get_mut() = 5;
        let shared = Arc::new(value);
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || theirs.load(Relaxed));
        shared.store(6, Relaxed);
        other.join().unwrap()
    });
    assert_eq!(outcomes(&report), ["5", "6"]);
}

#[test]
fn a_borrowed_atomic_keeps_its_name() {
    let report = Check::new("named").strategy(Strategy::Exhaustive).run(|| {
        let mut counter = AtomicU32::new(0).named("counter").showing(|n| format!("<{n}>"));
        counter.store(1, SeqCst);
        *counter.get_mut() += 1;
        assert_ne!(counter.fetch_add(1, SeqCst), 2);
    });
    let failure = report.failure.expect("it was 2");
    let timeline = failure.trace.timeline();
    assert!(timeline.contains("counter.fetch_add(1) ➜ <2>"), "{timeline}");
}

#[test]
fn one_operation_toggles_and_two_do_not() {
    let report = both(|| {
        let flag = AtomicBool::new(false);
        twice(|| flag.fetch_not(SeqCst));
        flag.into_inner()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["false"]);
    let report = both(|| {
        let flag = AtomicBool::new(false);
        twice(|| flag.store(!flag.load(SeqCst), SeqCst));
        flag.into_inner()
    });
    assert_eq!(outcomes(&report), ["false", "true"]);
}

#[test]
fn an_update_is_not_lost() {
    let report = both(|| {
        let value = AtomicU32::new(1);
        twice(|| {
            value.update(SeqCst, SeqCst, |n| n * 3);
            value.try_update(SeqCst, SeqCst, |n| (n < 9).then_some(n + 1)).is_ok()
        });
        value.into_inner()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["12", "9"]);
}

#[test]
#[expect(deprecated, reason = "deprecated names are names")]
fn who_compares_and_swaps_first_is_one() {
    let report = both(|| {
        let owner = AtomicU32::new(0);
        twice(|| owner.compare_and_swap(0, 1, SeqCst) == 0)
            .iter()
            .filter(|won| **won)
            .count()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["1"]);
}

/// Marks a pointer, and says whether it has not been marked before.
fn tags(pointer: &AtomicPtr<u32>, at_once: bool) -> bool {
    let before = match at_once {
        true => pointer.fetch_or(1, SeqCst),
        false => {
            let before = pointer.load(SeqCst);
            pointer.store(before.map_addr(|address| address | 1), SeqCst);
            before
        }
    };
    before.addr() & 1 == 0
}

#[test]
fn one_task_tags_a_pointer() {
    let report = both(|| {
        let pointer = AtomicPtr::default();
        twice(|| tags(&pointer, true)).iter().filter(|first| **first).count()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["1"]);
    let report = Check::new("tag").strategy(Strategy::Exhaustive).run(|| {
        let pointer = AtomicPtr::default();
        assert!(twice(|| tags(&pointer, false)) != [true, true]);
    });
    assert_eq!(report.failure.expect("both find it untagged").kind, FailureKind::Panic);
}

#[test]
fn a_pointer_that_is_moved_by_two_is_moved_twice() {
    let report = both(|| {
        let values = [1, 2, 3_u32];
        let pointer = AtomicPtr::new((&raw const values[0]).cast_mut());
        twice(|| pointer.fetch_ptr_add(1, SeqCst).addr());
        // SAFETY: it was moved twice, to the last of three.
        unsafe { *pointer.load(SeqCst) }
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["3"]);
}

#[test]
fn a_fence_for_the_compiler_orders_nothing() {
    fn publishes(fence: fn()) -> Report {
        Check::new("fence").strategy(Strategy::Exhaustive).run(move || {
            let shared = Arc::new((AtomicU32::new(0), AtomicBool::new(false)));
            let theirs = Arc::clone(&shared);
            let other = thread::spawn(move || {
                theirs.0.store(1, Relaxed);
                fence();
                theirs.1.store(true, Relaxed);
            });
            if shared.1.load(Relaxed) {
                fence();
                assert_eq!(shared.0.load(Relaxed), 1);
            }
            other.join().unwrap();
        })
    }
    let report = publishes(|| selvedge::sync::atomic::fence(SeqCst));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let report = publishes(|| selvedge::sync::atomic::compiler_fence(SeqCst));
    assert_eq!(report.failure.expect("it sees the flag alone").kind, FailureKind::Panic);
}
