//! Values that are made when they are first used, and waiting for one that somebody else makes.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed, Ordering::SeqCst};
use selvedge::sync::{Arc, LazyLock, Mutex, Once, OnceLock};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("lazy").strategy(strategy).keep_going(true).run(program));
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

static MADE: AtomicU32 = AtomicU32::new(0);
static VALUE: LazyLock<u32> = LazyLock::new(|| MADE.fetch_add(1, SeqCst));

#[test]
fn a_lazy_static_is_made_once_in_each_execution() {
    let report = both(|| {
        let threads = [1, 2].map(|_| thread::spawn(|| *VALUE));
        let seen = threads.map(|thread| thread.join().unwrap());
        (seen, *VALUE, MADE.load(SeqCst))
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["([0, 0], 0, 1)"]);
}

#[test]
fn a_value_that_is_made_by_hand_is_made_twice() {
    static BY_HAND: Mutex<Option<u32>> = Mutex::new(None);
    fn value() -> u32 {
        let known = *BY_HAND.lock().unwrap();
        known.unwrap_or_else(|| {
            let made = MADE.fetch_add(1, SeqCst);
            *BY_HAND.lock().unwrap() = Some(made);
            made
        })
    }
    let report = Check::new("by-hand").strategy(Strategy::Exhaustive).run(|| {
        let other = thread::spawn(value);
        value();
        other.join().unwrap();
        assert_eq!(MADE.load(SeqCst), 1);
    });
    assert_eq!(report.failure.expect("both make one").kind, FailureKind::Panic);
}

#[test]
fn a_lazy_lock_publishes_what_made_it() {
    let report = both(|| {
        let written = Arc::new(AtomicU32::new(0));
        let theirs = Arc::clone(&written);
        let lazy = Arc::new(LazyLock::new(move || theirs.store(1, Relaxed)));
        let other = thread::spawn({
            let (lazy, written) = (Arc::clone(&lazy), Arc::clone(&written));
            move || {
                LazyLock::force(&lazy);
                written.load(Relaxed)
            }
        });
        let known = LazyLock::get(&lazy).is_some();
        let seen = written.load(Relaxed);
        assert!(!known || seen == 1);
        (other.join().unwrap(), known)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(1, false)", "(1, true)"]);
}

#[test]
fn a_lazy_lock_whose_closure_panics_is_poisoned() {
    let report = both(|| {
        let lazy: Arc<LazyLock<u32>> = Arc::new(LazyLock::new(|| panic!("inside")));
        let force = |lazy: &LazyLock<u32>| catch_unwind(AssertUnwindSafe(|| *LazyLock::force(lazy))).is_err();
        let theirs = Arc::clone(&lazy);
        let other = thread::spawn(move || force(&theirs));
        (force(&lazy), other.join().unwrap(), LazyLock::get(&lazy).copied())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, true, None)"]);
}

#[test]
fn a_lazy_lock_that_needs_itself_deadlocks() {
    static LOOPS: LazyLock<u32> = LazyLock::new(|| *LOOPS + 1);
    let report = Check::new("recursive").strategy(Strategy::Exhaustive).run(|| *LOOPS);
    assert_eq!(report.failure.expect("it waits for itself").kind, FailureKind::Deadlock);
}

selvedge::lazy_static! {
    /// What happened.
    pub static ref LOG: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static ref COUNT: AtomicU32 = AtomicU32::new(0);
    pub(crate) static ref LIMIT: u32 = 2;
}

#[test]
fn the_macro_makes_statics_that_begin_each_execution_afresh() {
    let report = both(|| {
        let other = thread::spawn(|| {
            LOG.lock().unwrap().push(1);
            COUNT.fetch_add(1, SeqCst)
        });
        selvedge::lazy_static::initialize(&LOG);
        COUNT.fetch_add(1, SeqCst);
        other.join().unwrap();
        assert_eq!(COUNT.load(SeqCst), *LIMIT);
        LOG.lock().unwrap().len()
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["1"]);
    let report = Check::new("a race").strategy(Strategy::Exhaustive).run(|| {
        let add_one = || COUNT.store(COUNT.load(SeqCst) + 1, SeqCst);
        let other = thread::spawn(add_one);
        add_one();
        other.join().unwrap();
        assert_eq!(COUNT.load(SeqCst), *LIMIT);
    });
    assert_eq!(report.failure.expect("an increment is lost").kind, FailureKind::Panic);
}

#[test]
fn who_waits_for_a_call_sees_what_it_did() {
    let report = both(|| {
        let (once, written) = (Arc::new(Once::new().named("once")), Arc::new(AtomicU32::new(0)));
        let waiters = [false, true].map(|force| {
            let (once, written) = (Arc::clone(&once), Arc::clone(&written));
            thread::spawn(move || {
                if force {
                    once.wait_force()
                } else {
                    once.wait()
                }
                (once.is_completed(), written.load(Relaxed))
            })
        });
        once.call_once(|| written.store(1, Relaxed));
        waiters.map(|waiter| waiter.join().unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["[(true, 1), (true, 1)]"]);
}

#[test]
fn who_does_not_wait_may_come_too_early() {
    let report = both(|| {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        let other = thread::spawn(move || theirs.call_once(|| ()));
        let seen = once.is_completed();
        other.join().unwrap();
        seen
    });
    assert_eq!(outcomes(&report), ["false", "true"]);
}

#[test]
fn waiting_for_a_call_that_nobody_makes_is_a_deadlock() {
    let program = || {
        let once = Arc::new(Once::new());
        let theirs = Arc::clone(&once);
        let other = thread::spawn(move || theirs.wait());
        if selvedge::choose(2) == 1 {
            once.call_once(|| ());
        }
        other.join().unwrap();
    };
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let report = Check::new("nobody").strategy(strategy).run(program);
        assert_eq!(report.failure.expect("nobody calls").kind, FailureKind::Deadlock);
    }
}

#[test]
fn a_call_that_panics_ends_a_wait_but_not_a_forced_one() {
    let report = both(|| {
        let once = Arc::new(Once::new());
        let [plain, forced] = [false, true].map(|force| {
            let once = Arc::clone(&once);
            thread::spawn(move || {
                let wait = || if force { once.wait_force() } else { once.wait() };
                catch_unwind(AssertUnwindSafe(wait)).is_ok()
            })
        });
        let fails = catch_unwind(AssertUnwindSafe(|| once.call_once(|| panic!("inside")))).is_err();
        once.call_once_force(|_| ());
        (fails, plain.join().unwrap(), forced.join().unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["(true, false, true)", "(true, true, true)"]);
}

#[test]
fn who_waits_for_a_value_gets_the_one_that_was_written() {
    let report = both(|| {
        let cell = Arc::new(OnceLock::new());
        let waiters = [0, 1].map(|_| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || *cell.wait())
        });
        let theirs = Arc::clone(&cell);
        let other = thread::spawn(move || theirs.set(1).is_ok());
        let mine = cell.set(2).is_ok();
        let theirs = other.join().unwrap();
        assert!(mine != theirs);
        waiters.map(|waiter| waiter.join().unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(outcomes(&report), ["[1, 1]", "[2, 2]"]);
    let report = Check::new("no value").strategy(Strategy::Exhaustive).run(|| {
        let cell = OnceLock::<u32>::new();
        *cell.wait()
    });
    assert_eq!(report.failure.expect("nobody writes it").kind, FailureKind::Deadlock);
}
