//! A channel with room for so many messages.

use std::fmt;
use std::future::Future;
use std::panic::Location;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, TrySendError};

use super::receiver::Receiver;
use crate::future::block_on;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// A channel for at most `capacity` messages at a time.
///
/// # Panics
/// When `capacity` is 0, and under loom.
#[track_caller]
pub fn channel<T>(capacity: usize) -> (Sender<T>, Receiver<T>) {
    let object = Object::new("mpsc");
    let (sender, receiver) = mpsc::channel(capacity);
    (
        Sender(Ends::side(object, "drop sender", sender)),
        Receiver(Ends::side(object, "drop receiver", receiver)),
    )
}

/// The sending end; when the last one is dropped, the receiver gets what is left and then `None`.
pub struct Sender<T>(Ends<mpsc::Sender<T>>);

impl<T> Sender<T> {
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

    /// Waits for room and sends a message.
    ///
    /// # Errors
    /// The message, when the channel is closed.
    #[track_caller]
    pub fn send(&self, value: T) -> impl Future<Output = Result<(), SendError<T>>> {
        future(self.0.object(), "send", self.0.send(value))
    }

    /// Sends a message if there is room.
    ///
    /// # Errors
    /// The message, when there is none, or the channel is closed.
    #[track_caller]
    pub fn try_send(&self, value: T) -> Result<(), TrySendError<T>> {
        self.0.object().call(
            "try_send",
            Class::Write,
            || self.0.try_send(value),
            |name, result| {
                let end = match result {
                    Ok(()) => "sent",
                    Err(TrySendError::Full(_)) => "full",
                    Err(TrySendError::Closed(_)) => "closed",
                };
                format!("{name}.try_send ➜ {end}")
            },
        )
    }

    /// Waits for room on a thread and sends a message.
    ///
    /// # Errors
    /// The message, when the channel is closed.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_send(&self, value: T) -> Result<(), SendError<T>> {
        if !self.0.object().is_controlled() {
            return self.0.blocking_send(value);
        }
        block_on(self.send(value))
    }

    /// Waits for room and keeps it.
    ///
    /// # Errors
    /// When the channel is closed.
    #[track_caller]
    pub fn reserve(&self) -> impl Future<Output = Result<Permit<'_, T>, SendError<()>>> {
        let object = self.0.object();
        let reserved = future(object, "reserve", self.0.reserve());
        let location = Location::caller();
        async move { Ok(Permit(Ends::at(object, "release", reserved.await?, location))) }
    }

    /// Keeps room for a message if there is some.
    ///
    /// # Errors
    /// When there is none, or the channel is closed.
    #[track_caller]
    pub fn try_reserve(&self) -> Result<Permit<'_, T>, TrySendError<()>> {
        let object = self.0.object();
        let permit = object.call(
            "try_reserve",
            Class::Write,
            || self.0.try_reserve(),
            |name, result| {
                format!(
                    "{name}.try_reserve ➜ {}",
                    if result.is_ok() { "reserved" } else { "refused" }
                )
            },
        )?;
        Ok(Permit(Ends::new(object, "release", permit)))
    }

    /// The room that is left.
    #[track_caller]
    pub fn capacity(&self) -> usize {
        self.0.object().call(
            "capacity",
            Class::Read,
            || self.0.capacity(),
            |name, n| format!("{name}.capacity ➜ {n}"),
        )
    }
}

impl<T> Clone for Sender<T> {
    /// Another sending end. No operation: nobody can tell how many there are, as long as there is one.
    #[track_caller]
    fn clone(&self) -> Self {
        let inner: &mpsc::Sender<T> = &self.0;
        Sender(Ends::side(self.0.object(), "drop sender", inner.clone()))
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Room for one message in a channel; dropping it gives the room back.
pub struct Permit<'a, T>(Ends<mpsc::Permit<'a, T>>);

impl<T> Permit<'_, T> {
    /// Sends a message, without waiting.
    #[track_caller]
    pub fn send(self, value: T) {
        let object = self.0.object();
        let permit = self.0.take();
        object.call(
            "send",
            Class::Write,
            || permit.send(value),
            |name, ()| format!("{name}.send"),
        );
    }
}

impl<T> fmt::Debug for Permit<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permit").finish_non_exhaustive()
    }
}
