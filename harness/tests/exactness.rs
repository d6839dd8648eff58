//! The number of executions of the exhaustive search on programs whose number of Mazurkiewicz traces is
//! known.

#[macro_use]
#[path = "../benches/programs/mod.rs"]
mod programs;

use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

programs!(ours, selvedge);

fn exhaust<R: std::fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("exactness")
        .strategy(Strategy::Exhaustive)
        .keep_going(true)
        .run(program)
}

/// Every interleaving once, and none for nothing.
#[track_caller]
fn assert_traces(report: &Report, traces: u64) {
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert!(report.complete);
    assert_eq!((report.executions, report.blocked_executions), (traces, 0));
}

fn factorial(n: u64) -> u64 {
    (1..=n).product()
}

fn binomial(n: u64, k: u64) -> u64 {
    (1..=k).fold(1, |c, i| c * (n - k + i) / i)
}

#[test]
fn n_writers_to_one_cell_have_n_factorial_traces() {
    for n in 1..=6 {
        let report = exhaust(move || ours::writers(n));
        assert_traces(&report, factorial(n as u64));
        assert_eq!(report.outcomes.len(), n);
    }
}

#[test]
fn n_readers_and_a_writer_have_2_to_the_n_traces() {
    for n in 1..=10 {
        let report = exhaust(move || ours::readers(n));
        assert_traces(&report, 1 << n);
    }
}

#[test]
fn n_lockers_have_n_factorial_traces() {
    for n in 1..=5 {
        let report = exhaust(move || ours::counter(n, 1));
        assert_traces(&report, factorial(n as u64));
    }
}

#[test]
fn two_lockers_k_times_each_have_2k_choose_k_traces() {
    for k in 1..=5 {
        let report = exhaust(move || ours::counter(2, k));
        assert_traces(&report, binomial(2 * k as u64, k as u64));
    }
}

#[test]
fn lastzero_has_n_plus_3_times_2_to_the_n_minus_2_traces() {
    for n in 2..=8_usize {
        let report = exhaust(move || ours::lastzero(n));
        assert_traces(&report, (n as u64 + 3) * (1 << (n - 2)));
    }
}

#[test]
fn indexer_has_8_to_the_n_minus_11_traces() {
    for (n, traces) in [(11, 1), (12, 8), (13, 64), (14, 512)] {
        let report = exhaust(move || ours::indexer(n));
        assert_traces(&report, traces);
    }
}

#[test]
fn n_philosophers_have_2_to_the_n_minus_1_traces_and_one_deadlock() {
    for n in 2..=6 {
        let report = exhaust(move || ours::philosophers(n));
        assert_eq!(report.executions - report.blocked_executions, (1 << n) - 1);
        assert_eq!(report.blocked_executions, 0);
        assert_eq!(report.failing_executions, 1);
        assert!(report.complete);
        assert_eq!(report.failure.as_ref().map(|f| f.kind), Some(FailureKind::Deadlock));
    }
}

/// A release needs no scheduling point unless somebody looks at the lock without waiting; then the moment
/// between the last step of a critical section and its end must be seen.
#[test]
fn try_lock_sees_a_lock_that_is_held_after_the_last_step_of_its_section() {
    for strategy in [Strategy::Dfs, Strategy::Exhaustive] {
        let report = Check::new("exactness").strategy(strategy).run(|| {
            let lock = Arc::new(Mutex::new(()));
            let done = Arc::new(AtomicUsize::new(0));
            let (l, d) = (Arc::clone(&lock), Arc::clone(&done));
            let holder = thread::spawn(move || {
                let _guard = l.lock().unwrap();
                d.store(1, SeqCst);
            });
            let seen = (done.load(SeqCst), lock.try_lock().is_ok());
            holder.join().unwrap();
            seen
        });
        let outcomes: Vec<_> = report.outcomes.keys().map(String::as_str).collect();
        assert_eq!(outcomes, ["(0, false)", "(0, true)", "(1, false)", "(1, true)"]);
    }
}
