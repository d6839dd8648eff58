//! A channel of the engine that runs.

use std::sync::mpsc::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};
use std::time::Duration;

use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{RawChannel, RawReceiver, RawSender};

/// A channel.
pub(crate) enum Channel {}

any_of! {
    /// The sending end of a channel.
    Sender<T> = native::Sender<T>, controlled::Sender<T>, loom::Sender<T>
}

any_of! {
    /// The receiving end of a channel.
    Receiver<T> = native::Receiver<T>, controlled::Receiver<T>, loom::Receiver<T>
}

impl<T> RawChannel<T> for Channel {
    type Sender = Sender<T>;
    type Receiver = Receiver<T>;

    fn open(bound: Option<usize>) -> (Sender<T>, Receiver<T>) {
        match current() {
            Engine::Native => {
                let (sender, receiver) = native::Channel::open(bound);
                (Sender::Native(sender), Receiver::Native(receiver))
            }
            Engine::Controlled => {
                let (sender, receiver) = controlled::Channel::open(bound);
                (Sender::Controlled(sender), Receiver::Controlled(receiver))
            }
            #[cfg(feature = "loom")]
            Engine::Loom => {
                let (sender, receiver) = loom::Channel::open(bound);
                (Sender::Loom(sender), Receiver::Loom(receiver))
            }
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Self {
        map_each!(self, Sender(raw) => Sender(raw.clone()))
    }
}

impl<T> RawSender<T> for Sender<T> {
    fn set_name(&self, name: &str) {
        each!(self, Sender(raw) => raw.set_name(name));
    }

    fn send(&self, message: T) -> Result<(), SendError<T>> {
        each!(self, Sender(raw) => raw.send(message))
    }

    fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        each!(self, Sender(raw) => raw.try_send(message))
    }
}

impl<T> RawReceiver<T> for Receiver<T> {
    fn set_name(&self, name: &str) {
        each!(self, Receiver(raw) => raw.set_name(name));
    }

    fn recv(&self) -> Result<T, RecvError> {
        each!(self, Receiver(raw) => raw.recv())
    }

    fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        each!(self, Receiver(raw) => raw.recv_timeout(timeout))
    }

    fn try_recv(&self) -> Result<T, TryRecvError> {
        each!(self, Receiver(raw) => raw.try_recv())
    }
}
