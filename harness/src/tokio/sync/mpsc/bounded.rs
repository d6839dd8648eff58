//! A channel with room for so many messages.

use std::fmt;
use std::future::Future;
use std::iter::FusedIterator;
use std::panic::Location;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::{SendError, SendTimeoutError, TrySendError};

use super::super::counted::{another, asked, weak_sender};
use super::receiver::Receiver;
use crate::future::block_on;
use crate::kernel::Class;
use crate::time::timeout;
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

    /// Waits for room, at most for `duration`, and sends a message.
    ///
    /// # Errors
    /// The message, when the channel is closed or the time is over.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn send_timeout(&self, value: T, duration: Duration) -> impl Future<Output = Result<(), SendTimeoutError<T>>> {
        let reserved = self.reserve();
        async move {
            // The time begins with the first poll.
            match timeout(duration, reserved).await {
                Err(_) => Err(SendTimeoutError::Timeout(value)),
                Ok(Err(_)) => Err(SendTimeoutError::Closed(value)),
                Ok(Ok(permit)) => {
                    permit.send(value);
                    Ok(())
                }
            }
        }
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

    /// Waits for room for `n` messages and keeps it.
    ///
    /// # Errors
    /// When the channel is closed, or has less room than that when it is empty.
    #[track_caller]
    pub fn reserve_many(&self, n: usize) -> impl Future<Output = Result<PermitIterator<'_, T>, SendError<()>>> {
        let object = self.0.object();
        let reserved = future(object, "reserve_many", self.0.reserve_many(n));
        let location = Location::caller();
        async move {
            Ok(PermitIterator::of(Ends::at(
                object,
                "release",
                reserved.await?,
                location,
            )))
        }
    }

    /// Keeps room for `n` messages if there is as much.
    ///
    /// # Errors
    /// When there is less, or the channel is closed.
    #[track_caller]
    pub fn try_reserve_many(&self, n: usize) -> Result<PermitIterator<'_, T>, TrySendError<()>> {
        let object = self.0.object();
        let body = || self.0.try_reserve_many(n);
        let permits = object.call("try_reserve_many", Class::Write, body, |name, result| {
            told_reserved(name, "try_reserve_many", result.is_ok())
        })?;
        Ok(PermitIterator::of(Ends::new(object, "release", permits)))
    }

    /// Waits for room and keeps it, together with the sending end.
    ///
    /// # Errors
    /// When the channel is closed. The sending end is gone then, as it is when the future is dropped.
    #[track_caller]
    pub fn reserve_owned(self) -> impl Future<Output = Result<OwnedPermit<T>, SendError<()>>> {
        let object = self.0.object();
        let reserved = future(object, "reserve", self.0.take().reserve_owned()).owns("drop sender");
        let location = Location::caller();
        async move { Ok(OwnedPermit(Ends::at(object, "release", reserved.await?, location))) }
    }

    /// Keeps room for a message if there is some, together with the sending end.
    ///
    /// # Errors
    /// The sending end, when there is no room or the channel is closed.
    #[track_caller]
    pub fn try_reserve_owned(self) -> Result<OwnedPermit<T>, TrySendError<Self>> {
        let object = self.0.object();
        let sender = self.0.take();
        let permit = object.call(
            "try_reserve",
            Class::Write,
            || sender.try_reserve_owned(),
            |name, result| told_reserved(name, "try_reserve", result.is_ok()),
        );
        let again = |sender| Sender(Ends::side(object, "drop sender", sender));
        match permit {
            Ok(permit) => Ok(OwnedPermit(Ends::new(object, "release", permit))),
            Err(TrySendError::Full(sender)) => Err(TrySendError::Full(again(sender))),
            Err(TrySendError::Closed(sender)) => Err(TrySendError::Closed(again(sender))),
        }
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

    /// The room there is when the channel is empty.
    pub fn max_capacity(&self) -> usize {
        self.0.max_capacity()
    }

    /// A sending end that does not keep the channel open.
    #[track_caller]
    pub fn downgrade(&self) -> WeakSender<T> {
        let object = self.0.object();
        WeakSender::wrap(object, another(object, "downgrade", || self.0.downgrade()))
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

fn told_reserved(name: &str, verb: &str, reserved: bool) -> String {
    format!("{name}.{verb} ➜ {}", if reserved { "reserved" } else { "refused" })
}

impl<T> Clone for Sender<T> {
    /// Another sending end. No operation unless somebody counts them: as long as there is one, nobody else can tell.
    #[track_caller]
    fn clone(&self) -> Self {
        let object = self.0.object();
        let inner: &mpsc::Sender<T> = &self.0;
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

weak_sender! { WeakSender of Sender, mpsc::WeakSender<T> }

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

/// Room for several messages in a channel, as permits one after the other; dropping it gives back what is left.
pub struct PermitIterator<'a, T> {
    permits: Ends<mpsc::PermitIterator<'a, T>>,
}

impl<'a, T> PermitIterator<'a, T> {
    fn of(permits: Ends<mpsc::PermitIterator<'a, T>>) -> Self {
        let mut this = PermitIterator { permits };
        this.is_done_if_empty();
        this
    }

    /// There is nothing to give back where nothing is left.
    fn is_done_if_empty(&mut self) {
        if self.permits.len() == 0 {
            self.permits.ends_silently();
        }
    }
}

impl<'a, T> Iterator for PermitIterator<'a, T> {
    type Item = Permit<'a, T>;

    fn next(&mut self) -> Option<Permit<'a, T>> {
        let permit = self.permits.next()?;
        self.is_done_if_empty();
        Some(Permit(self.permits.like(permit)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.permits.size_hint()
    }
}

impl<T> ExactSizeIterator for PermitIterator<'_, T> {}
impl<T> FusedIterator for PermitIterator<'_, T> {}

impl<T> fmt::Debug for PermitIterator<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitIterator").finish_non_exhaustive()
    }
}

/// Room for one message in a channel, and a sending end; dropping it gives the room back and ends that.
pub struct OwnedPermit<T>(Ends<mpsc::OwnedPermit<T>>);

impl<T> OwnedPermit<T> {
    /// Sends a message, without waiting, and gives the sending end.
    #[track_caller]
    pub fn send(self, value: T) -> Sender<T> {
        let object = self.0.object();
        let permit = self.0.take();
        let sender = object.call(
            "send",
            Class::Write,
            || permit.send(value),
            |name, _| format!("{name}.send"),
        );
        Sender(Ends::side(object, "drop sender", sender))
    }

    /// Gives the room back, and the sending end to the caller.
    #[track_caller]
    pub fn release(self) -> Sender<T> {
        let object = self.0.object();
        let permit = self.0.take();
        let sender = object.call(
            "release",
            Class::Write,
            || permit.release(),
            |name, _| format!("{name}.release"),
        );
        Sender(Ends::side(object, "drop sender", sender))
    }

    /// Whether both are room of the same channel.
    pub fn same_channel(&self, other: &Self) -> bool {
        self.0.same_channel(&other.0)
    }

    /// Whether it is room of the channel that `sender` sends to.
    pub fn same_channel_as_sender(&self, sender: &Sender<T>) -> bool {
        self.0.same_channel_as_sender(&sender.0)
    }
}

impl<T> fmt::Debug for OwnedPermit<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OwnedPermit").finish_non_exhaustive()
    }
}
