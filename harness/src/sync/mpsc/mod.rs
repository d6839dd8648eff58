//! Multi-producer, single-consumer queues with the names and signatures of `std::sync::mpsc`.
//!
//! A channel with bound 0 hands over: [`send`](SyncSender::send) returns when the receiver has taken the message,
//! and [`try_send`](SyncSender::try_send) succeeds only while the receiver waits for one.

mod iterators;
mod receiver;
mod sender;

pub use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

pub use iterators::{IntoIter, Iter, TryIter};
pub use receiver::Receiver;
pub use sender::{Sender, SyncSender};

use crate::engine::any;
use crate::raw::RawChannel;

/// A channel without a bound: sending never waits.
///
/// ```
/// use selvedge::sync::mpsc;
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let (sender, receiver) = mpsc::channel();
///     let producer = thread::spawn(move || sender.send(7).unwrap());
///     assert_eq!(receiver.iter().sum::<i32>(), 7);
///     producer.join().unwrap();
/// });
/// ```
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = any::Channel::open(None);
    (Sender { raw: sender }, Receiver { raw: receiver })
}

/// A channel that holds at most `bound` messages. With 0, a message is handed over directly.
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender, receiver) = any::Channel::open(Some(bound));
    (SyncSender { raw: sender }, Receiver { raw: receiver })
}
