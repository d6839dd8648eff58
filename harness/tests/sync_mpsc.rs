//! Channels under the controlled engine: order, bounds, hand-over, and what the end of either side does.

use std::time::Duration;

use selvedge::cell::UnsafeCell;
use selvedge::sync::mpsc::{self, RecvTimeoutError, TryRecvError, TrySendError};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn run<R: std::fmt::Debug + 'static>(program: fn() -> R) -> [Report; 2] {
    [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("mpsc").strategy(strategy).keep_going(true).run(program))
}

fn assert_verified(reports: [Report; 2], outcomes: &[&str]) {
    for report in reports {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), outcomes, "{report}");
    }
}

fn assert_deadlock(reports: [Report; 2]) {
    for report in reports {
        assert_eq!(report.failure.expect("it gets stuck").kind, FailureKind::Deadlock);
    }
}

#[test]
fn messages_of_one_sender_keep_their_order_and_senders_interleave() {
    let reports = run(|| {
        let (a, receiver) = mpsc::channel();
        let b = a.clone();
        let first = thread::spawn(move || [1, 2].map(|n| a.send(n).unwrap()));
        let second = thread::spawn(move || b.send(3).unwrap());
        let got: Vec<u32> = receiver.iter().collect();
        first.join().unwrap();
        second.join().unwrap();
        got
    });
    assert_verified(reports, &["[1, 2, 3]", "[1, 3, 2]", "[3, 1, 2]"]);
}

#[test]
fn the_end_of_the_last_sender_ends_recv() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        let tasks = [sender, other].map(|sender| thread::spawn(move || drop(sender)));
        let result = receiver.recv();
        for task in tasks {
            task.join().unwrap();
        }
        result
    });
    assert_verified(reports, &["Err(RecvError)"]);
}

#[test]
fn a_forgotten_sender_leaves_the_receiver_waiting() {
    assert_deadlock(run(|| {
        let (sender, receiver) = mpsc::channel::<u32>();
        let other = sender.clone();
        let task = thread::spawn(move || other.send(1).unwrap());
        let got: Vec<u32> = receiver.iter().collect();
        drop(sender);
        task.join().unwrap();
        got
    }));
}

#[test]
fn the_end_of_the_receiver_fails_a_send() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || drop(receiver));
        let result = sender.send(1).is_ok();
        task.join().unwrap();
        (result, sender.send(2).unwrap_err().0)
    });
    assert_verified(reports, &["(false, 2)", "(true, 2)"]);
}

#[test]
fn a_message_sent_before_the_disconnect_is_received() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || sender.send(1).unwrap());
        let got = loop {
            match receiver.try_recv() {
                Ok(n) => break Some(n),
                Err(TryRecvError::Empty) => thread::yield_now(),
                Err(TryRecvError::Disconnected) => break None,
            }
        };
        task.join().unwrap();
        got
    });
    assert_verified(reports, &["Some(1)"]);
}

#[test]
fn try_recv_sees_all_three_states() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || sender.send(1).unwrap());
        let seen = [receiver.try_recv(), receiver.try_recv()];
        task.join().unwrap();
        seen
    });
    assert_verified(
        reports,
        &[
            "[Err(Empty), Err(Empty)]",
            "[Err(Empty), Ok(1)]",
            "[Ok(1), Err(Disconnected)]",
            "[Ok(1), Err(Empty)]",
        ],
    );
}

#[test]
fn a_bounded_channel_makes_the_sender_wait_for_room() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let log = Arc::new(Mutex::new(Vec::new()));
        let other = Arc::clone(&log);
        let task = thread::spawn(move || {
            for n in 1..=2 {
                sender.send(n).unwrap();
                other.lock().unwrap().push(n);
            }
        });
        let sent = log.lock().unwrap().len();
        assert!(sent <= 1, "nothing is received yet, so the second send waits");
        let got: Vec<u32> = receiver.iter().collect();
        task.join().unwrap();
        got
    });
    assert_verified(reports, &["[1, 2]"]);
    assert_deadlock(run(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        receiver.recv().unwrap()
    }));
}

#[test]
fn try_send_says_full_and_gives_the_message_back() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let task = thread::spawn(move || receiver.recv().unwrap());
        sender.send(1).unwrap();
        let second = match sender.try_send(2) {
            Ok(()) => "sent",
            Err(TrySendError::Full(2)) => "full",
            Err(TrySendError::Disconnected(2)) => "disconnected",
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(task.join().unwrap(), 1);
        second
    });
    assert_verified(reports, &["\"disconnected\"", "\"full\"", "\"sent\""]);
}

#[test]
fn a_bound_of_zero_hands_over() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let taken = Arc::new(Mutex::new(false));
        let other = Arc::clone(&taken);
        let task = thread::spawn(move || {
            *other.lock().unwrap() = true;
            receiver.recv().unwrap()
        });
        sender.send(5).unwrap();
        assert!(*taken.lock().unwrap(), "send returned, so recv had begun");
        task.join().unwrap()
    });
    assert_verified(reports, &["5"]);
    // With room for one message the same promise does not hold.
    let report = Check::new("mpsc/room-for-one").strategy(Strategy::Exhaustive).run(|| {
        let (sender, receiver) = mpsc::sync_channel(1);
        let taken = Arc::new(Mutex::new(false));
        let other = Arc::clone(&taken);
        let task = thread::spawn(move || {
            *other.lock().unwrap() = true;
            receiver.recv().unwrap()
        });
        sender.send(5).unwrap();
        assert!(*taken.lock().unwrap(), "send returned, so recv had begun");
        task.join().unwrap()
    });
    assert_eq!(report.failure.unwrap().kind, FailureKind::Panic);
}

#[test]
fn a_hand_over_needs_a_partner() {
    assert_deadlock(run(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        sender.send(1).unwrap();
        drop(receiver);
    }));
    let reports = run(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let task = thread::spawn(move || drop(receiver));
        let back = sender.send(1).unwrap_err().0;
        task.join().unwrap();
        back
    });
    assert_verified(reports, &["1"]);
    let reports = run(|| {
        let (sender, receiver) = mpsc::sync_channel(0);
        let task = thread::spawn(move || receiver.recv());
        let sent = sender.try_send(1).is_ok();
        drop(sender);
        (sent, task.join().unwrap().is_ok())
    });
    assert_verified(reports, &["(false, false)", "(true, true)"]);
}

#[test]
fn a_timed_receive_gives_up_in_virtual_time() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || {
            thread::sleep(Duration::from_secs(1));
            sender.send(1).unwrap();
        });
        let early = receiver.recv_timeout(Duration::from_millis(999));
        let late = receiver.recv_timeout(Duration::from_millis(2));
        let end = receiver.recv_timeout(Duration::from_secs(1));
        task.join().unwrap();
        assert_eq!(end, Err(RecvTimeoutError::Disconnected));
        (early, late)
    });
    assert_verified(reports, &["(Err(Timeout), Ok(1))"]);
}

#[test]
fn messages_that_nobody_received_are_dropped_with_the_receiver() {
    let reports = run(|| {
        let (sender, receiver) = mpsc::channel();
        let value = Arc::new(());
        sender.send(Arc::clone(&value)).unwrap();
        drop(receiver);
        Arc::strong_count(&value)
    });
    assert_verified(reports, &["1"]);
}

struct Slot(UnsafeCell<u32>);

// SAFETY: whether accesses are ordered is what the test asks; the harness runs one task at a time.
unsafe impl Sync for Slot {}

#[test]
fn a_message_publishes_what_its_sender_wrote() {
    fn write_then(send_first: bool) -> u32 {
        let slot = Arc::new(Slot(UnsafeCell::new(0)));
        let other = Arc::clone(&slot);
        let (sender, receiver) = mpsc::channel();
        let task = thread::spawn(move || {
            // SAFETY: see the impl of Sync.
            let write = || other.0.with_mut(|n| unsafe { *n = 1 });
            if send_first {
                sender.send(()).unwrap();
                write();
            } else {
                write();
                sender.send(()).unwrap();
            }
        });
        receiver.recv().unwrap();
        // SAFETY: see the impl of Sync.
        let seen = slot.0.with(|n| unsafe { *n });
        task.join().unwrap();
        seen
    }
    assert_verified(run(|| write_then(false)), &["1"]);
    for report in run(|| write_then(true)) {
        assert_eq!(report.failure.unwrap().kind, FailureKind::DataRace);
    }
}
