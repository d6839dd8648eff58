//! A queue that many tasks send to and one receives from.
//!
//! | operation | waits for | fails when |
//! |---|---|---|
//! | `send` | room; with bound 0, until the message is taken | the receiver is gone |
//! | `try_send` | nothing | there is no room; with bound 0, nobody waits to receive; or the receiver is gone |
//! | `recv` | a message | the queue is empty and no sender is left |
//! | `recv_timeout` | a message, or the time | as `recv`, or the time is over |
//! | `try_recv` | nothing | the queue is empty |
//!
//! Each end is dropped without waiting. The messages themselves belong to the engine: real threads have their own
//! way of handing them over.

use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

/// A channel, which is known by its two ends.
pub(crate) trait RawChannel<T> {
    type Sender: RawSender<T>;
    type Receiver: RawReceiver<T>;

    /// The ends of a new channel. Without a bound, sending never waits.
    #[track_caller]
    fn open(bound: Option<usize>) -> (Self::Sender, Self::Receiver);
}

/// The sending end.
pub(crate) trait RawSender<T>: Clone {
    /// The name of the channel in traces.
    fn set_name(&self, name: &str);

    /// Waits for room and sends; with bound 0, waits until the message is taken.
    #[track_caller]
    fn send(&self, message: T) -> Result<(), SendError<T>>;

    /// Sends if that needs no wait.
    #[track_caller]
    fn try_send(&self, message: T) -> Result<(), TrySendError<T>>;
}

/// The receiving end.
pub(crate) trait RawReceiver<T> {
    /// The name of the channel in traces.
    fn set_name(&self, name: &str);

    /// Waits for a message.
    #[track_caller]
    fn recv(&self) -> Result<T, RecvError>;

    /// Waits for a message, at most for `timeout`.
    ///
    /// # Panics
    /// When the engine has no clock.
    #[track_caller]
    fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError>;

    /// A message, if one is there.
    #[track_caller]
    fn try_recv(&self) -> Result<T, TryRecvError>;
}
