//! The receiving end of channels.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::mpsc::{RecvError, RecvTimeoutError, TryRecvError};
use std::time::Duration;

use crate::engine::any;
use crate::raw::RawReceiver;

/// The receiving end of a channel.
pub struct Receiver<T> {
    pub(super) raw: any::Receiver<T>,
}

impl<T> Receiver<T> {
    /// Waits for a message.
    ///
    /// # Errors
    /// When the channel is empty and every sender is gone.
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.raw.recv()
    }

    /// A message, if one is there.
    ///
    /// # Errors
    /// `Empty`, or `Disconnected` when every sender is gone as well.
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.raw.try_recv()
    }

    /// Waits for a message, at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// `Timeout`, or `Disconnected` when the channel is empty and every sender is gone.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.raw.recv_timeout(timeout)
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> UnwindSafe for Receiver<T> {}
impl<T> RefUnwindSafe for Receiver<T> {}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
