//! Channels with many senders and many receivers, with the names and signatures of the crate `crossbeam_channel` 0.5.
//!
//! ```
//! use selvedge::crossbeam::channel::bounded;
//! use selvedge::thread;
//!
//! selvedge::check(|| {
//!     let (sender, jobs) = bounded(1);
//!     let workers = [(); 2].map(|()| {
//!         let jobs = jobs.clone();
//!         thread::spawn(move || jobs.iter().sum::<u32>())
//!     });
//!     drop(jobs);
//!     for job in 1..=3 {
//!         sender.send(job).unwrap();
//!     }
//!     drop(sender);
//!     let done: u32 = workers.into_iter().map(|worker| worker.join().unwrap()).sum();
//!     assert_eq!(done, 6);
//! });
//! ```
//!
//! Each operation is one step, with the words that [`sync::mpsc`](crate::sync::mpsc) has; [`Sender::named`] gives a channel a name. Three take two
//! steps: one of a channel with bound 0 that finds nobody at the other end, and a `select` that finds nothing ready, first say so, and
//! then wait; and a `select` that finds several ready chooses among them, which is a branch of the program, and then does what it has chosen. If
//! another task was faster, it begins anew. The crate does so, too.
//!
//! # What differs from the crate
//!
//! * Points in time are [`time::Instant`](crate::time::Instant), also those that [`after`], [`at`] and [`tick`] receive, and time is virtual in a check.
//! * **Memory.** What happened before a message was sent happens before what follows its receive, and with bound 0 the other way
//!   round as well. Who finds that the other end is gone comes after the drop of its last. Nothing else is ordered. The crate's
//!   implementation orders more, which it does not document: a send that takes the room of an earlier message comes after that was
//!   received. A program that relies on it, with a channel for a semaphore, is told a data race here.
//! * In one place more is ordered than has to be: a receive from a channel with room comes after all messages that have been sent to it
//!   so far, and not only after its own. A check explores the order as well in which those are sent later, so a race shows there.
//! * At a channel with room any of those who wait may be the next, and nobody can tell who came first; with bound 0 it is the first, as in the
//!   crate.
//! * **A `select` looks at all of its channels at once.** In the crate it looks at one after the other, and what others do meanwhile may be seen
//!   in part: `select_biased!` then takes a later branch although an earlier one has become ready before that, and `default` is
//!   taken although at each time one of them was ready. Neither is found here; a program must not rely on the opposite.
//! * With the last receiver the messages that are left are gone. In the crate a sender may see by `len` for a moment that they are there.
//! * Who waits in a `select` for a channel with bound 0 and for another one is found at the first until it goes on, although the other may be
//!   ready already. In the crate it is not from then on.
//! * All operations of channels with bound 0 are explored in every order, also those of different ones: whoever waits at several of
//!   them with a `select` is found at one only.
//! * [`Select::remove`] keeps the order of the others.
//! * Two operations that wait for each other without doing anything, [`Select::ready`] at both ends of a channel with bound 0, do so for ever.
//!   So they do in the crate.

mod errors;
mod iterators;
#[doc(hidden)]
pub mod macros;
mod receiver;
mod select;
mod sender;
mod timers;

pub use errors::{
    ReadyTimeoutError, RecvError, RecvTimeoutError, SelectTimeoutError, SendError, SendTimeoutError, TryReadyError,
    TryRecvError, TrySelectError, TrySendError,
};
pub use iterators::{IntoIter, Iter, TryIter};
#[doc(inline)]
pub use macros::{select, select_biased};
pub use receiver::Receiver;
pub use select::{Select, SelectedOperation};
pub use sender::Sender;
pub use timers::{after, at, never, tick};

use crate::engine::any;
use crate::raw::{RawEnd, RawMpmc};

/// A channel without a bound: sending never waits.
///
/// # Panics
/// Under loom, as for every channel here.
#[track_caller]
pub fn unbounded<T>() -> (Sender<T>, Receiver<T>) {
    open(None)
}

/// A channel that holds at most `capacity` messages. With 0, a message is handed over directly.
///
/// ```
/// use selvedge::crossbeam::channel::bounded;
/// use selvedge::{Check, FailureKind};
///
/// let report = Check::new("no-room").run(|| {
///     let (sender, receiver) = bounded(1);
///     sender.send(1).unwrap();
///     sender.send(2).unwrap();
///     drop(receiver);
/// });
/// assert_eq!(report.failure.unwrap().kind, FailureKind::Deadlock);
/// ```
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn bounded<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    open(Some(capacity))
}

#[track_caller]
fn open<T>(bound: Option<usize>) -> (Sender<T>, Receiver<T>) {
    let (outlet, inlet) = any::Mpmc::open(bound);
    (Sender { raw: outlet }, Receiver { raw: inlet })
}

#[track_caller]
fn len(end: &impl RawEnd) -> usize {
    if end.bound() == Some(0) { 0 } else { end.len("len") }
}

#[track_caller]
fn is_empty(end: &impl RawEnd) -> bool {
    end.bound() == Some(0) || end.len("is_empty") == 0
}

#[track_caller]
fn is_full(end: &impl RawEnd) -> bool {
    match end.bound() {
        Some(0) => true,
        Some(bound) => end.len("is_full") == bound,
        None => false,
    }
}
