//! Scoped threads and `Backoff` of `selvedge::crossbeam`.

use selvedge::crossbeam::thread::{self, scope};
use selvedge::crossbeam::utils::Backoff;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict};

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("scope").strategy(strategy).keep_going(true).run(program));
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    assert_eq!(
        plain.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>(),
        "{plain}\n{reduced}"
    );
    reduced
}

fn payloads(result: thread::Result<()>) -> Vec<&'static str> {
    let payload = result.expect_err("a thread has panicked");
    let all = payload
        .downcast::<Vec<Box<dyn std::any::Any + Send>>>()
        .expect("a list");
    all.iter()
        .map(|one| *one.downcast_ref::<&str>().expect("words"))
        .collect()
}

/// Two increments of what is on the stack outside, one of them in a thread that a thread has started.
#[test]
fn threads_borrow_and_start_others() {
    fn count(increment: fn(&AtomicU32)) -> u32 {
        let counter = AtomicU32::new(0);
        scope(|s| {
            s.spawn(|s| {
                s.spawn(|_| increment(&counter));
            });
            increment(&counter);
        })
        .unwrap();
        counter.into_inner()
    }
    let report = both(|| count(|counter| _ = counter.fetch_add(1, SeqCst)));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.executions, 2, "which of the two comes first: {report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
    let report = both(|| count(|counter| counter.store(counter.load(SeqCst) + 1, SeqCst)));
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["1", "2"]);
}

#[test]
fn who_panics_and_is_not_joined_is_told_by_the_scope() {
    let report = both(|| {
        let told = payloads(scope(|s| {
            s.spawn(|_| panic!("one"));
            s.spawn(|s| {
                s.spawn(|_| panic!("three"));
                panic!("two");
            });
        }));
        let joined = scope(|s| s.spawn(|_| panic!("joined")).join().is_err());
        (told, joined.unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        [r#"(["one", "two", "three"], true)"#]
    );
}

#[test]
fn a_scope_waits_for_its_threads_also_when_it_panics() {
    let report = both(|| {
        let done = AtomicBool::new(false);
        let raised = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _ = scope(|s| {
                s.spawn(|_| done.store(true, SeqCst));
                panic!("itself");
            });
        }));
        (raised.is_err(), done.load(SeqCst))
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(true, true)"]);
}

#[test]
fn a_scope_with_a_thread_that_never_ends_gets_stuck() {
    let report = Check::new("stuck").run(|| {
        let (sender, receiver) = selvedge::crossbeam::channel::unbounded::<u8>();
        let _ = scope(|s| {
            s.spawn(|_| receiver.recv());
        });
        drop(sender);
    });
    assert_eq!(report.failure.expect("nobody sends").kind, FailureKind::Deadlock);
    let report = Check::new("ends").run(|| {
        let (sender, receiver) = selvedge::crossbeam::channel::unbounded::<u8>();
        scope(|s| {
            s.spawn(|_| receiver.recv());
            drop(sender);
        })
        .unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn scopes_are_there_under_loom() {
    let report = Check::new("loom").strategy(Strategy::Loom).run(|| {
        let counter = AtomicU32::new(0);
        scope(|s| {
            s.spawn(|_| counter.fetch_add(1, SeqCst));
            counter.fetch_add(1, SeqCst);
        })
        .unwrap();
        counter.load(SeqCst)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
}

#[test]
fn who_backs_off_waits_for_a_change() {
    let report = both(|| {
        let ready = AtomicBool::new(false);
        scope(|s| {
            s.spawn(|_| ready.store(true, SeqCst));
            let backoff = Backoff::new();
            while !ready.load(SeqCst) {
                backoff.snooze();
            }
        })
        .unwrap();
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    let report = Check::new("spins").run(|| {
        let ready = AtomicBool::new(false);
        let backoff = Backoff::new();
        while !ready.load(SeqCst) {
            backoff.spin();
        }
    });
    assert_eq!(report.failure.expect("nobody changes it").kind, FailureKind::Livelock);
}
