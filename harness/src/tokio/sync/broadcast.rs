//! `broadcast`: the real `tokio::sync::broadcast`; every receiver gets every message.
//!
//! Receivers commute with each other: each has a place of its own, and whoever sends wakes them all. Two things
//! can tell who of them was the last to receive a message: `Sender::len`, which therefore conflicts with
//! receiving, and the destructor of the message, if it has one.

use std::fmt;
use std::future::Future;

use tokio::sync::broadcast;
pub use tokio::sync::broadcast::error;

use error::{RecvError, SendError, TryRecvError};

use super::counted::{another, asked, weak_sender};
use crate::future::block_on;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// A channel that keeps the last `capacity` messages, rounded up to a power of two.
///
/// # Panics
/// When `capacity` is 0, and under loom.
#[track_caller]
pub fn channel<T: Clone>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let object = Object::new("broadcast");
    let (sender, receiver) = broadcast::channel(capacity);
    (
        Sender(Ends::side(object, "drop sender", sender)),
        Receiver(Ends::side(object, "drop receiver", receiver)),
    )
}

/// The sending end; when the last one is dropped, receivers get what is left and then an error.
pub struct Sender<T>(Ends<broadcast::Sender<T>>);

impl<T> Sender<T> {
    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.0.object().set_name(name);
        self
    }

    /// A channel that keeps the last `capacity` messages, rounded up to a power of two, without a receiver.
    ///
    /// # Panics
    /// When `capacity` is 0, and under loom.
    #[track_caller]
    pub fn new(capacity: usize) -> Self {
        let object = Object::new("broadcast");
        Sender(Ends::side(object, "drop sender", broadcast::Sender::new(capacity)))
    }

    /// Waits until there is no receiver.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        future(self.0.object(), "closed", self.0.closed()).leaves_no_traces()
    }

    /// A sending end that does not keep the channel open.
    #[track_caller]
    pub fn downgrade(&self) -> WeakSender<T> {
        let object = self.0.object();
        WeakSender::wrap(object, another(object, "downgrade", || self.0.downgrade()))
    }

    /// Whether both send to the same receivers.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// How many sending ends there are. Asking makes it a visible operation to clone one, and the search starts again with
    /// that known.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        asked(self.0.object(), "strong_count", || self.0.strong_count())
    }

    /// How many sending ends there are that do not keep the channel open; as for [`strong_count`](Self::strong_count).
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        asked(self.0.object(), "weak_count", || self.0.weak_count())
    }

    /// Sends a message and says to how many receivers.
    ///
    /// # Errors
    /// The message, when there is no receiver.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<usize, SendError<T>> {
        self.0.object().call(
            "send",
            Class::Write,
            || self.0.send(value),
            |name, result| match result {
                Ok(n) => format!("{name}.send ➜ {n}"),
                Err(_) => format!("{name}.send ➜ no receiver"),
            },
        )
    }

    /// A receiver of what is sent from now on.
    #[track_caller]
    pub fn subscribe(&self) -> Receiver<T> {
        let object = self.0.object();
        let body = || self.0.subscribe();
        let receiver = object.call("subscribe", Class::Write, body, |name, _| format!("{name}.subscribe"));
        Receiver(Ends::side(object, "drop receiver", receiver))
    }

    /// The number of messages some receiver has not seen.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.0.object().call(
            "len",
            Class::Write,
            || self.0.len(),
            |name, n| format!("{name}.len ➜ {n}"),
        )
    }

    /// Whether every receiver has seen every message.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of receivers.
    #[track_caller]
    pub fn receiver_count(&self) -> usize {
        let body = || self.0.receiver_count();
        self.0.object().call("receiver_count", Class::Read, body, |name, n| {
            format!("{name}.receiver_count ➜ {n}")
        })
    }
}

impl<T> Clone for Sender<T> {
    /// Another sending end. No operation unless somebody counts them: as long as there is one, nobody else can tell.
    #[track_caller]
    fn clone(&self) -> Self {
        let object = self.0.object();
        let inner: &broadcast::Sender<T> = &self.0;
        Sender(Ends::side(
            object,
            "drop sender",
            another(object, "clone", || inner.clone()),
        ))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

weak_sender! { WeakSender of Sender, broadcast::WeakSender<T> }

/// What receiving a message is to other receivers: the last of them drops it.
fn receives<T>() -> Class {
    if std::mem::needs_drop::<T>() {
        Class::Write
    } else {
        Class::Read
    }
}

/// A receiving end.
pub struct Receiver<T>(Ends<broadcast::Receiver<T>>);

impl<T: Clone> Receiver<T> {
    /// Waits for the next message.
    ///
    /// # Errors
    /// `Lagged` when messages were overwritten before this receiver saw them; `Closed` when no sender is
    /// left.
    #[track_caller]
    pub fn recv(&mut self) -> impl Future<Output = Result<T, RecvError>> {
        let object = self.0.object();
        let received = future(object, "recv", self.0.recv()).leaves_no_traces();
        match receives::<T>() {
            Class::Read => received.only_looks(),
            _ => received,
        }
    }

    /// The next message, if there is one.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv), and `Empty`.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let object = self.0.object();
        object.call(
            "try_recv",
            receives::<T>(),
            || self.0.try_recv(),
            |name, result| {
                let end = match result {
                    Ok(_) => "received".to_owned(),
                    Err(error) => error.to_string(),
                };
                format!("{name}.try_recv ➜ {end}")
            },
        )
    }

    /// Waits for the next message on a thread.
    ///
    /// # Errors
    /// As for [`recv`](Self::recv).
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_recv(&mut self) -> Result<T, RecvError> {
        if !self.0.object().is_controlled() {
            return self.0.blocking_recv();
        }
        block_on(self.recv())
    }
}

impl<T> Receiver<T> {
    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.0.object().set_name(name);
        self
    }

    /// The number of messages it has not seen.
    #[track_caller]
    pub fn len(&self) -> usize {
        self.0.object().call(
            "len",
            Class::Read,
            || self.0.len(),
            |name, n| format!("{name}.len ➜ {n}"),
        )
    }

    /// Whether it has seen every message.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether no sending end is left. There may be messages it has not seen.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.0.is_closed();
        self.0.object().call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }

    /// Whether both receive from the same senders.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// As [`Sender::strong_count`].
    #[track_caller]
    pub fn sender_strong_count(&self) -> usize {
        asked(self.0.object(), "sender_strong_count", || self.0.sender_strong_count())
    }

    /// As [`Sender::weak_count`].
    #[track_caller]
    pub fn sender_weak_count(&self) -> usize {
        asked(self.0.object(), "sender_weak_count", || self.0.sender_weak_count())
    }
}

impl<T: Clone> Receiver<T> {
    /// Another receiver, of what is sent from now on.
    #[track_caller]
    pub fn resubscribe(&self) -> Self {
        let object = self.0.object();
        let body = || self.0.resubscribe();
        let receiver = object.call("resubscribe", Class::Write, body, |name, _| {
            format!("{name}.resubscribe")
        });
        Receiver(Ends::side(object, "drop receiver", receiver))
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
