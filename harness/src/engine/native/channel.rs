//! A channel of std.

use std::sync::mpsc::{self, RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

use crate::engine::current::assert_native;
use crate::raw::{RawChannel, RawReceiver, RawSender};

/// A channel.
pub(crate) enum Channel {}

/// std's two kinds of senders.
pub(crate) enum Sender<T> {
    Unbounded(mpsc::Sender<T>),
    Bounded(mpsc::SyncSender<T>),
}

/// std's receiver.
pub(crate) struct Receiver<T>(mpsc::Receiver<T>);

impl<T> RawChannel<T> for Channel {
    type Sender = Sender<T>;
    type Receiver = Receiver<T>;

    fn open(bound: Option<usize>) -> (Sender<T>, Receiver<T>) {
        match bound {
            None => {
                let (sender, receiver) = mpsc::channel();
                (Sender::Unbounded(sender), Receiver(receiver))
            }
            Some(bound) => {
                let (sender, receiver) = mpsc::sync_channel(bound);
                (Sender::Bounded(sender), Receiver(receiver))
            }
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        match self {
            Sender::Unbounded(sender) => Sender::Unbounded(sender.clone()),
            Sender::Bounded(sender) => Sender::Bounded(sender.clone()),
        }
    }
}

impl<T> RawSender<T> for Sender<T> {
    fn set_name(&self, _: &str) {}

    fn send(&self, message: T) -> Result<(), SendError<T>> {
        assert_native();
        match self {
            Sender::Unbounded(sender) => sender.send(message),
            Sender::Bounded(sender) => sender.send(message),
        }
    }

    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        assert_native();
        match self {
            // It never waits.
            Sender::Unbounded(sender) => Ok(sender.send(message)?),
            Sender::Bounded(sender) => sender.try_send(message),
        }
    }
}

impl<T> RawReceiver<T> for Receiver<T> {
    fn set_name(&self, _: &str) {}

    fn recv(&self) -> Result<T, RecvError> {
        assert_native();
        self.0.recv()
    }

    fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        assert_native();
        self.0.recv_timeout(timeout)
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        assert_native();
        self.0.try_recv()
    }
}
