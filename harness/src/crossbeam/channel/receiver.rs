//! The receiving end of channels.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use super::errors::{RecvError, RecvTimeoutError, TryRecvError};
use crate::engine::any::{self, Deadline};
use crate::raw::{Patience, RawEnd, RawInlet, Refusal};
use crate::time::{Duration, Instant};

/// The receiving end of a channel. There may be several, and each message goes to one of them; when the last one is dropped, so are the
/// messages that are left, and nothing can be sent any more.
pub struct Receiver<T> {
    pub(super) raw: any::Inlet<T>,
}

impl<T> Receiver<T> {
    /// A message, if one is there; with bound 0, if somebody waits to send one.
    ///
    /// # Errors
    /// `Empty`, or `Disconnected` when no sender is left, either.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.raw.recv(Patience::Tries).map_err(|refusal| match refusal {
            Refusal::Busy => TryRecvError::Empty,
            Refusal::Disconnected => TryRecvError::Disconnected,
        })
    }

    /// Waits for a message.
    ///
    /// # Errors
    /// When the channel is empty and no sender is left.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.raw.recv(Patience::Waits).map_err(|_| RecvError)
    }

    /// Waits for a message, at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// `Timeout`, or `Disconnected` when the channel is empty and no sender is left.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        let patience = Patience::Until(Deadline::after(timeout));
        self.raw.recv(patience).map_err(|refusal| match refusal {
            Refusal::Busy => RecvTimeoutError::Timeout,
            Refusal::Disconnected => RecvTimeoutError::Disconnected,
        })
    }

    /// Waits for a message, at most until `deadline`.
    ///
    /// # Errors
    /// As for [`recv_timeout`](Self::recv_timeout).
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_timeout(deadline.saturating_duration_since(Instant::now()))
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

    /// The bound. That of [`after`](super::after) and [`tick`](super::tick) is 1, that of [`never`](super::never) 0.
    pub fn capacity(&self) -> Option<usize> {
        self.raw.bound()
    }

    /// Whether both receive from the same channel.
    pub fn same_channel(&self, other: &Receiver<T>) -> bool {
        self.raw.is_of_same(&other.raw)
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> Clone for Receiver<T> {
    fn clone(&self) -> Self {
        Receiver { raw: self.raw.clone() }
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Receiver { .. }")
    }
}
