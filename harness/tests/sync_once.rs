//! `Once` and `OnceLock` under the controlled engine.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::sync::{Arc, Once, OnceLock};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn run<R: std::fmt::Debug + 'static>(program: fn() -> R) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("once").strategy(strategy).keep_going(true).run(program))
}

fn assert_verified(reports: [Report; 2], outcomes: &[&str]) {
    for report in reports {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), outcomes, "{report}");
    }
}

#[test]
fn only_one_caller_runs_and_the_others_see_it_done() {
    assert_verified(
        run(|| {
            let once = Arc::new(Once::new().named("init"));
            let calls = Arc::new(AtomicU32::new(0));
            let work = {
                let (once, calls) = (Arc::clone(&once), Arc::clone(&calls));
                move || {
                    once.call_once(|| assert_eq!(calls.fetch_add(1, Ordering::Relaxed), 0));
                    assert!(once.is_completed());
                    assert_eq!(calls.load(Ordering::Relaxed), 1);
                }
            };
            let other = thread::spawn(work.clone());
            work();
            other.join().unwrap();
            calls.load(Ordering::Relaxed)
        }),
        &["1"],
    );
    // The same with a flag that is checked and then set: both callers initialize.
    for report in run(|| {
        let done = Arc::new(AtomicBool::new(false));
        let calls = Arc::new(AtomicU32::new(0));
        let work = {
            let calls = Arc::clone(&calls);
            move || {
                if !done.load(Ordering::Acquire) {
                    calls.fetch_add(1, Ordering::Relaxed);
                    done.store(true, Ordering::Release);
                }
            }
        };
        let other = thread::spawn(work.clone());
        work();
        other.join().unwrap();
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }) {
        assert_eq!(report.failure.expect("check-then-act").kind, FailureKind::Panic);
    }
}

#[test]
fn a_call_that_panicked_poisons_and_force_repairs() {
    let reports = run(|| {
        let once = Arc::new(Once::new());
        let other = Arc::clone(&once);
        let task = thread::spawn(move || other.call_once(|| panic!("half done")));
        assert!(task.join().is_err());
        assert!(!once.is_completed());
        assert!(catch_unwind(AssertUnwindSafe(|| once.call_once(|| ()))).is_err());
        let mut poisoned = false;
        once.call_once_force(|state| poisoned = state.is_poisoned());
        once.call_once(|| unreachable!("it is done"));
        (poisoned, once.is_completed())
    });
    assert_verified(reports, &["(true, true)"]);
}

#[test]
fn initializing_recursively_is_a_deadlock() {
    for report in run(|| {
        let once = Once::new().named("init");
        once.call_once(|| once.call_once(|| ()));
    }) {
        assert_eq!(report.failure.expect("it waits for itself").kind, FailureKind::Deadlock);
    }
}

#[test]
fn either_caller_may_provide_the_value_and_both_get_the_same() {
    let reports = run(|| {
        let cell = Arc::new(OnceLock::new().named("config"));
        let other = Arc::clone(&cell);
        let task = thread::spawn(move || *other.get_or_init(|| 1));
        let here = *cell.get_or_init(|| 2);
        assert_eq!(here, task.join().unwrap());
        here
    });
    assert_verified(reports, &["1", "2"]);
}

#[test]
fn a_look_is_empty_until_the_value_is_there() {
    let reports = run(|| {
        let cell = Arc::new(OnceLock::new());
        let other = Arc::clone(&cell);
        let task = thread::spawn(move || other.set(1));
        let seen = cell.get().copied();
        let mine = cell.set(2);
        let theirs = task.join().unwrap();
        assert_ne!(mine.is_ok(), theirs.is_ok());
        (seen, *cell.get().unwrap())
    });
    assert_verified(reports, &["(None, 1)", "(None, 2)", "(Some(1), 1)"]);
}

#[test]
fn a_panic_in_get_or_init_leaves_the_cell_empty() {
    let reports = run(|| {
        let cell = OnceLock::new();
        assert!(catch_unwind(AssertUnwindSafe(|| cell.get_or_init(|| panic!("no value")))).is_err());
        assert_eq!(cell.get(), None);
        *cell.get_or_init(|| 3)
    });
    assert_verified(reports, &["3"]);
}

#[test]
fn the_owner_may_take_the_value_and_start_over() {
    let reports = run(|| {
        let mut cell = OnceLock::from(1);
        *cell.get_mut().unwrap() += 1;
        assert_eq!(cell.take(), Some(2));
        assert_eq!(cell.get(), None);
        cell.set(5).unwrap();
        cell.into_inner()
    });
    assert_verified(reports, &["Some(5)"]);
}
