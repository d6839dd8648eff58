//! Locks and signals made of an atomic that can be waited for.

use selvedge::atomic_wait::{wait, wake_all, wake_one};
use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, Verdict, thread};

/// The search with its reduction, which plain enumeration has to agree with where loads see the last store.
fn explored(program: impl Fn() + Clone + Send + Sync + 'static, wakeups: u32) -> Report {
    let run = |strategy: Strategy, model| {
        let check = Check::new("atomic-wait").strategy(strategy).memory_model(model);
        check.cause(false).spurious_wakeups(wakeups).run(program.clone())
    };
    let [reduced, plain] = [Strategy::Exhaustive, Strategy::Dfs].map(|s| run(s, MemoryModel::SequentiallyConsistent));
    assert_eq!(reduced.verdict, plain.verdict, "{reduced}\n{plain}");
    let weak = run(Strategy::Exhaustive, MemoryModel::Rust);
    if reduced.verdict == Verdict::Failed {
        assert_eq!(weak.verdict, Verdict::Failed, "{weak}");
        return reduced;
    }
    weak
}

/// A lock of three states: free, locked, and locked with somebody who waits, perhaps.
struct Lock {
    state: AtomicU32,
    value: UnsafeCell<u32>,
}

// SAFETY: the value is touched under the lock; if that did not hold, the check would say so.
unsafe impl Sync for Lock {}

impl Lock {
    fn lock(&self, contended: u32) {
        if self.state.compare_exchange(0, 1, Acquire, Relaxed).is_err() {
            while self.state.swap(contended, Acquire) != 0 {
                wait(&self.state, contended);
            }
        }
    }

    fn unlock(&self, ordering: Ordering) {
        if self.state.swap(0, ordering) == 2 {
            wake_one(&self.state);
        }
    }
}

fn two_under_a_lock(contended: u32, ordering: Ordering) -> impl Fn() + Clone + Send + Sync {
    move || {
        let lock = Arc::new(Lock {
            state: AtomicU32::new(0),
            value: UnsafeCell::new(0),
        });
        let theirs = Arc::clone(&lock);
        let add = move |lock: &Lock| {
            lock.lock(contended);
            // SAFETY: under the lock.
            lock.value.with_mut(|value| unsafe { *value += 1 });
            lock.unlock(ordering);
        };
        let other = thread::spawn(move || add(&theirs));
        add(&lock);
        other.join().unwrap();
        // SAFETY: the other thread has ended.
        lock.value.with(|value| assert_eq!(unsafe { *value }, 2));
    }
}

#[test]
fn a_lock_of_three_states_holds() {
    for wakeups in 0..=1 {
        let report = explored(two_under_a_lock(2, Release), wakeups);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }
}

#[test]
fn who_does_not_say_that_it_waits_is_not_woken() {
    let report = explored(two_under_a_lock(1, Release), 0);
    let failure = report.failure.expect("nobody wakes who waits");
    assert!(
        matches!(failure.kind, FailureKind::Deadlock | FailureKind::LostWakeup),
        "{failure}"
    );
}

#[test]
fn a_lock_that_is_given_back_relaxed_publishes_nothing() {
    let report = explored(two_under_a_lock(2, Relaxed), 0);
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::DataRace));
}

/// Two who wait for a flag.
fn two_wait(raise: fn(&AtomicU32)) -> impl Fn() + Clone + Send + Sync {
    move || {
        let flag = Arc::new(AtomicU32::new(0).named("flag"));
        let waiters = [(); 2].map(|()| {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                while flag.load(Acquire) == 0 {
                    wait(&flag, 0);
                }
            })
        });
        raise(&flag);
        for waiter in waiters {
            waiter.join().unwrap();
        }
    }
}

#[test]
fn all_are_woken_or_one_after_the_other() {
    for raise in [
        |flag: &AtomicU32| {
            flag.store(1, Release);
            wake_all(flag);
        },
        |flag: &AtomicU32| {
            flag.store(1, Release);
            wake_one(flag);
            wake_one(flag);
        },
    ] {
        let report = explored(two_wait(raise), 0);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
    }
    for raise in [
        |flag: &AtomicU32| {
            flag.store(1, Release);
            wake_one(flag);
        },
        |flag: &AtomicU32| {
            wake_all(flag);
            flag.store(1, Release);
        },
        |flag: &AtomicU32| flag.store(1, Release),
    ] {
        assert_eq!(explored(two_wait(raise), 0).verdict, Verdict::Failed);
    }
}

#[test]
fn another_atomic_is_another_one_and_need_not_exist_any_more() {
    let report = explored(
        || {
            let (mine, other) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
            let theirs = Arc::clone(&mine);
            let gone = Arc::as_ptr(&other);
            let waiter = thread::spawn(move || {
                while theirs.load(Acquire) == 0 {
                    wait(&theirs, 0);
                }
            });
            wake_all(&*other);
            drop(other);
            wake_one(gone);
            mine.store(1, Release);
            wake_one(&*mine);
            waiter.join().unwrap();
        },
        0,
    );
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_wait_may_end_without_a_reason() {
    let program = || {
        let flag = Arc::new(AtomicU32::new(0).named("flag"));
        let theirs = Arc::clone(&flag);
        let waiter = thread::spawn(move || {
            wait(&theirs, 0);
            assert_eq!(theirs.load(Acquire), 1, "nobody has raised the flag");
        });
        flag.store(1, Release);
        wake_one(&*flag);
        waiter.join().unwrap();
    };
    let run = |wakeups| {
        let check = Check::new("atomic-wait").memory_model(MemoryModel::SequentiallyConsistent);
        check.cause(false).spurious_wakeups(wakeups).run(program)
    };
    assert_eq!(run(0).verdict, Verdict::Verified);
    assert_eq!(run(1).failure.map(|failure| failure.kind), Some(FailureKind::Panic));
}

#[test]
fn real_threads_wait_and_are_woken() {
    let run = two_under_a_lock(2, Release);
    let all = two_wait(|flag| {
        flag.store(1, Release);
        wake_all(flag);
    });
    for _ in 0..200 {
        run();
        all();
    }
}
