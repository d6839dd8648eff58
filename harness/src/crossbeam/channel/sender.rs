//! The sending end of channels.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::errors::{SendError, SendTimeoutError, TrySendError};
use crate::engine::any::{self, Deadline};
use crate::raw::{Patience, RawEnd, RawOutlet, Refusal};
use crate::time::{Duration, Instant};

/// The sending end of a channel. There may be several; when the last one is dropped, receivers get what is left and then an error.
pub struct Sender<T> {
    pub(super) raw: any::Outlet<T>,
}

impl<T> Sender<T> {
    /// Sends a message if that needs no wait.
    ///
    /// # Errors
    /// The message, when there is no room, with bound 0 when nobody waits to receive, and when no receiver is left.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.raw
            .send(message, Patience::Tries)
            .map_err(|(message, refusal)| match refusal {
                Refusal::Busy => TrySendError::Full(message),
                Refusal::Disconnected => TrySendError::Disconnected(message),
            })
    }

    /// Waits for room and sends a message; with bound 0, waits for somebody who receives it.
    ///
    /// # Errors
    /// The message, when no receiver is left.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.raw
            .send(message, Patience::Waits)
            .map_err(|(message, _)| SendError(message))
    }

    /// [`send`](Self::send), waiting at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// The message, when the time is over or no receiver is left.
    #[track_caller]
    pub fn send_timeout(&self, message: T, timeout: Duration) -> Result<(), SendTimeoutError<T>> {
        self.raw
            .send(message, Patience::Until(Deadline::after(timeout)))
            .map_err(|(message, refusal)| match refusal {
                Refusal::Busy => SendTimeoutError::Timeout(message),
                Refusal::Disconnected => SendTimeoutError::Disconnected(message),
            })
    }

    /// [`send`](Self::send), waiting at most until `deadline`.
    ///
    /// # Errors
    /// As for [`send_timeout`](Self::send_timeout).
    #[track_caller]
    pub fn send_deadline(&self, message: T, deadline: Instant) -> Result<(), SendTimeoutError<T>> {
        self.send_timeout(message, deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether there are no messages. With bound 0 there never are, and to ask is no operation.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        super::is_empty(&self.raw)
    }

    /// Whether there is no room. With bound 0 there never is, without a bound always.
    #[track_caller]
    pub fn is_full(&self) -> bool {
        super::is_full(&self.raw)
    }

    /// How many messages there are.
    #[track_caller]
    pub fn len(&self) -> usize {
        super::len(&self.raw)
    }

    /// The bound.
    pub fn capacity(&self) -> Option<usize> {
        self.raw.bound()
    }

    /// Whether both send to the same channel.
    pub fn same_channel(&self, other: &Sender<T>) -> bool {
        self.raw.is_of_same(&other.raw)
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        Sender { raw: self.raw.clone() }
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Sender { .. }")
    }
}
