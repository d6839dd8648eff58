//! Waiting under Rust's memory model: deadlines, timers, and loops that go round until something changes. The execution graphs end
//! as plain enumeration does, in which every step and every way of a load is a branch.

use std::collections::BTreeSet;
use std::time::Duration;

use selvedge::future::block_on;
use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::{Arc, Condvar, Mutex, RwLock, mpsc};
use selvedge::tokio::sync::{Notify, Semaphore};
use selvedge::{Check, FailureKind, MemoryModel, Strategy, Verdict, hint, thread, time};

const SOON: Duration = Duration::from_millis(1);
const LATER: Duration = Duration::from_millis(2);

/// All outcomes of a program, which both searches must have seen: how many graphs there are, and how many runs were useless.
#[track_caller]
fn graphs<T: std::fmt::Debug>(program: impl Fn() -> T + Send + Sync + Clone + 'static) -> (BTreeSet<String>, u64, u64) {
    let check = |strategy| {
        let check = Check::new("waits").memory_model(MemoryModel::Rust).strategy(strategy);
        check.max_executions(200_000).keep_going(true).run(program.clone())
    };
    let (graphs, all) = (check(Strategy::Exhaustive), check(Strategy::Dfs));
    assert_eq!(graphs.verdict, Verdict::Verified, "{graphs}");
    assert_eq!(graphs.memory_model, MemoryModel::Rust);
    assert!(all.complete, "{all}");
    let outcomes = |report: &selvedge::Report| report.outcomes.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(outcomes(&graphs), outcomes(&all));
    (
        outcomes(&graphs),
        graphs.executions - graphs.blocked_executions,
        graphs.blocked_executions,
    )
}

fn flag() -> Arc<AtomicUsize> {
    Arc::new(AtomicUsize::new(0).named("flag"))
}

#[track_caller]
fn sees(outcomes: &BTreeSet<String>, expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|&outcome| outcome.to_owned()).collect();
    assert_eq!(*outcomes, expected);
}

#[test]
fn a_message_with_a_deadline_comes_or_does_not() {
    for wait in [Some(SOON), None] {
        let (outcomes, ..) = graphs(move || {
            let (flag, (sender, receiver)) = (flag(), mpsc::channel());
            let other = thread::spawn({
                let flag = Arc::clone(&flag);
                move || {
                    flag.store(1, Relaxed);
                    if let Some(wait) = wait {
                        thread::sleep(wait);
                    }
                    _ = sender.send(());
                    flag.store(2, Relaxed);
                }
            });
            let came = receiver.recv_timeout(SOON).is_ok();
            let seen = flag.load(Relaxed);
            other.join().unwrap();
            (came, seen)
        });
        match wait {
            // At one instant: whoever is first. The clock has moved, so what came before is seen.
            Some(_) => sees(&outcomes, &["(false, 1)", "(false, 2)", "(true, 1)", "(true, 2)"]),
            None => sees(&outcomes, &["(true, 1)", "(true, 2)"]),
        }
    }
}

/// Several wait, `signals` wake one each, and whoever waits then is woken all the same. Who came out first, if a waiter can tell, and
/// whether all did. `ordering`: of an atomic that says nothing, so that the numbers have to be those of interleavings.
fn woken_one_by_one(waiters: usize, signals: usize, ordering: Ordering) -> (Vec<usize>, usize) {
    let shared = Arc::new((Mutex::new((0, Vec::new())), Condvar::new().named("turn")));
    let flag = flag();
    let waiting: Vec<_> = (0..waiters)
        .map(|me| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let mut state = shared.0.lock().unwrap();
                while state.0 == 0 {
                    state = shared.1.wait(state).unwrap();
                }
                state.0 -= 1;
                state.1.push(me);
            })
        })
        .collect();
    for _ in 0..signals {
        flag.fetch_add(1, ordering);
        shared.0.lock().unwrap().0 += 1;
        shared.1.notify_one();
    }
    for waiting in waiting {
        waiting.join().unwrap();
    }
    let order = shared.0.lock().unwrap().1.clone();
    (order, flag.load(ordering))
}

/// Some wait for a while, whatever has been before, and one of those who wait then is woken: who was.
fn woken_if_it_waits(waiters: usize, ordering: Ordering) -> (Vec<bool>, usize) {
    let shared = Arc::new((Mutex::new(()), Condvar::new().named("turn")));
    let flag = flag();
    let waiting: Vec<_> = (0..waiters)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let guard = shared.0.lock().unwrap();
                !shared.1.wait_timeout(guard, SOON).unwrap().1.timed_out()
            })
        })
        .collect();
    flag.fetch_add(1, ordering);
    shared.1.notify_one();
    let woken = waiting.into_iter().map(|thread| thread.join().unwrap()).collect();
    (woken, flag.load(ordering))
}

/// The same program with an atomic that is ordered weakly, and one that is not: how many outcomes there are.
#[track_caller]
fn as_many_as_interleavings<T: std::fmt::Debug + 'static>(
    program: impl Fn(Ordering) -> T + Send + Sync + Clone + 'static,
) -> usize {
    let weak = program.clone();
    let (outcomes, number, _) = graphs(move || weak(Relaxed));
    let check = Check::new("waits").strategy(Strategy::Exhaustive).keep_going(true);
    let interleavings = check.run(move || program(SeqCst));
    assert_eq!(interleavings.memory_model, MemoryModel::SequentiallyConsistent);
    assert_eq!(interleavings.verdict, Verdict::Verified, "{interleavings}");
    assert_eq!(number, interleavings.executions);
    outcomes.len()
}

#[test]
fn whom_a_signal_wakes_is_a_part_of_it() {
    let orders = as_many_as_interleavings(|ordering| woken_one_by_one(2, 2, ordering));
    assert_eq!(orders, 2);
    for waiters in 2..=3 {
        // Nobody, or one of them.
        let number = as_many_as_interleavings(move |ordering| woken_if_it_waits(waiters, ordering));
        assert_eq!(number, waiters + 1);
    }
}

/// Who is woken goes on with what an older store has left; and a signal too few is a deadlock.
#[test]
fn whoever_is_woken_may_see_an_older_store() {
    let program = |signals: usize| {
        move || {
            let shared = Arc::new((Mutex::new(false), Condvar::new()));
            let flag = flag();
            let waiting = [(); 2].map(|()| {
                let (shared, flag) = (Arc::clone(&shared), Arc::clone(&flag));
                thread::spawn(move || {
                    let mut open = shared.0.lock().unwrap();
                    while !*open {
                        open = shared.1.wait(open).unwrap();
                    }
                    drop(open);
                    flag.load(Relaxed)
                })
            });
            *shared.0.lock().unwrap() = true;
            flag.store(1, Relaxed);
            for _ in 0..signals {
                shared.1.notify_one();
            }
            waiting.map(|thread| thread.join().unwrap())
        }
    };
    let (outcomes, ..) = graphs(program(2));
    sees(&outcomes, &["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"]);
    let report = Check::new("waits").strategy(Strategy::Exhaustive).run(program(1));
    assert_eq!(report.failure.map(|failure| failure.kind), Some(FailureKind::Deadlock));
}

#[test]
fn a_condition_variable_with_a_deadline() {
    let (outcomes, ..) = graphs(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new()));
        let flag = flag();
        let other = thread::spawn({
            let (shared, flag) = (Arc::clone(&shared), Arc::clone(&flag));
            move || {
                thread::sleep(SOON);
                flag.store(1, Relaxed);
                *shared.0.lock().unwrap() = true;
                shared.1.notify_one();
            }
        });
        let guard = shared.0.lock().unwrap();
        let (guard, result) = shared.1.wait_timeout_while(guard, SOON, |ready| !*ready).unwrap();
        let (ready, seen) = (*guard, flag.load(Relaxed));
        drop(guard);
        other.join().unwrap();
        (ready, result.timed_out(), seen)
    });
    sees(&outcomes, &["(false, true, 0)", "(false, true, 1)", "(true, false, 1)"]);
}

#[test]
fn parking_with_a_deadline() {
    let (outcomes, ..) = graphs(|| {
        let flag = flag();
        let main = thread::current();
        let other = thread::spawn({
            let flag = Arc::clone(&flag);
            move || {
                thread::sleep(SOON);
                flag.store(1, Relaxed);
                main.unpark();
            }
        });
        thread::park_timeout(SOON);
        let seen = flag.load(Relaxed);
        other.join().unwrap();
        seen
    });
    sees(&outcomes, &["0", "1"]);
}

/// The search lets the older thread go first, so the younger one, whose time is over, could have come earlier.
#[test]
fn who_is_late_could_have_been_late_before_it_was_told() {
    let (outcomes, ..) = graphs(|| {
        let (flag, (sender, receiver)) = (flag(), mpsc::channel());
        let seen = Arc::clone(&flag);
        let sender = thread::spawn(move || {
            thread::sleep(SOON);
            flag.store(1, Relaxed);
            _ = sender.send(());
        });
        let receiver = thread::spawn(move || (receiver.recv_timeout(SOON).is_ok(), seen.load(Relaxed)));
        sender.join().unwrap();
        receiver.join().unwrap()
    });
    sees(&outcomes, &["(false, 0)", "(false, 1)", "(true, 1)"]);
    let (outcomes, ..) = graphs(|| {
        let shared = Arc::new((Mutex::new(false), Condvar::new(), AtomicUsize::new(0)));
        let (theirs, ours) = (Arc::clone(&shared), shared);
        let notifier = thread::spawn(move || {
            thread::sleep(SOON);
            theirs.2.store(1, Relaxed);
            *theirs.0.lock().unwrap() = true;
            theirs.1.notify_one();
        });
        let waiter = thread::spawn(move || {
            let guard = ours.0.lock().unwrap();
            let (ready, result) = ours.1.wait_timeout_while(guard, SOON, |ready| !*ready).unwrap();
            (*ready, result.timed_out(), ours.2.load(Relaxed))
        });
        notifier.join().unwrap();
        waiter.join().unwrap()
    });
    sees(&outcomes, &["(false, true, 0)", "(false, true, 1)", "(true, false, 1)"]);
}

#[test]
fn futures_with_a_deadline() {
    let (outcomes, ..) = graphs(|| {
        let shared = Arc::new((Notify::new(), AtomicUsize::new(0)));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                thread::sleep(SOON);
                shared.1.store(1, Relaxed);
                shared.0.notify_one();
                shared.1.store(2, Relaxed);
            }
        });
        let in_time = block_on(time::timeout(SOON, shared.0.notified())).is_ok();
        let seen = shared.1.load(Relaxed);
        other.join().unwrap();
        (in_time, seen)
    });
    sees(
        &outcomes,
        &["(false, 0)", "(false, 1)", "(false, 2)", "(true, 1)", "(true, 2)"],
    );
    let (outcomes, ..) = graphs(|| {
        let shared = Arc::new((Semaphore::new(0), AtomicUsize::new(0)));
        let other = thread::spawn({
            let shared = Arc::clone(&shared);
            move || {
                block_on(async {
                    time::sleep(SOON).await;
                    shared.1.fetch_add(1, Relaxed);
                    time::sleep(SOON).await;
                    shared.0.add_permits(1);
                });
            }
        });
        let first = block_on(time::timeout(SOON, shared.0.acquire())).is_ok();
        let second = block_on(time::timeout(LATER, shared.0.acquire())).is_ok();
        let seen = shared.1.load(Relaxed);
        other.join().unwrap();
        (first, second, seen)
    });
    sees(&outcomes, &["(false, true, 1)"]);
}

#[test]
fn who_gives_up_a_lock_that_another_one_has_taken_before() {
    let (outcomes, ..) = graphs(|| {
        let (flag, lock) = (flag(), Arc::new(Semaphore::new(1)));
        let others: Vec<_> = (1..=2)
            .map(|me| {
                let (flag, lock) = (Arc::clone(&flag), Arc::clone(&lock));
                thread::spawn(move || {
                    let held = block_on(time::timeout(SOON, lock.acquire()));
                    flag.store(me, Relaxed);
                    if let Ok(held) = held {
                        thread::sleep(LATER);
                        drop(held);
                        true
                    } else {
                        false
                    }
                })
            })
            .collect();
        let held: Vec<bool> = others.into_iter().map(|other| other.join().unwrap()).collect();
        (held, flag.load(Relaxed))
    });
    sees(&outcomes, &["([false, true], 1)", "([true, false], 2)"]);
}

#[test]
fn spinning_on_two_flags() {
    let (outcomes, _, blocked) = graphs(|| {
        let flags = Arc::new((AtomicUsize::new(0).named("a"), AtomicUsize::new(0).named("b")));
        let others = [0, 1].map(|which| {
            let flags = Arc::clone(&flags);
            thread::spawn(move || if which == 0 { &flags.0 } else { &flags.1 }.store(1, Release))
        });
        let seen = loop {
            let seen = (flags.0.load(Acquire), flags.1.load(Acquire));
            if seen.0 + seen.1 > 0 {
                break seen;
            }
            hint::spin_loop();
        };
        for other in others {
            other.join().unwrap();
        }
        seen
    });
    sees(&outcomes, &["(0, 1)", "(1, 0)", "(1, 1)"]);
    assert_eq!(blocked, 0, "whichever it waits for changes");
    let (outcomes, _, blocked) = graphs(|| {
        let flags = Arc::new((AtomicUsize::new(0).named("a"), AtomicUsize::new(0).named("b")));
        let other = thread::spawn({
            let flags = Arc::clone(&flags);
            move || flags.1.store(1, Release)
        });
        while flags.0.load(Acquire) + flags.1.load(Acquire) == 0 {
            hint::spin_loop();
        }
        other.join().unwrap();
    });
    sees(&outcomes, &["()"]);
    assert_eq!(blocked, 1, "it waits for the first one, and the other one changes");
}

#[test]
fn spinning_on_a_lock() {
    let (outcomes, ..) = graphs(|| {
        let (flag, lock) = (flag(), Arc::new(Mutex::new(0)));
        let other = thread::spawn({
            let (flag, lock) = (Arc::clone(&flag), Arc::clone(&lock));
            move || {
                let mut held = lock.lock().unwrap();
                flag.store(1, Relaxed);
                *held += 1;
            }
        });
        let found = loop {
            if let Ok(held) = lock.try_lock() {
                break (*held, flag.load(Relaxed));
            }
            thread::yield_now();
        };
        other.join().unwrap();
        found
    });
    sees(&outcomes, &["(0, 0)", "(1, 1)"]);
    let (outcomes, ..) = graphs(|| {
        let (flag, lock) = (flag(), Arc::new(RwLock::new(0)));
        let other = thread::spawn({
            let (flag, lock) = (Arc::clone(&flag), Arc::clone(&lock));
            move || {
                *lock.write().unwrap() += 1;
                flag.store(1, Relaxed);
            }
        });
        let found = loop {
            if let Ok(held) = lock.try_read()
                && *held + flag.load(Relaxed) > 0
            {
                break (*held, flag.load(Relaxed));
            }
            thread::yield_now();
        };
        other.join().unwrap();
        found
    });
    sees(&outcomes, &["(1, 0)", "(1, 1)"]);
}

#[test]
fn spinning_on_two_flags_of_which_none_is_set_is_a_livelock() {
    let report = Check::new("waits")
        .memory_model(MemoryModel::Rust)
        .strategy(Strategy::Exhaustive)
        .run(|| {
            let flags = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0)));
            let other = thread::spawn({
                let flags = Arc::clone(&flags);
                move || flags.2.store(1, Relaxed)
            });
            while flags.0.load(Relaxed) + flags.1.load(Relaxed) == 0 {
                hint::spin_loop();
            }
            other.join().unwrap();
        });
    assert_eq!(report.verdict, Verdict::Failed, "{report}");
    assert_eq!(
        report.failure.as_ref().map(|f| f.kind),
        Some(FailureKind::Livelock),
        "{report}"
    );
}

/// Who spins on a lock may go round between two who take it.
#[test]
fn a_spinning_task_comes_between_two_others() {
    let program = || {
        let (flag, lock) = (flag(), Arc::new(Mutex::new(0)));
        let (theirs, seen) = (Arc::clone(&lock), Arc::clone(&flag));
        let taker = thread::spawn(move || {
            flag.store(1, Relaxed);
            *theirs.lock().unwrap() += 1;
            *theirs.lock().unwrap() += 1;
        });
        let spinner = thread::spawn(move || {
            let mut tries = 1;
            loop {
                if let Ok(value) = lock.try_lock() {
                    return (tries, *value);
                }
                tries += 1;
                hint::spin_loop();
            }
        });
        taker.join().unwrap();
        _ = seen.load(Relaxed);
        spinner.join().unwrap()
    };
    let (outcomes, ..) = graphs(program);
    let all = ["(1, 0)", "(1, 1)", "(1, 2)", "(2, 1)", "(2, 2)", "(3, 2)", "(4, 2)"];
    sees(&outcomes, &all);
}
