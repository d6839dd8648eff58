//! Plain enumeration and the reduction agree on what programs over the primitives can do, and the
//! reduction needs no more executions for it.

use std::time::Duration;

use selvedge::sync::mpsc::{self, TryRecvError};
use selvedge::sync::{Arc, Barrier, Condvar, Mutex, OnceLock, RwLock};
use selvedge::{Check, Report, Strategy, thread};

fn assert_agree<R: std::fmt::Debug + 'static>(program: fn() -> R) {
    let run = |strategy| -> Report {
        Check::new("agree")
            .strategy(strategy)
            .keep_going(true)
            .spurious_wakeups(1)
            .run(program)
    };
    let (plain, reduced) = (run(Strategy::Dfs), run(Strategy::Exhaustive));
    assert!(plain.complete && reduced.complete, "{plain}\n{reduced}");
    let outcomes = |report: &Report| report.outcomes.keys().cloned().collect::<Vec<_>>();
    assert_eq!(outcomes(&plain), outcomes(&reduced));
    assert!(outcomes(&plain).len() > 1, "a program with one outcome shows little");
    assert_eq!(plain.failing_executions > 0, reduced.failing_executions > 0);
    assert!(reduced.executions <= plain.executions);
}

#[test]
fn timed_waits_and_spurious_wakeups() {
    assert_agree(|| {
        let pair = Arc::new((Mutex::new(0), Condvar::new()));
        let tasks = [1, 2].map(|n| {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                let (seen, result) = pair
                    .1
                    .wait_timeout(pair.0.lock().unwrap(), Duration::from_millis(n))
                    .unwrap();
                (*seen, result.timed_out())
            })
        });
        *pair.0.lock().unwrap() = 1;
        pair.1.notify_one();
        tasks.map(|task| task.join().unwrap())
    });
}

#[test]
fn three_waiters_and_two_notifications() {
    assert_agree(|| {
        let pair = Arc::new((Mutex::new(Vec::new()), Condvar::new()));
        let tasks = [1, 2, 3].map(|n| {
            let pair = Arc::clone(&pair);
            thread::spawn(move || {
                let timeout = Duration::from_secs(1);
                let mut log = pair.1.wait_timeout(pair.0.lock().unwrap(), timeout).unwrap().0;
                log.push(n);
            })
        });
        pair.1.notify_one();
        pair.1.notify_one();
        for task in tasks {
            task.join().unwrap();
        }
        let log = pair.0.lock().unwrap();
        log.clone()
    });
}

#[test]
fn channels_with_two_senders_and_an_impatient_receiver() {
    assert_agree(|| {
        let (sender, receiver) = mpsc::channel();
        let tasks = [1, 2].map(|n| {
            let sender = sender.clone();
            thread::spawn(move || sender.send(n).unwrap())
        });
        drop(sender);
        let first = receiver.try_recv();
        let rest: Vec<_> = receiver.iter().collect();
        assert_eq!(receiver.try_recv(), Err(TryRecvError::Disconnected));
        for task in tasks {
            task.join().unwrap();
        }
        (first, rest)
    });
}

#[test]
fn bounded_channels_whose_receiver_leaves() {
    assert_agree(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let other = sender.clone();
        let task = thread::spawn(move || other.send(1).is_ok());
        let taker = thread::spawn(move || receiver.recv());
        let tried = sender.try_send(2).map_err(|error| error.to_string());
        (tried, task.join().unwrap(), taker.join().unwrap())
    });
}

#[test]
fn hand_over_between_three() {
    assert_agree(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let other = sender.clone();
        let task = thread::spawn(move || other.send(1).is_ok());
        let taker = thread::spawn(move || receiver.recv());
        let tried = sender.try_send(2).is_ok();
        drop(sender);
        (tried, task.join().unwrap(), taker.join().unwrap())
    });
}

#[test]
fn reader_writer_locks_with_tries() {
    assert_agree(|| {
        let lock = Arc::new(RwLock::new(0));
        let (writer, reader) = (Arc::clone(&lock), Arc::clone(&lock));
        let writer = thread::spawn(move || *writer.write().unwrap() += 1);
        let reader = thread::spawn(move || *reader.read().unwrap());
        let tried = lock.try_write().map(|mut n| *n += 10).is_ok();
        let seen = lock.try_read().map(|n| *n).ok();
        writer.join().unwrap();
        (tried, seen, reader.join().unwrap())
    });
}

#[test]
fn once_cells_with_looks() {
    assert_agree(|| {
        let cell = Arc::new(OnceLock::new());
        let tasks = [1, 2].map(|n| {
            let cell = Arc::clone(&cell);
            thread::spawn(move || *cell.get_or_init(|| n))
        });
        let seen = (cell.get().copied(), cell.set(3).is_ok());
        (seen, tasks.map(|task| task.join().unwrap()))
    });
}

#[test]
fn the_leader_of_a_barrier() {
    assert_agree(|| {
        let barrier = Arc::new(Barrier::new(3));
        let tasks = [0, 1].map(|_| {
            let barrier = Arc::clone(&barrier);
            thread::spawn(move || barrier.wait().is_leader())
        });
        let here = barrier.wait().is_leader();
        (here, tasks.map(|task| task.join().unwrap()))
    });
}
