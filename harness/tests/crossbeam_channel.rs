//! Channels of `selvedge::crossbeam`: what is caught, what is verified, and in how many interleavings.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::cell::UnsafeCell;
use selvedge::crossbeam::channel::{
    Receiver, RecvTimeoutError, TryRecvError, after, at, bounded, never, tick, unbounded,
};
use selvedge::sync::Arc;
use selvedge::time::{Duration, Instant};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

const SECOND: Duration = Duration::from_secs(1);

/// Plain enumeration and the reduction, which have to agree.
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("crossbeam").strategy(strategy).keep_going(true).run(program));
    assert_eq!(plain.verdict, reduced.verdict, "{plain}\n{reduced}");
    assert_eq!(
        plain.outcomes.keys().collect::<Vec<_>>(),
        reduced.outcomes.keys().collect::<Vec<_>>(),
        "{plain}\n{reduced}"
    );
    reduced
}

#[track_caller]
fn verified<R: std::fmt::Debug + 'static>(interleavings: u64, outcomes: &[&str], program: fn() -> R) {
    let report = both(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), outcomes, "{report}");
    assert_eq!(report.executions, interleavings, "{report}");
}

/// How it fails, and a replay of it does.
#[track_caller]
fn fails<R: std::fmt::Debug + 'static>(kind: FailureKind, program: fn() -> R) -> String {
    let [plain, failure] = [Strategy::Dfs, Strategy::Exhaustive].map(|strategy| {
        let report = Check::new("crossbeam").strategy(strategy).run(program);
        report.failure.expect("it can fail")
    });
    assert_eq!(plain.kind, kind, "{}", plain.message);
    assert_eq!(failure.kind, kind, "{}", failure.message);
    let again = Check::new("crossbeam")
        .strategy(Strategy::Replay(failure.schedule))
        .run(program);
    assert_eq!(again.failure.expect("it fails again").kind, kind);
    failure.message
}

/// The one interleaving that is left free is whether the receiver gets its message before or after the sender is dropped.
#[test]
fn one_sender_and_one_receiver_have_two_interleavings() {
    verified(2, &["Ok(1)"], || {
        let (sender, receiver) = unbounded();
        let other = thread::spawn(move || sender.send(1).unwrap());
        let got = receiver.recv();
        other.join().unwrap();
        got
    });
    verified(2, &["Ok(1)"], || {
        let (sender, receiver) = bounded(1);
        let other = thread::spawn(move || sender.send(1).unwrap());
        let got = receiver.recv();
        other.join().unwrap();
        got
    });
}

/// Either of the two comes first and is found by the other.
#[test]
fn a_hand_over_has_two_interleavings() {
    verified(2, &["Ok(1)"], || {
        let (sender, receiver) = bounded(0);
        let other = thread::spawn(move || sender.send(1).unwrap());
        let got = receiver.recv();
        other.join().unwrap();
        got
    });
}

/// Which of two receivers gets the one message, and whether the other looks before or after the last sender is gone, which it cannot tell.
#[test]
fn a_message_goes_to_one_of_those_who_receive() {
    verified(4, &["[None, Some(7)]", "[Some(7), None]"], || {
        let (sender, receiver) = unbounded();
        sender.send(7).unwrap();
        let tasks = [receiver.clone(), receiver].map(|receiver| {
            thread::spawn(move || {
                let got = receiver.recv().ok();
                std::mem::forget(receiver);
                got
            })
        });
        drop(sender);
        tasks.map(|task| task.join().unwrap())
    });
}

#[test]
fn a_try_fails_where_it_would_wait() {
    verified(
        3,
        &["(None, Err(Empty))", "(None, Ok(1))", "(Some(\"full\"), Ok(1))"],
        || {
            let (sender, receiver) = bounded(1);
            let theirs = receiver.clone();
            let other = thread::spawn(move || theirs.try_recv());
            let first = sender.try_send(1).err().map(|_| "full");
            assert_eq!(first, None);
            let second = sender.try_send(2).err().map(|_| "full");
            let got = other.join().unwrap();
            drop(receiver);
            match got {
                Ok(n) => {
                    assert_eq!(n, 1);
                    (second, Ok(1))
                }
                Err(error) => (second.filter(|_| false), Err(error)),
            }
        },
    );
}

/// With bound 0 a try finds who waits already, and nobody else. In the first program either of the ends is dropped first once the message
/// is handed over; otherwise the receiver waits before the sender is dropped, or after that. The second is its mirror image.
#[test]
fn a_try_to_hand_over_needs_somebody_who_waits() {
    verified(4, &[r#"(Err("Full(..)"), Err(RecvError))"#, "(Ok(()), Ok(1))"], || {
        let (sender, receiver) = bounded(0);
        let other = thread::spawn(move || receiver.recv());
        let sent = sender.try_send(1);
        drop(sender);
        (sent, other.join().unwrap())
    });
    verified(4, &[r#"(Err(Empty), Err("SendError(..)"))"#, "(Ok(1), Ok(()))"], || {
        let (sender, receiver) = bounded(0);
        let other = thread::spawn(move || sender.send(1));
        let got = receiver.try_recv();
        drop(receiver);
        (got, other.join().unwrap())
    });
}

#[test]
fn the_end_of_either_side_wakes_the_other() {
    // A receiver that waits, a sender that waits for room, and one that waits for a receiver.
    let report = both(|| {
        let (sender, receiver) = unbounded::<u8>();
        let other = thread::spawn(move || receiver.recv().is_err());
        drop(sender);
        let received = other.join().unwrap();
        let results = [0, 1].map(|bound| {
            let (sender, receiver) = bounded(bound);
            let other = thread::spawn(move || {
                let results = [sender.send(1).is_err(), sender.send(2).is_err()];
                results[1]
            });
            drop(receiver);
            other.join().unwrap()
        });
        (received, results)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(true, [true, true])"]);
}

#[test]
fn what_nobody_receives_any_more_is_dropped_and_what_is_not_sent_comes_back() {
    verified(1, &["(1, 2, 1)"], || {
        let message = Arc::new(());
        let (sender, receiver) = unbounded();
        sender.send(Arc::clone(&message)).unwrap();
        sender.send(Arc::clone(&message)).unwrap();
        drop(receiver);
        let left = Arc::strong_count(&message);
        let back = sender.send(Arc::clone(&message)).unwrap_err().into_inner();
        let kept = Arc::strong_count(&message);
        drop(back);
        (left, kept, Arc::strong_count(&message))
    });
}

#[test]
fn nothing_leaks() {
    fn program() {
        for bound in [0, 1] {
            let (sender, receiver) = bounded(bound);
            let other = thread::spawn(move || {
                let _ = sender.send_timeout(Arc::new(1), SECOND);
                let _ = sender.try_send(Arc::new(2));
            });
            let _ = receiver.recv_timeout(SECOND);
            drop(receiver);
            other.join().unwrap();
        }
    }
    let report = Check::new("leaks").leaks(true).early_timers(1).run(program);
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn a_sender_that_unwinds_is_gone() {
    let report = both(|| {
        let (sender, receiver) = bounded::<u8>(0);
        let other = thread::spawn(move || {
            let _sender = sender;
            panic!("before it sends");
        });
        let got = receiver.recv();
        (got, other.join().is_err())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(Err(RecvError), true)"]);
}

#[test]
fn two_bounded_channels_in_a_circle_get_stuck() {
    let told = fails(FailureKind::Deadlock, || {
        let (jobs, todo) = bounded(1);
        let (results, done) = bounded(1);
        let jobs = jobs.named("jobs");
        let results = results.named("results");
        let worker = thread::spawn(move || todo.iter().for_each(|job: u32| results.send(job * 2).unwrap()));
        for job in 0..4 {
            jobs.send(job).unwrap();
        }
        drop(jobs);
        let all: Vec<u32> = done.iter().collect();
        worker.join().unwrap();
        all
    });
    assert!(
        told.contains("room in `jobs`") && told.contains("room in `results`"),
        "{told}"
    );
    let report = both(|| {
        let (jobs, todo) = unbounded();
        let (results, done) = bounded(1);
        let worker = thread::spawn(move || {
            todo.iter().for_each(|job: u32| results.send(job * 2).unwrap());
        });
        for job in 0..4 {
            jobs.send(job).unwrap();
        }
        drop(jobs);
        let all: Vec<u32> = done.iter().collect();
        worker.join().unwrap();
        all
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["[0, 2, 4, 6]"]);
}

/// Who gives up to send has the message still. To go on without it loses it.
#[test]
fn a_message_that_comes_too_late_is_lost_unless_it_is_sent_again() {
    fn total(again: bool) -> u32 {
        let (sender, receiver) = bounded(0);
        let other = thread::spawn(move || {
            thread::sleep(2 * SECOND);
            receiver.iter().sum::<u32>()
        });
        if let Err(late) = sender.send_timeout(1, SECOND)
            && again
        {
            assert!(late.is_timeout());
            sender.send(late.into_inner()).unwrap();
        }
        drop(sender);
        let total = other.join().unwrap();
        assert_eq!(total, 1);
        total
    }
    fails(FailureKind::Panic, || total(false));
    let report = both(|| total(true));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

/// A channel that is closed is ready for ever, and a `select_biased!` takes it first.
#[test]
fn a_closed_channel_starves_the_branches_behind_it() {
    fn serve(closed_first: bool) {
        use selvedge::crossbeam::channel::select_biased;
        let (jobs, todo) = unbounded::<u8>();
        let (quit, told) = unbounded();
        let main = thread::spawn(move || {
            drop(jobs);
            quit.send(()).unwrap();
        });
        let todo = todo.named("todo");
        let mut closed = false;
        loop {
            if closed_first {
                select_biased! {
                    recv(todo) -> job => if job.is_err() { closed = true },
                    recv(told) -> _ => break,
                }
            } else {
                let none = never();
                select_biased! {
                    recv(if closed { &none } else { &todo }) -> job => closed = job.is_err(),
                    recv(told) -> _ => break,
                }
            }
        }
        main.join().unwrap();
        assert!(closed || !closed_first);
    }
    let report = Check::new("starves").max_steps(200).run(|| serve(true));
    assert_eq!(
        report.failure.expect("it goes on for ever").kind,
        FailureKind::StepLimit
    );
    let report = Check::new("starves").max_steps(200).run(|| serve(false));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn time_is_virtual() {
    verified(1, &["(true, true, true)"], || {
        let begin = Instant::now();
        let first = after(SECOND).recv().unwrap().duration_since(begin) == SECOND;
        let when = begin + 3 * SECOND;
        let second = at(when).recv() == Ok(when);
        let begin = Instant::now();
        let ticks = tick(SECOND);
        let mut third = ticks.recv().unwrap() == begin + SECOND;
        thread::sleep(3 * SECOND);
        // It came a second later, and is taken after three.
        third &= ticks.try_recv() == Ok(begin + 2 * SECOND) && Instant::now() == begin + 4 * SECOND;
        third &= ticks.try_recv() == Err(TryRecvError::Empty) && ticks.recv() == Ok(begin + 5 * SECOND);
        (first, second, third)
    });
    verified(1, &["(Err(Timeout), 1s, Err(Timeout))"], || {
        let begin = Instant::now();
        let (sender, receiver) = bounded(1);
        let empty = receiver.recv_deadline(begin + SECOND);
        let waited = begin.elapsed();
        sender.send(1).unwrap();
        let full = sender
            .send_deadline(2, Instant::now())
            .map_err(|late| match late.is_timeout() {
                true => RecvTimeoutError::Timeout,
                false => RecvTimeoutError::Disconnected,
            });
        (empty.map(|_: i32| ()), waited, full)
    });
    fails(FailureKind::Deadlock, || {
        let receiver: Receiver<u8> = never();
        receiver.recv()
    });
}

/// One of those who wait for a timer's message gets it, and the other waits on: for ever.
#[test]
fn the_message_of_a_timer_is_for_one() {
    fails(FailureKind::Deadlock, || {
        let timer = after(SECOND);
        let tasks = [timer.clone(), timer].map(|timer| thread::spawn(move || timer.recv().is_ok()));
        tasks.map(|task| task.join().unwrap())
    });
    verified(2, &["[1s, 2s]", "[2s, 1s]"], || {
        let begin = Instant::now();
        let timer = tick(SECOND);
        let tasks =
            [timer.clone(), timer].map(|timer| thread::spawn(move || timer.recv().unwrap().duration_since(begin)));
        tasks.map(|task| task.join().unwrap())
    });
}

/// A cell, which one task writes and another reads.
struct Data(UnsafeCell<u32>);

// SAFETY: the accesses race or do not, which is what the tests ask.
unsafe impl Sync for Data {}

impl Data {
    fn new() -> Arc<Self> {
        Arc::new(Data(UnsafeCell::new(0).named("data")))
    }

    fn put(&self, value: u32) {
        // SAFETY: tasks take turns; whether they are ordered is reported.
        self.0.with_mut(|data| unsafe { *data = value });
    }

    fn get(&self) -> u32 {
        // SAFETY: as above.
        self.0.with(|data| unsafe { *data })
    }
}

#[test]
fn what_was_written_before_a_send_is_there_after_its_receive() {
    for bound in [Some(0), Some(1), None] {
        let report = Check::new("ordered").run(move || {
            let data = Data::new();
            let (sender, receiver) = bound.map_or_else(unbounded, bounded);
            let theirs = Arc::clone(&data);
            let other = thread::spawn(move || {
                theirs.put(7);
                sender.send(()).unwrap();
            });
            receiver.recv().unwrap();
            assert_eq!(data.get(), 7);
            other.join().unwrap();
        });
        assert_eq!(report.verdict, Verdict::Verified, "{bound:?} {report}");
    }
}

#[test]
fn a_message_that_was_not_sent_orders_nothing() {
    fails(FailureKind::DataRace, || {
        let data = Data::new();
        let (sender, receiver) = bounded(1);
        sender.send(1).unwrap();
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || {
            theirs.put(7);
            sender.try_send(2).is_ok()
        });
        let got = receiver.recv();
        data.get();
        (got, other.join().unwrap())
    });
}

/// With bound 0 both wait for each other; with room the sender learns nothing of who receives.
#[test]
fn a_hand_over_orders_both_and_room_does_not() {
    fn program(bound: usize) -> u32 {
        let data = Data::new();
        let (sender, receiver) = bounded(bound);
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || {
            theirs.put(7);
            receiver.recv().unwrap();
        });
        sender.send(()).unwrap();
        let seen = data.get();
        other.join().unwrap();
        seen
    }
    verified(2, &["7"], || program(0));
    fails(FailureKind::DataRace, || program(1));
}

/// The crate's implementation orders these, and does not say so.
#[test]
fn a_channel_is_no_semaphore() {
    fails(FailureKind::DataRace, || {
        let data = Data::new();
        let (acquire, release) = bounded(1);
        let enter = move |data: &Data, value| {
            acquire.send(()).unwrap();
            data.put(value);
            release.recv().unwrap();
        };
        let (theirs, both) = (Arc::clone(&data), enter.clone());
        let other = thread::spawn(move || both(&theirs, 1));
        enter(&data, 2);
        other.join().unwrap();
    });
}

/// Who receives waits for the end, which is all that comes.
#[test]
fn who_finds_the_other_end_gone_comes_after_that() {
    verified(1, &["7"], || {
        let data = Data::new();
        let (sender, receiver) = bounded::<u8>(1);
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || {
            theirs.put(7);
            drop(sender);
        });
        let _ = receiver.recv();
        let seen = data.get();
        other.join().unwrap();
        seen
    });
    let report = both(|| {
        let data = Data::new();
        let (sender, receiver) = bounded::<u8>(0);
        let theirs = Arc::clone(&data);
        let other = thread::spawn(move || {
            theirs.put(7);
            drop(sender);
        });
        let _ = receiver.recv();
        let seen = data.get();
        other.join().unwrap();
        seen
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
}

#[test]
fn rows_say_what_is_done_where() {
    let report = Check::new("rows").run(|| {
        let (sender, receiver) = bounded(1);
        let sender = sender.named("jobs");
        let (hand, over) = bounded(0);
        let over = over.named("hand");
        let other = thread::Builder::new().name("other").spawn(move || over.recv()).unwrap();
        sender.send(1).unwrap();
        sender.try_send(2).unwrap_err();
        receiver.recv().unwrap();
        receiver.try_recv().unwrap_err();
        receiver.recv_timeout(SECOND).unwrap_err();
        let _ = (receiver.len(), receiver.is_empty(), receiver.is_full());
        drop(sender);
        receiver.recv().unwrap_err();
        drop(receiver);
        hand.send(3).unwrap();
        other.join().unwrap().unwrap();
        panic!("the end");
    });
    let trace = report.failure.expect("it panics").trace;
    let rows: Vec<&str> = trace.rows.iter().map(|row| &*row.text).collect();
    let expected = [
        "send to jobs",
        "try_send to jobs ➜ full",
        "recv from jobs",
        "try_recv from jobs ➜ empty",
        "recv from jobs ➜ timed out",
        "len of jobs ➜ 0",
        "jobs is empty ➜ true",
        "jobs is full ➜ false",
        "drop the last sender of jobs",
        "recv from jobs ➜ disconnected",
        "drop the last receiver of jobs",
        "send to hand",
        "recv from hand",
    ];
    let missing: Vec<_> = expected.iter().filter(|row| !rows.contains(row)).collect();
    assert!(missing.is_empty(), "{missing:?} {rows:#?}");
    let elsewhere: Vec<_> = (trace.rows.iter())
        .filter_map(|row| row.location.as_deref())
        .filter(|location| !location.contains("tests/crossbeam_channel.rs:"))
        .collect();
    assert_eq!(elsewhere, Vec::<&str>::new());
}

#[test]
fn loom_has_no_such_channels() {
    let report = Check::new("loom").strategy(Strategy::Loom).run(|| {
        let (sender, receiver) = bounded(1);
        sender.send(1).unwrap();
        receiver.recv().unwrap();
    });
    let error = report.error.expect("loom has none").to_string();
    assert!(
        error.contains("loom has no channel with more than one receiver"),
        "{error}"
    );
}

#[test]
fn a_channel_of_another_execution_is_refused() {
    let (sender, _receiver) = unbounded();
    let sender = std::sync::Mutex::new(sender);
    let report = Check::new("foreign").run(move || {
        let fails = catch_unwind(AssertUnwindSafe(|| sender.lock().unwrap().send(1))).is_err();
        sender.clear_poison();
        fails
    });
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["true"], "{report}");
}
