//! A writer that waits for a reader-writer lock keeps new readers out, on most platforms: what follows from it is explored,
//! and what does not depend on it costs nothing.

mod strategies;

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex, RwLock, mpsc};
use selvedge::time::Duration;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};
use strategies::EVERY;

fn run<R: std::fmt::Debug>(strategy: Strategy, program: impl Fn() -> R + Send + Sync + 'static) -> Report {
    Check::new("writers").cause(false).strategy(strategy).run(program)
}

#[track_caller]
fn deadlocks(program: fn(), words: &str) {
    // One change of priority is too few for these.
    let deep = |strategy: &Strategy| *strategy != Strategy::Pct { depth: 1 };
    for strategy in EVERY.into_iter().filter(deep) {
        let report = run(strategy.clone(), program);
        let failure = report.failure.unwrap_or_else(|| panic!("{strategy:?} finds it"));
        assert_eq!(failure.kind, FailureKind::Deadlock, "{failure}");
        assert!(failure.message.contains(words), "{failure}");
        // What has been found is found again from its file.
        let again = run(Strategy::Replay(failure.schedule.clone()), program);
        assert_eq!(again.failure.map(|f| f.to_string()), Some(failure.to_string()));
    }
}

fn writer(lock: &Arc<RwLock<u32>>) -> thread::JoinHandle<()> {
    let lock = Arc::clone(lock);
    (thread::Builder::new().name("writer"))
        .spawn(move || *lock.write().unwrap() += 1)
        .unwrap()
}

#[test]
fn a_task_that_reads_again_while_it_reads_waits_for_a_writer_that_waits_for_it() {
    deadlocks(
        || {
            let lock = Arc::new(RwLock::new(0).named("lock"));
            let writer = writer(&lock);
            let outer = lock.read().unwrap();
            let inner = lock.read().unwrap();
            drop((inner, outer));
            writer.join().unwrap();
        },
        "`lock`, which writer waits to write",
    );
}

#[test]
fn a_reader_that_waits_for_another_reader_waits_for_the_writer_between_them() {
    deadlocks(
        || {
            let lock = Arc::new(RwLock::new(0).named("lock"));
            let writer = writer(&lock);
            let (theirs, (sender, receiver)) = (Arc::clone(&lock), mpsc::channel());
            let reader = thread::spawn(move || sender.send(*theirs.read().unwrap()).unwrap());
            let guard = lock.read().unwrap();
            receiver.recv().unwrap();
            drop(guard);
            reader.join().unwrap();
            writer.join().unwrap();
        },
        "waits",
    );
}

#[test]
fn two_locks_in_one_order_are_a_deadlock_if_a_writer_comes_between() {
    deadlocks(
        || {
            let lock = Arc::new(RwLock::new(0).named("lock"));
            let mutex = Arc::new(Mutex::new(()).named("mutex"));
            let writer = writer(&lock);
            let (theirs, other) = (Arc::clone(&lock), Arc::clone(&mutex));
            let reader = thread::spawn(move || {
                let _mutex = other.lock().unwrap();
                *theirs.read().unwrap()
            });
            let shared = lock.read().unwrap();
            drop(mutex.lock().unwrap());
            drop(shared);
            reader.join().unwrap();
            writer.join().unwrap();
        },
        "waits",
    );
}

#[test]
fn what_a_reader_waits_for_may_come_late_because_of_a_writer() {
    // The message would be there in time if readers overtook writers.
    let program = || {
        let lock = Arc::new(RwLock::new(0));
        let writer = writer(&lock);
        let (theirs, (sender, receiver)) = (Arc::clone(&lock), mpsc::channel());
        let reader = thread::spawn(move || _ = sender.send(*theirs.read().unwrap()));
        let guard = lock.read().unwrap();
        let received = receiver.recv_timeout(Duration::from_millis(1)).is_ok();
        drop(guard);
        reader.join().unwrap();
        writer.join().unwrap();
        received
    };
    for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
        let report = run(strategy, program);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
    }
}

#[test]
fn a_try_may_fail_while_others_share_the_lock_and_only_if_somebody_writes() {
    for (writes, outcomes) in [(false, &["true"][..]), (true, &["false", "true"])] {
        for strategy in [Strategy::Exhaustive, Strategy::Dfs] {
            let report = run(strategy, move || {
                let lock = Arc::new(RwLock::new(0));
                let writer = writes.then(|| writer(&lock));
                let shared = lock.read().unwrap();
                let free = lock.try_read().is_ok();
                drop(shared);
                if let Some(writer) = writer {
                    writer.join().unwrap();
                }
                free
            });
            assert_eq!(report.verdict, Verdict::Verified, "{report}");
            assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), outcomes);
            assert_eq!(report.blocked_executions, 0);
        }
    }
}

/// A loop that looks whether a writer waits sees it.
#[test]
fn a_reader_may_wait_until_a_writer_waits_for_it() {
    for strategy in [Strategy::Exhaustive, Strategy::Dfs, Strategy::Random] {
        let report = run(strategy, || {
            let lock = Arc::new(RwLock::new(0));
            let shared = lock.read().unwrap();
            let writer = writer(&lock);
            while lock.try_read().is_ok() {
                thread::yield_now();
            }
            drop(shared);
            writer.join().unwrap();
        });
        assert!(report.failure.is_none(), "{report}");
    }
}

/// Locks that nobody shares twice: as many interleavings as if a writer did not announce itself.
#[test]
fn a_writer_that_nobody_can_see_waiting_adds_no_interleavings() {
    fn orders(readers: usize, writers: usize) -> Report {
        run(Strategy::Exhaustive, move || {
            let lock = Arc::new(RwLock::new(0));
            let value = Arc::new(AtomicU32::new(0));
            let tasks = (0..readers + writers).map(|i| {
                let (lock, value) = (Arc::clone(&lock), Arc::clone(&value));
                thread::spawn(move || {
                    if i < readers {
                        let seen = lock.read().unwrap();
                        value.load(SeqCst) + *seen
                    } else {
                        *lock.write().unwrap() += 1;
                        0
                    }
                })
            });
            let tasks: Vec<_> = tasks.collect();
            tasks.into_iter().map(|task| task.join().unwrap()).sum::<u32>()
        })
    }
    // Writers in any order, and each reader between two of them.
    for (readers, writers, interleavings) in [(1, 1, 2), (2, 1, 4), (1, 2, 6), (2, 2, 18)] {
        let report = orders(readers, writers);
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!((report.executions, report.blocked_executions), (interleavings, 0));
    }
}

/// The same where it is known that one might see it, because another lock of the program is waited for under a share.
#[test]
fn a_writer_that_announces_itself_adds_no_interleavings_where_nobody_reads_again() {
    for early in [false, true] {
        let report = run(Strategy::Exhaustive, move || {
            let (lock, mutex) = (Arc::new(RwLock::new(0)), Arc::new(Mutex::new(0)));
            let readers = [0, 1].map(|_| {
                let (lock, mutex) = (Arc::clone(&lock), Arc::clone(&mutex));
                thread::spawn(move || {
                    let shared = lock.read().unwrap();
                    if early {
                        // Nobody holds it, but it might be waited for.
                        drop(mutex.lock().unwrap());
                    }
                    *shared
                })
            });
            let writers = [writer(&lock), writer(&lock)];
            writers.into_iter().for_each(|task| task.join().unwrap());
            readers.map(|task| task.join().unwrap())
        });
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        // Where both read between the same writers, or before, or after, they have the mutex in one order or the other.
        let both = if early { 3 * 2 } else { 0 };
        assert_eq!((report.executions, report.blocked_executions), (18 + both, 0));
    }
}
