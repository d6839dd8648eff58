//! The sending ends of channels.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::mpsc::{SendError, TrySendError};

use crate::engine::any;
use crate::raw::RawSender;

/// The sending end of a [`channel`](super::channel).
pub struct Sender<T> {
    pub(super) raw: any::Sender<T>,
}

/// The sending end of a [`sync_channel`](super::sync_channel).
pub struct SyncSender<T> {
    pub(super) raw: any::Sender<T>,
}

impl<T> Sender<T> {
    /// Sends a message.
    ///
    /// # Errors
    /// When the receiver is gone; the error contains the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.raw.send(message)
    }

    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }
}

impl<T> SyncSender<T> {
    /// Waits for room and sends a message; with a bound of 0, waits until it is taken.
    ///
    /// # Errors
    /// When the receiver is gone; the error contains the message.
    #[track_caller]
    pub fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.raw.send(message)
    }

    /// Sends a message if there is room; with a bound of 0, if the receiver waits.
    ///
    /// # Errors
    /// `Full` or `Disconnected`; the error contains the message.
    #[track_caller]
    pub fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        self.raw.try_send(message)
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

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> Self {
        SyncSender { raw: self.raw.clone() }
    }
}

impl<T> UnwindSafe for Sender<T> {}
impl<T> RefUnwindSafe for Sender<T> {}
impl<T> UnwindSafe for SyncSender<T> {}
impl<T> RefUnwindSafe for SyncSender<T> {}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}
