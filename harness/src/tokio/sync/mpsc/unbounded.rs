//! A channel with room for any number of messages.

use std::fmt;
use std::future::Future;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::SendError;

use super::super::counted::{another, asked, weak_sender};
use super::receiver::UnboundedReceiver;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// A channel for any number of messages.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn unbounded_channel<T>() -> (UnboundedSender<T>, UnboundedReceiver<T>) {
    let object = Object::new("mpsc");
    let (sender, receiver) = mpsc::unbounded_channel();
    let sender = UnboundedSender(Ends::side(object, "drop sender", sender));
    (sender, UnboundedReceiver(Ends::side(object, "drop receiver", receiver)))
}

/// The sending end; when the last one is dropped, the receiver gets what is left and then `None`.
pub struct UnboundedSender<T>(Ends<mpsc::UnboundedSender<T>>);

impl<T> UnboundedSender<T> {
    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.0.object().set_name(name);
        self
    }

    /// Waits until the receiver is gone or has closed the channel.
    #[track_caller]
    pub fn closed(&self) -> impl Future<Output = ()> {
        future(self.0.object(), "closed", self.0.closed()).leaves_no_traces()
    }

    /// Whether the receiver is gone or has closed the channel.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.0.is_closed();
        self.0.object().call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }

    /// Whether both send to the same receiver.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Sends a message.
    ///
    /// # Errors
    /// The message, when the channel is closed.
    #[track_caller]
    pub fn send(&self, value: T) -> Result<(), SendError<T>> {
        self.0.object().call(
            "send",
            Class::Write,
            || self.0.send(value),
            |name, result| format!("{name}.send{}", if result.is_ok() { "" } else { " ➜ closed" }),
        )
    }

    /// A sending end that does not keep the channel open.
    #[track_caller]
    pub fn downgrade(&self) -> WeakUnboundedSender<T> {
        let object = self.0.object();
        WeakUnboundedSender::wrap(object, another(object, "downgrade", || self.0.downgrade()))
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
}

impl<T> Clone for UnboundedSender<T> {
    /// Another sending end. No operation unless somebody counts them: as long as there is one, nobody else can tell.
    #[track_caller]
    fn clone(&self) -> Self {
        let object = self.0.object();
        let inner: &mpsc::UnboundedSender<T> = &self.0;
        UnboundedSender(Ends::side(
            object,
            "drop sender",
            another(object, "clone", || inner.clone()),
        ))
    }
}

impl<T> fmt::Debug for UnboundedSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnboundedSender").finish_non_exhaustive()
    }
}

weak_sender! { WeakUnboundedSender of UnboundedSender, mpsc::WeakUnboundedSender<T> }
