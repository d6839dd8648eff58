//! What `crossbeam` names, page by page: one body, with the crate and with this one, outside of a check and in one.
//!
//! Not here, and why, is listed in the documentation of `selvedge::crossbeam`: `atomic`, `deque`, `epoch`, `queue` and `sync`. Of the pages below
//! everything is used but the nightly-only and the hidden.

use std::any::Any;

use selvedge::Check;

/// The same body against both.
macro_rules! both {
    ($($body:tt)*) => {
        mod theirs {
            use std::time::Instant;
            use ::crossbeam;
            $($body)*
        }
        mod ours {
            use selvedge::crossbeam;
            use selvedge::time::Instant;
            $($body)*
        }
    };
}

both! {
    use std::panic::{AssertUnwindSafe, RefUnwindSafe, UnwindSafe, catch_unwind};
    use std::time::Duration;

    use crossbeam::channel::{
        IntoIter, Iter, ReadyTimeoutError, Receiver, RecvError, RecvTimeoutError, Select, SelectTimeoutError,
        SelectedOperation, SendError, SendTimeoutError, Sender, TryIter, TryReadyError, TryRecvError, TrySelectError,
        TrySendError, after, at, bounded, never, tick, unbounded,
    };
    use crossbeam::thread::{Scope, ScopedJoinHandle, ScopedThreadBuilder};
    use crossbeam::utils::{Backoff, CachePadded};
    use crossbeam::channel::select_biased;
    use crossbeam::{channel, scope, select, thread};

    const SHORT: Duration = Duration::from_millis(2);

    fn is_shared<T: Send + Sync + UnwindSafe + RefUnwindSafe>(_: &T) {}

    #[expect(clippy::len_zero, reason = "so it is written in the programs that are meant")]
    pub(super) fn channels() -> String {
        let (sender, receiver): (Sender<u8>, Receiver<u8>) = bounded(2);
        is_shared(&sender);
        is_shared(&receiver);
        let (other, theirs) = (sender.clone(), receiver.clone());
        let same = (sender.same_channel(&other), receiver.same_channel(&theirs), unbounded::<u8>().0.same_channel(&sender));
        let before = (sender.len(), sender.is_empty(), sender.is_full(), sender.capacity(), receiver.len() > 0);
        sender.send(1).unwrap();
        other.try_send(2).unwrap();
        let full: TrySendError<u8> = sender.try_send(3).unwrap_err();
        let late: SendTimeoutError<u8> = sender.send_timeout(3, SHORT).unwrap_err();
        let later = sender.send_deadline(3, Instant::now() + SHORT).unwrap_err();
        let after = (receiver.len(), receiver.is_empty(), receiver.is_full(), receiver.capacity(), receiver.len() > 0);
        let got = (receiver.recv(), theirs.try_recv());
        let empty: TryRecvError = receiver.try_recv().unwrap_err();
        let none: RecvTimeoutError = receiver.recv_timeout(SHORT).unwrap_err();
        let nothing = receiver.recv_deadline(Instant::now() + SHORT).unwrap_err();
        drop((sender, other));
        let gone: RecvError = receiver.recv().unwrap_err();
        let all = (receiver.try_recv(), receiver.recv_timeout(SHORT), theirs.recv_deadline(Instant::now()));
        let zero = bounded::<u8>(0);
        let zeros = (zero.0.len(), zero.0.is_empty(), zero.0.is_full(), zero.1.capacity(), zero.0.try_send(1));
        let endless = unbounded::<u8>();
        let endless = (endless.0.is_full(), endless.1.capacity(), endless.1.is_empty());
        format!("{same:?} {before:?} {full:?} {late:?} {later} {after:?} {got:?} {empty:?} {none} {nothing:?} {gone} {all:?} {zeros:?} {endless:?}")
    }

    pub(super) fn ends() -> String {
        let (sender, receiver) = unbounded();
        drop(receiver);
        let sent: SendError<u8> = sender.send(1).unwrap_err();
        let refused = (sender.try_send(2).unwrap_err(), sender.send_timeout(3, SHORT).unwrap_err());
        format!("{sent:?} {sent} {} {:?} {} {} {}", sent.0, refused, refused.0, refused.1, sent.into_inner())
    }

    pub(super) fn errors() -> String {
        fn is_error<E: std::error::Error + 'static>(error: E) -> String {
            format!("{error:?} {error}")
        }
        let full = TrySendError::Full(1);
        let kinds = (full.is_full(), full.is_disconnected(), full == TrySendError::Disconnected(1));
        let late = SendTimeoutError::Timeout(1);
        let lates = (late.is_timeout(), late.is_disconnected());
        let empties = (TryRecvError::Empty.is_empty(), TryRecvError::Disconnected.is_disconnected());
        let nones = (RecvTimeoutError::Timeout.is_timeout(), RecvTimeoutError::Disconnected.is_disconnected());
        let from = (
            TrySendError::from(SendError(1)),
            SendTimeoutError::from(SendError(2)),
            TryRecvError::from(RecvError),
            RecvTimeoutError::from(RecvError),
        );
        let inner = (TrySendError::Disconnected(5).into_inner(), SendTimeoutError::Disconnected(6).into_inner());
        let words = [
            is_error(full),
            is_error(late),
            is_error(SendError(1)),
            is_error(RecvError),
            is_error(TryRecvError::Empty),
            is_error(TryRecvError::Disconnected),
            is_error(RecvTimeoutError::Timeout),
            is_error(RecvTimeoutError::Disconnected),
            is_error(TrySelectError),
            is_error(SelectTimeoutError),
            format!("{TryReadyError:?} {ReadyTimeoutError:?}"),
        ];
        format!("{kinds:?} {lates:?} {empties:?} {nones:?} {from:?} {inner:?} {words:?}")
    }

    pub(super) fn iterators() -> String {
        let (sender, receiver) = unbounded();
        (1..=4).for_each(|n| sender.send(n).unwrap());
        let mut one: Iter<'_, i32> = receiver.iter();
        let first = (one.next(), format!("{one:?}"));
        let mut tries: TryIter<'_, i32> = receiver.try_iter();
        let second = (tries.next(), format!("{tries:?}"));
        drop(sender);
        let third: Vec<i32> = (&receiver).into_iter().take(1).collect();
        let rest: IntoIter<i32> = receiver.into_iter();
        let shown = format!("{rest:?}");
        format!("{first:?} {second:?} {third:?} {shown} {:?}", rest.collect::<Vec<_>>())
    }

    pub(super) fn timers() -> String {
        let begin = Instant::now();
        let (one, two) = (after(SHORT), at(begin + SHORT));
        let ends = (one.capacity(), one.len(), one.is_empty(), one.is_full(), never::<u8>().capacity(), never::<u8>().is_full());
        let same = (one.same_channel(&one.clone()), one.same_channel(&two), never::<u8>().same_channel(&never()));
        let came = (one.recv().unwrap() >= begin + SHORT, two.recv() == Ok(begin + SHORT), one.try_recv().is_err());
        let ticks = tick(SHORT);
        let twice = ticks.iter().take(2).map(|_: Instant| 1).sum::<i32>();
        let none: Receiver<u8> = never();
        format!("{ends:?} {same:?} {came:?} {twice} {:?} {:?}", none.try_recv(), none.recv_timeout(SHORT))
    }

    pub(super) fn selects() -> String {
        let ((to_a, a), (to_b, b)) = (unbounded::<u8>(), bounded::<u8>(1));
        let mut select: Select<'_> = Select::new();
        let numbers = (select.recv(&a), select.send(&to_b), select.recv(&b));
        select.remove(1);
        let none = (select.try_select().unwrap_err(), select.select_timeout(SHORT).unwrap_err(), select.select_deadline(Instant::now()).is_err());
        let ready = (select.try_ready(), select.ready_timeout(SHORT), select.ready_deadline(Instant::now()));
        to_a.send(1).unwrap();
        let found = (select.ready(), select.clone().try_ready());
        let selected: SelectedOperation<'_> = select.select();
        let shown = format!("{selected:?} {select:?} {}", selected.index());
        let got = selected.recv(&a);
        let mut biased = Select::new_biased();
        biased.send(&to_b);
        let sent = biased.select().send(&to_b, 2);
        let left = catch_unwind(AssertUnwindSafe(|| { let _ = Select::default().select(); })).is_err();
        format!("{numbers:?} {none:?} {ready:?} {found:?} {shown} {got:?} {sent:?} {left} {:?}", b.recv())
    }

    pub(super) fn macros() -> String {
        let ((to_a, a), (to_b, b)) = (unbounded::<u8>(), bounded::<u8>(1));
        let mut seen = Vec::new();
        select! {
            recv(a) -> _ => unreachable!(),
            recv(&b) -> _ => unreachable!(),
            default => seen.push("default".to_owned()),
        }
        channel::select! {
            recv(a) -> message => { seen.push(format!("{message:?}")) }
            default(SHORT) => { seen.push("late".to_owned()) }
        }
        to_a.send(1).unwrap();
        let got = select_biased! {
            recv(a) -> message => message,
            send(to_b, 3) -> sent => { sent.unwrap(); Ok(2) }
        };
        let sent = select! {
            recv(a) -> _message => unreachable!(),
            send(&to_b, 4,) -> sent => sent,
        };
        // The loop is the caller's.
        loop {
            select! {
                recv(b,) -> message => break seen.push(format!("{message:?}")),
                recv(after(10 * SHORT)) -> _ => continue,
            }
        }
        let default = crossbeam::channel::select_biased! {
            default() => "only",
        };
        format!("{seen:?} {got:?} {sent:?} {default}")
    }

    pub(super) fn threads() -> String {
        let words = ["one".to_owned(), "two".to_owned()];
        let all = scope(|s: &Scope<'_>| {
            let one: ScopedJoinHandle<'_, usize> = s.spawn(|s| {
                let inner = s.spawn(|_| words[0].len());
                inner.join().unwrap()
            });
            let builder: ScopedThreadBuilder<'_, '_> = s.builder();
            let two = builder.name("two".to_owned()).stack_size(1 << 20).spawn(|_| words[1].len()).unwrap();
            let name = two.thread().name().map(str::to_owned);
            let shown = format!("{s:?} {two:?}");
            (one.join().unwrap() + two.join().unwrap(), name, shown)
        });
        let joined = thread::scope(|s| s.spawn(|_| panic!("joined")).join().is_err());
        let left = thread::scope(|s| {
            s.spawn(|_| panic!("left"));
            s.spawn(|_| 1);
        });
        let payloads = left.unwrap_err();
        let payloads = payloads.downcast_ref::<Vec<Box<dyn super::Any + Send>>>().expect("a list");
        let told: Vec<_> = payloads.iter().map(|payload| payload.downcast_ref::<&str>().copied()).collect();
        let raised = catch_unwind(AssertUnwindSafe(|| thread::scope(|_| panic!("itself")))).is_err();
        format!("{all:?} {:?} {told:?} {raised}", joined.unwrap())
    }

    pub(super) fn utils() -> String {
        let backoff = Backoff::new();
        let begins = format!("{backoff:?} {:?}", Backoff::default().is_completed());
        let mut rounds = 0;
        while !backoff.is_completed() {
            backoff.snooze();
            rounds += 1;
        }
        backoff.spin();
        let ends = format!("{backoff:?}");
        backoff.reset();
        (0..9).for_each(|_| backoff.spin());
        let spun = format!("{backoff:?}");
        let mut padded = CachePadded::new(1);
        *padded += 1;
        let other: CachePadded<i32> = 2.into();
        format!("{begins} {rounds} {ends} {spun} {padded:?} {padded} {} {}", padded == other, padded.into_inner())
    }
}

#[track_caller]
fn agree(theirs: fn() -> String, ours: fn() -> String) {
    let expected = theirs();
    assert_eq!(expected, ours(), "on real threads");
    let report = Check::new("names").max_executions(200).run(ours);
    assert!(report.failure.is_none(), "{report}");
    let seen: Vec<_> = report.outcomes.keys().collect();
    assert_eq!(seen, [&format!("{expected:?}")]);
}

#[test]
fn channels() {
    agree(theirs::channels, ours::channels);
    agree(theirs::ends, ours::ends);
    agree(theirs::iterators, ours::iterators);
}

#[test]
fn errors() {
    agree(theirs::errors, ours::errors);
}

#[test]
fn timers() {
    agree(theirs::timers, ours::timers);
}

#[test]
fn selects() {
    agree(theirs::selects, ours::selects);
    agree(theirs::macros, ours::macros);
}

#[test]
fn threads() {
    agree(theirs::threads, ours::threads);
}

#[test]
fn utils() {
    agree(theirs::utils, ours::utils);
}
