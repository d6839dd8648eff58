//! Barriers under the controlled engine.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, Barrier};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn run<R: std::fmt::Debug + 'static>(program: fn() -> R) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("barrier").strategy(strategy).keep_going(true).run(program))
}

/// Two tasks, two rounds: nobody is in round two before all have been in round one.
#[test]
fn a_barrier_is_reusable_and_each_round_has_one_leader() {
    for report in run(|| {
        let barrier = Arc::new(Barrier::new(2).named("round"));
        let count = Arc::new(AtomicU32::new(0));
        let leaders = Arc::new(AtomicU32::new(0));
        let work = {
            let (barrier, count, leaders) = (Arc::clone(&barrier), Arc::clone(&count), Arc::clone(&leaders));
            move || {
                for round in 1..=2 {
                    count.fetch_add(1, Ordering::Relaxed);
                    let leads = barrier.wait().is_leader();
                    assert!(count.load(Ordering::Relaxed) >= 2 * round);
                    leaders.fetch_add(u32::from(leads), Ordering::Relaxed);
                }
            }
        };
        let other = thread::spawn(work.clone());
        work();
        other.join().unwrap();
        leaders.load(Ordering::Relaxed)
    }) {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
    }
}

#[test]
fn a_task_that_stays_away_stops_the_others() {
    for report in run(|| {
        let barrier = Arc::new(Barrier::new(3).named("start"));
        let tasks = [Arc::clone(&barrier), barrier].map(|barrier| thread::spawn(move || barrier.wait().is_leader()));
        for task in tasks {
            task.join().unwrap();
        }
    }) {
        assert_eq!(
            report.failure.expect("two of three wait for ever").kind,
            FailureKind::Deadlock
        );
    }
}

#[test]
fn a_barrier_for_one_lets_everybody_through() {
    for report in run(|| Barrier::new(1).wait().is_leader() && Barrier::new(0).wait().is_leader()) {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["true"]);
    }
}

struct Slots([UnsafeCell<u32>; 2]);

// SAFETY: whether accesses are ordered is what the test asks; the harness runs one task at a time.
unsafe impl Sync for Slots {}

#[test]
fn what_was_written_before_the_barrier_may_be_read_after_it() {
    fn swap(use_barrier: bool) -> u32 {
        let slots = Arc::new(Slots([UnsafeCell::new(0), UnsafeCell::new(0)]));
        let barrier = Arc::new(Barrier::new(2));
        let work = {
            let (slots, barrier) = (Arc::clone(&slots), Arc::clone(&barrier));
            move |own: usize| {
                // SAFETY: see the impl of Sync.
                slots.0[own].with_mut(|n| unsafe { *n = 1 });
                if use_barrier {
                    barrier.wait();
                }
                // SAFETY: see the impl of Sync.
                slots.0[1 - own].with(|n| unsafe { *n })
            }
        };
        let other = work.clone();
        let task = thread::spawn(move || other(1));
        work(0) + task.join().unwrap()
    }
    for report in run(|| swap(true)) {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
    }
    for report in run(|| swap(false)) {
        assert_eq!(
            report.failure.expect("nothing orders the two").kind,
            FailureKind::DataRace
        );
    }
}
