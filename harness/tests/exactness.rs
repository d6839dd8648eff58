//! The number of executions of the exhaustive search on programs whose number of Mazurkiewicz traces is
//! known.

use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

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

fn join_all(threads: Vec<thread::JoinHandle<()>>) {
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn n_writers_to_one_cell_have_n_factorial_traces() {
    for n in 1..=6 {
        let report = exhaust(move || {
            let cell = Arc::new(AtomicUsize::new(0));
            let writers = (0..n).map(|i| {
                let cell = Arc::clone(&cell);
                thread::spawn(move || cell.store(i + 1, SeqCst))
            });
            join_all(writers.collect());
            cell.load(SeqCst)
        });
        assert_traces(&report, factorial(n as u64));
        assert_eq!(report.outcomes.len(), n);
    }
}

#[test]
fn n_readers_and_a_writer_have_2_to_the_n_traces() {
    for n in 1..=10 {
        let report = exhaust(move || {
            let cell = Arc::new(AtomicUsize::new(0));
            let mut threads = Vec::new();
            for i in 0..=n {
                let cell = Arc::clone(&cell);
                threads.push(thread::spawn(move || {
                    if i == 0 {
                        cell.store(1, SeqCst);
                    } else {
                        cell.load(SeqCst);
                    }
                }));
            }
            join_all(threads);
        });
        assert_traces(&report, 1 << n);
    }
}

#[test]
fn n_lockers_have_n_factorial_traces() {
    for n in 1..=5 {
        let report = exhaust(move || {
            let lock = Arc::new(Mutex::new(0));
            let lockers = (0..n).map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || *lock.lock().unwrap() += 1)
            });
            join_all(lockers.collect());
            *lock.lock().unwrap()
        });
        assert_traces(&report, factorial(n));
    }
}

#[test]
fn two_lockers_k_times_each_have_2k_choose_k_traces() {
    for k in 1..=5 {
        let report = exhaust(move || {
            let lock = Arc::new(Mutex::new(0));
            let lockers = (0..2).map(|_| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    for _ in 0..k {
                        *lock.lock().unwrap() += 1;
                    }
                })
            });
            join_all(lockers.collect());
        });
        assert_traces(&report, binomial(2 * k, k));
    }
}

/// From the source-sets paper: each of n threads writes to its own cell what it read from the one before;
/// a last thread looks for the last zero.
#[test]
fn lastzero_has_n_plus_3_times_2_to_the_n_minus_2_traces() {
    for n in 2..=8_usize {
        let report = exhaust(move || {
            let array = Arc::new((0..=n).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
            let mut threads = Vec::new();
            for j in 0..=n {
                let array = Arc::clone(&array);
                threads.push(thread::spawn(move || {
                    if j == 0 {
                        let mut i = n;
                        while array[i].load(SeqCst) != 0 {
                            i -= 1;
                        }
                    } else {
                        let before = array[j - 1].load(SeqCst);
                        array[j].store(before + 1, SeqCst);
                    }
                }));
            }
            join_all(threads);
        });
        assert_traces(&report, (n as u64 + 3) * (1 << (n - 2)));
    }
}

/// From the source-sets paper: n threads insert into a hash table of 128 slots; up to 11 threads never
/// collide.
#[test]
fn indexer_has_8_to_the_n_minus_11_traces() {
    for (n, traces) in [(11, 1), (12, 8), (13, 64), (14, 512)] {
        let report = exhaust(move || {
            let table = Arc::new((0..128).map(|_| AtomicUsize::new(0)).collect::<Vec<_>>());
            let threads = (0..n).map(|id| {
                let table = Arc::clone(&table);
                thread::spawn(move || {
                    for m in 1..=4 {
                        let w = m * 11 + id;
                        let mut h = (w * 7) % 128;
                        while table[h].compare_exchange(0, w, SeqCst, SeqCst).is_err() {
                            h = (h + 1) % 128;
                        }
                    }
                })
            });
            join_all(threads.collect());
        });
        assert_traces(&report, traces);
    }
}

#[test]
fn n_philosophers_have_2_to_the_n_minus_1_traces_and_one_deadlock() {
    for n in 2..=6 {
        let report = exhaust(move || {
            let forks: Arc<Vec<_>> = Arc::new((0..n).map(|_| Mutex::new(())).collect());
            let threads = (0..n).map(|i| {
                let forks = Arc::clone(&forks);
                thread::spawn(move || {
                    let _left = forks[i].lock().unwrap();
                    let _right = forks[(i + 1) % n].lock().unwrap();
                })
            });
            join_all(threads.collect());
        });
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
