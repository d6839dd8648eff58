//! `select!`, `select_biased!` and `Select` of `selvedge::crossbeam`.

use std::panic::{AssertUnwindSafe, catch_unwind};

use selvedge::crossbeam::channel::{Receiver, Select, Sender, after, bounded, never, select, select_biased, unbounded};
use selvedge::sync::{Arc, Mutex};
use selvedge::time::Duration;
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

const SECOND: Duration = Duration::from_secs(1);

/// Plain enumeration and the reduction, which have to agree.
#[track_caller]
fn both<R: std::fmt::Debug + 'static>(program: fn() -> R) -> Report {
    let [plain, reduced] = [Strategy::Dfs, Strategy::Exhaustive]
        .map(|strategy| Check::new("select").strategy(strategy).keep_going(true).run(program));
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
        let report = Check::new("select").strategy(strategy).run(program);
        report.failure.expect("it can fail")
    });
    assert_eq!(plain.kind, kind, "{}", plain.message);
    assert_eq!(failure.kind, kind, "{}", failure.message);
    let again = Check::new("select")
        .strategy(Strategy::Replay(failure.schedule))
        .run(program);
    assert_eq!(again.failure.expect("it fails again").kind, kind);
    failure.message
}

#[test]
fn any_branch_that_is_ready_is_taken() {
    verified(2, &["'a'", "'b'"], || {
        let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
        to_a.send('a').unwrap();
        to_b.send('b').unwrap();
        select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        }
    });
    verified(1, &["'a'"], || {
        let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
        to_a.send('a').unwrap();
        to_b.send('b').unwrap();
        select_biased! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        }
    });
    // A branch that sends, one whose channel is closed, and one that is not ready.
    verified(2, &["\"closed\"", "\"sent\""], || {
        let ((to_a, a), (to_b, b)) = (bounded(1), bounded::<u8>(1));
        drop(to_b);
        let none = never::<u8>();
        select! {
            send(to_a, 1) -> sent => {
                sent.unwrap();
                assert_eq!(a.recv(), Ok(1));
                "sent"
            }
            recv(b) -> message => { message.unwrap_err(); "closed" }
            recv(none) -> _ => "never",
            default => "nothing",
        }
    });
}

#[test]
fn without_a_branch_that_is_ready_the_default_is_taken() {
    verified(1, &["(\"default\", \"default\", \"timer\")"], || {
        let (sender, receiver) = unbounded::<u8>();
        let now = select! {
            recv(receiver) -> _ => "message",
            default => "default",
        };
        let later = select! {
            recv(receiver) -> _ => "message",
            default(SECOND) => "default",
        };
        let timer = select! {
            recv(receiver) -> _ => "message",
            recv(after(SECOND)) -> _ => "timer",
            default(2 * SECOND) => "default",
        };
        drop(sender);
        (now, later, timer)
    });
}

/// `select!` looks after one of the two messages, after the other, or after both, and then there are two to choose from: four. Or it looks
/// before both, and waits, and goes on in the same four ways.
#[test]
fn whichever_becomes_ready_wakes_a_select() {
    verified(8, &["'a'", "'b'"], || {
        let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
        let tasks = [(to_a, 'a'), (to_b, 'b')].map(|(sender, message)| {
            thread::spawn(move || {
                sender.send(message).unwrap();
                sender
            })
        });
        let first = select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        };
        let senders = tasks.map(|task| task.join().unwrap());
        drop(senders);
        first
    });
}

/// What one task does between the look of another, which finds two ready, and what that does then, may take away what has been chosen.
#[test]
fn somebody_else_may_be_faster_than_who_has_chosen() {
    let report = both(|| {
        let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
        to_a.send('a').unwrap();
        to_b.send('b').unwrap();
        let theirs = a.clone();
        let other = thread::spawn(move || theirs.try_recv().ok());
        let first = select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        };
        (first, other.join().unwrap())
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        ["('a', None)", "('b', Some('a'))"]
    );
}

#[test]
fn the_end_of_a_channel_wakes_a_select() {
    let report = both(|| {
        let ((to_a, a), (to_b, b)) = (unbounded::<u8>(), bounded(1));
        to_b.send(1).unwrap();
        let other = thread::spawn(move || drop(to_a));
        let woken = select! {
            recv(a) -> message => message.is_err(),
            send(to_b, 2) -> _ => unreachable!("there is no room"),
        };
        other.join().unwrap();
        let other = thread::spawn(move || drop(b));
        let none = never::<u8>();
        let sent = select! {
            recv(none) -> _ => unreachable!(),
            send(to_b, 3) -> sent => sent.is_err(),
        };
        other.join().unwrap();
        let ((to_c, c), (to_d, d)) = (bounded::<u8>(0), bounded(0));
        let other = thread::spawn(move || drop(to_c));
        let handed = select! {
            recv(c) -> message => message.is_err(),
            send(to_d, 4) -> _ => unreachable!("nobody receives it"),
        };
        other.join().unwrap();
        drop(d);
        (woken, sent, handed)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(true, true, true)"]);
}

#[test]
fn a_select_that_gets_stuck_names_its_channels() {
    let told = fails(FailureKind::Deadlock, || {
        let (jobs, todo) = unbounded::<u8>();
        let (out, full) = bounded(1);
        let (jobs, out) = (jobs.named("jobs"), out.named("out"));
        out.send(0).unwrap();
        select! {
            recv(todo) -> _ => {}
            send(out, 1) -> _ => {}
        }
        drop((jobs, full));
    });
    assert!(told.contains("recv from jobs or send to out"), "{told}");
}

/// Who waits at two channels with bound 0 is found at one of them.
#[test]
fn a_select_hands_over_once() {
    let report = both(|| {
        let ((to_a, a), (to_b, b)) = (bounded(0), bounded(0));
        let tasks = [(to_a, 'a'), (to_b, 'b')]
            .map(|(sender, message)| thread::spawn(move || sender.send_timeout(message, SECOND).is_ok()));
        let first = select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        };
        let sent = tasks.map(|task| task.join().unwrap());
        (first, sent)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        ["('a', [true, false])", "('b', [false, true])"]
    );
    let report = both(|| {
        let ((to_a, a), (to_b, b)) = (bounded(0), bounded(0));
        let other = thread::spawn(move || {
            select! {
                recv(a) -> message => message.unwrap(),
                recv(b) -> message => message.unwrap(),
            }
        });
        let tries = [to_a.try_send('a').is_ok(), to_b.try_send('b').is_ok()];
        drop((to_a, to_b));
        (tries, other.join().is_ok())
    });
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        [
            "([false, false], false)",
            "([false, true], true)",
            "([true, false], true)"
        ]
    );
}

/// Who finds it there first is a matter of order although the channels are two.
#[test]
fn who_waits_at_two_channels_is_found_by_whoever_comes_first() {
    let report = both(|| {
        let ((to_a, a), (to_b, b)) = (bounded(0), bounded(0));
        let tasks = [(to_a, 'a'), (to_b, 'b')].map(|(sender, message)| {
            thread::spawn(move || {
                let sent = sender.try_send(message).is_ok();
                (sent, sender)
            })
        });
        let first = select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
            default(SECOND) => '-',
        };
        (first, tasks.map(|task| task.join().unwrap().0))
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        ["('-', [false, false])", "('a', [true, false])", "('b', [false, true])"]
    );
}

/// Two tasks that select at both ends find each other, and what is sent then is said after that.
#[test]
fn two_selects_hand_over() {
    fn program(locks: bool) -> (i32, bool) {
        let (sender, receiver) = bounded(0);
        let value = Arc::new(Mutex::new(5));
        let theirs = Arc::clone(&value);
        let other = thread::spawn(move || {
            let none = never::<u8>();
            select! {
                recv(none) -> _ => unreachable!(),
                send(sender, if locks { *theirs.lock().unwrap() } else { 5 }) -> sent => sent.is_ok(),
            }
        });
        let none = never::<u8>();
        let got = select! {
            recv(none) -> _ => unreachable!(),
            recv(receiver) -> message => message.unwrap(),
        };
        (got, other.join().unwrap())
    }
    for report in [both(|| program(false)), both(|| program(true))] {
        assert_eq!(report.verdict, Verdict::Verified, "{report}");
        assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(5, true)"]);
    }
}

/// A message whose sender has been selected has its place. Whoever receives it before it is there waits for it.
#[test]
fn a_message_that_is_being_made_has_its_place() {
    let report = both(|| {
        let (sender, receiver) = bounded(1);
        let made = Arc::new(Mutex::new(1));
        let theirs = Arc::clone(&made);
        let other = thread::spawn(move || {
            let mut select = Select::new();
            select.send(&sender);
            let selected = select.select();
            let value = *theirs.lock().unwrap();
            let full = sender.is_full();
            selected.send(&sender, value).unwrap();
            full
        });
        *made.lock().unwrap() = 2;
        let got = receiver.recv();
        let full = other.join().unwrap();
        (got, full)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        ["(Ok(1), false)", "(Ok(1), true)", "(Ok(2), false)", "(Ok(2), true)"]
    );
}

#[test]
fn ready_says_which_and_takes_nothing() {
    verified(1, &["(1, Ok('b'), true)"], || {
        let ((to_a, a), (to_b, b)) = (unbounded::<char>(), unbounded());
        to_b.send('b').unwrap();
        let mut select = Select::new();
        select.recv(&a);
        select.recv(&b);
        let ready = select.ready();
        let got = b.try_recv();
        let late = select.ready_timeout(SECOND).is_err() && select.try_ready().is_err();
        drop((to_a, to_b));
        (ready, got, late)
    });
    // Another task is faster.
    let report = both(|| {
        let (sender, receiver) = unbounded();
        let theirs = receiver.clone();
        let other = thread::spawn(move || theirs.try_recv().is_ok());
        sender.send(1).unwrap();
        let mut select = Select::new();
        select.recv(&receiver);
        let ready = select.ready_timeout(SECOND).is_ok();
        let got = receiver.try_recv().is_ok();
        (ready, got, other.join().unwrap())
    });
    assert_eq!(
        report.outcomes.keys().collect::<Vec<_>>(),
        ["(false, false, true)", "(true, false, true)", "(true, true, false)"]
    );
    // Nobody is there with bound 0 until somebody waits, and then it is who sends.
    let report = both(|| {
        let (sender, receiver) = bounded(0);
        let other = thread::spawn(move || sender.send(1));
        let mut select = Select::new();
        select.recv(&receiver);
        let ready = select.ready();
        let got = receiver.try_recv();
        other.join().unwrap().unwrap();
        (ready, got)
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["(0, Ok(1))"]);
}

/// One that looks at a channel learns nothing of what was sent to it.
#[test]
fn what_is_not_chosen_orders_nothing() {
    use selvedge::cell::UnsafeCell;
    struct Data(UnsafeCell<u32>);
    // SAFETY: the accesses race or do not, which is what the test asks.
    unsafe impl Sync for Data {}
    fn program(other: bool) {
        let data = Arc::new(Data(UnsafeCell::new(0).named("data")));
        let ((to_a, a), (to_b, b)) = (unbounded::<u8>(), unbounded::<u8>());
        to_b.send(1).unwrap();
        let theirs = Arc::clone(&data);
        let task = thread::spawn(move || {
            // SAFETY: tasks take turns; whether they are ordered is reported.
            theirs.0.with_mut(|data| unsafe { *data = 1 });
            to_a.send(2).unwrap();
        });
        let reads = select! {
            recv(a) -> _ => !other,
            recv(b) -> _ => other,
        };
        if reads {
            // SAFETY: as above.
            data.0.with(|data| unsafe { *data });
        }
        task.join().unwrap();
    }
    let report = Check::new("chosen").run(|| program(false));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    fails(FailureKind::DataRace, || program(true));
}

/// Nor where it is known to have been sent before.
#[test]
fn who_only_looks_learns_nothing() {
    use selvedge::cell::UnsafeCell;
    struct Data(UnsafeCell<u32>);
    // SAFETY: the accesses race or do not, which is what the test asks.
    unsafe impl Sync for Data {}
    fn program(receives: bool) {
        let data = Arc::new(Data(UnsafeCell::new(0).named("data")));
        let ((to_a, a), (to_b, b)) = (unbounded::<u8>(), unbounded::<u8>());
        to_b.send(1).unwrap();
        let theirs = Arc::clone(&data);
        let task = thread::spawn(move || {
            // SAFETY: tasks take turns; whether they are ordered is reported.
            theirs.0.with_mut(|data| unsafe { *data = 1 });
            to_a.send(2).unwrap();
        });
        if a.len() == 1 {
            select_biased! {
                recv(b) -> _ => {}
                recv(a) -> _ => unreachable!("the first is ready"),
            }
            if receives {
                a.recv().unwrap();
            }
            // SAFETY: as above.
            data.0.with(|data| unsafe { *data });
        }
        task.join().unwrap();
    }
    let report = Check::new("received").run(|| program(true));
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    fails(FailureKind::DataRace, || program(false));
}

/// Two tasks that wait are both ready when the first message comes; one of them gets it, and the other waits on.
#[test]
fn who_is_not_ready_any_more_waits_on() {
    let report = both(|| {
        let (sender, receiver) = unbounded();
        let tasks = [receiver.clone(), receiver].map(|receiver| {
            thread::spawn(move || {
                let none = never::<u8>();
                let got = select! {
                    recv(receiver) -> message => message.unwrap(),
                    recv(none) -> _ => unreachable!(),
                };
                (got, receiver).0
            })
        });
        sender.send(1).unwrap();
        sender.send(2).unwrap();
        let got = tasks.map(|task| task.join().unwrap());
        drop(sender);
        got
    });
    assert_eq!(report.verdict, Verdict::Verified, "{report}");
    assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["[1, 2]", "[2, 1]"]);
}

/// Where loads may see other stores than the latest, a message brings what was stored before it, and one of another channel does not.
#[test]
fn what_is_received_brings_what_was_stored() {
    use selvedge::sync::atomic::{AtomicU32, Ordering::Relaxed};
    fn program(of: char) -> Option<u32> {
        let value = Arc::new(AtomicU32::new(0));
        let ((to_a, a), (to_b, b)) = (unbounded(), unbounded());
        to_b.send('b').unwrap();
        let theirs = Arc::clone(&value);
        let task = thread::spawn(move || {
            theirs.store(1, Relaxed);
            to_a.send('a').unwrap();
        });
        let got = select! {
            recv(a) -> message => message.unwrap(),
            recv(b) -> message => message.unwrap(),
        };
        let seen = value.load(Relaxed);
        task.join().unwrap();
        (got == of).then_some(seen)
    }
    let [a, b] = [
        Check::new("a").run(|| program('a')),
        Check::new("b").run(|| program('b')),
    ];
    assert_eq!(a.outcomes.keys().collect::<Vec<_>>(), ["None", "Some(1)"], "{a}");
    assert_eq!(
        b.outcomes.keys().collect::<Vec<_>>(),
        ["None", "Some(0)", "Some(1)"],
        "{b}"
    );
    assert_eq!([a.verdict, b.verdict], [Verdict::Verified; 2]);
}

#[test]
fn operations_are_numbered_as_they_were_added() {
    verified(1, &["(2, Ok(7), true, true)"], || {
        let channels: Vec<(Sender<u8>, Receiver<u8>)> = (0..3).map(|_| unbounded()).collect();
        for (sender, _) in &channels[1..] {
            sender.send(7).unwrap();
        }
        let mut select = Select::new_biased();
        for (_, receiver) in &channels {
            select.recv(receiver);
        }
        select.remove(1);
        let selected = select.select();
        let index = selected.index();
        let got = selected.recv(&channels[index].1);
        let twice = catch_unwind(AssertUnwindSafe(|| select.remove(1))).is_err();
        let mut select = Select::default();
        select.recv(&channels[1].1);
        let left = catch_unwind(AssertUnwindSafe(|| drop(select.select()))).is_err();
        (index, got, twice, left)
    });
    verified(1, &["true"], || {
        let (sender, receiver) = unbounded();
        let other = receiver.clone();
        sender.send(1).unwrap();
        let mut select = Select::new();
        select.recv(&receiver);
        let selected = select.try_select().unwrap();
        catch_unwind(AssertUnwindSafe(|| selected.recv(&other))).is_err()
    });
}

/// With timers that may fire early, a select with a timeout may give up although a message comes.
#[test]
fn a_timeout_may_come_before_the_message() {
    let [late, early] = [0, 2].map(|early| {
        Check::new("early").early_timers(early).run(|| {
            let (sender, receiver) = unbounded();
            let other = thread::spawn(move || sender.send(1).unwrap());
            let got = select! {
                recv(receiver) -> message => message.ok(),
                default(SECOND) => None,
            };
            let timer = select! {
                recv(receiver) -> message => message.ok(),
                recv(after(SECOND)) -> _ => None,
            };
            other.join().unwrap();
            (got, timer)
        })
    });
    assert_eq!(late.outcomes.keys().collect::<Vec<_>>(), ["(Some(1), None)"], "{late}");
    assert_eq!(
        early.outcomes.keys().collect::<Vec<_>>(),
        ["(None, None)", "(None, Some(1))", "(Some(1), None)"],
        "{early}"
    );
}
