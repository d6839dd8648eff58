//! Reader-writer locks under the controlled engine: readers overlap, a writer is alone, a panic of a
//! writer is seen by whoever comes next.

use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, RwLock, TryLockError};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn run<R: std::fmt::Debug + 'static>(program: fn() -> R) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("rwlock").strategy(strategy).keep_going(true).run(program))
}

fn assert_verified(reports: [Report; 2], outcomes: &[&str]) {
    for report in reports {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), outcomes, "{report}");
    }
}

#[test]
fn readers_overlap_and_a_writer_does_not() {
    /// The largest number of tasks inside at once.
    fn inside(write: bool) -> u32 {
        let lock = Arc::new(RwLock::new(()));
        let (now, most) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
        let enter = {
            let (lock, now, most) = (Arc::clone(&lock), Arc::clone(&now), Arc::clone(&most));
            move |write: bool| {
                let guards = if write {
                    (None, Some(lock.write().unwrap()))
                } else {
                    (Some(lock.read().unwrap()), None)
                };
                let here = now.fetch_add(1, Ordering::Relaxed) + 1;
                most.fetch_max(here, Ordering::Relaxed);
                now.fetch_sub(1, Ordering::Relaxed);
                drop(guards);
            }
        };
        let other = enter.clone();
        let task = thread::spawn(move || other(write));
        enter(false);
        task.join().unwrap();
        most.load(Ordering::Relaxed)
    }
    assert_verified(run(|| inside(false)), &["1", "2"]);
    assert_verified(run(|| inside(true)), &["1"]);
}

#[test]
fn increments_under_the_write_lock_are_not_lost_and_between_two_locks_they_are() {
    fn count(apart: bool) -> u32 {
        let lock = Arc::new(RwLock::new(0).named("n").showing(|n| n.to_string()));
        let tasks = [Arc::clone(&lock), Arc::clone(&lock)].map(|lock| {
            thread::spawn(move || {
                if apart {
                    let n = *lock.read().unwrap();
                    *lock.write().unwrap() = n + 1;
                } else {
                    *lock.write().unwrap() += 1;
                }
            })
        });
        for task in tasks {
            task.join().unwrap();
        }
        *lock.read().unwrap()
    }
    assert_verified(run(|| count(false)), &["2"]);
    assert_verified(run(|| count(true)), &["1", "2"]);
}

#[test]
fn upgrading_a_read_lock_deadlocks() {
    for report in run(|| {
        let lock = Arc::new(RwLock::new(0).named("cache"));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || {
            let seen = other.read().unwrap();
            *other.write().unwrap() = *seen + 1;
        });
        task.join().unwrap();
    }) {
        let failure = report.failure.expect("a task waits for itself");
        assert_eq!(failure.kind, FailureKind::Deadlock);
        assert!(failure.message.contains("`cache`"), "{failure}");
    }
}

#[test]
fn trying_fails_exactly_while_somebody_is_in_the_way() {
    let reports = run(|| {
        let lock = RwLock::new(1);
        {
            let _reader = lock.read().unwrap();
            assert!(lock.try_read().is_ok());
            assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        }
        {
            let _writer = lock.try_write().unwrap();
            assert!(matches!(lock.try_read(), Err(TryLockError::WouldBlock)));
            assert!(matches!(lock.try_write(), Err(TryLockError::WouldBlock)));
        }
        *lock.try_read().unwrap()
    });
    assert_verified(reports, &["1"]);
    let reports = run(|| {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || *other.write().unwrap() += 1);
        let seen = lock.try_read().map(|n| *n).ok();
        task.join().unwrap();
        seen
    });
    assert_verified(reports, &["None", "Some(0)", "Some(1)"]);
}

#[test]
fn a_panic_of_a_writer_poisons_and_one_of_a_reader_does_not() {
    fn after_panic(write: bool) -> (bool, bool) {
        let lock = Arc::new(RwLock::new(0));
        let other = Arc::clone(&lock);
        let task = thread::spawn(move || {
            let _guards = if write {
                (None, Some(other.write().unwrap()))
            } else {
                (Some(other.read().unwrap()), None)
            };
            panic!("inside");
        });
        assert!(task.join().is_err());
        let reader = lock.read().is_err();
        let writer = lock.write().is_err();
        lock.clear_poison();
        assert!(lock.read().is_ok());
        (reader, writer)
    }
    assert_verified(run(|| after_panic(true)), &["(true, true)"]);
    assert_verified(run(|| after_panic(false)), &["(false, false)"]);
}
