//! `oneshot`: the real `tokio::sync::oneshot`, a channel for one value.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

pub use tokio::sync::oneshot::error;

use error::{RecvError, TryRecvError};

use crate::engine::any::polled_with;
use crate::future::block_on;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// A channel for one value.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let object = Object::new("oneshot");
    let (sender, receiver) = tokio::sync::oneshot::channel();
    (
        Sender(Ends::side(object, "drop sender", sender)),
        Receiver(Ends::side(object, "drop receiver", receiver)),
    )
}

/// Sends the value; dropping it tells the receiver that none will come.
pub struct Sender<T>(Ends<tokio::sync::oneshot::Sender<T>>);

impl<T> Sender<T> {
    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.0.object().set_name(name);
        self
    }

    /// Sends the value.
    ///
    /// # Errors
    /// The value, when the receiver is gone.
    #[track_caller]
    pub fn send(self, value: T) -> Result<(), T> {
        let object = self.0.object();
        let sender = self.0.take();
        object.call(
            "send",
            Class::Write,
            || sender.send(value),
            |name, result| format!("{name}.send{}", if result.is_ok() { "" } else { " ➜ closed" }),
        )
    }

    /// Waits until the receiver is gone.
    #[track_caller]
    pub fn closed(&mut self) -> impl Future<Output = ()> {
        let object = self.0.object();
        future(object, "closed", self.0.closed()).leaves_no_traces()
    }

    /// Polls for the end of the receiver.
    #[track_caller]
    pub fn poll_closed(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        polled_with(cx);
        let object = self.0.object();
        object.call(
            "closed",
            Class::Write,
            || self.0.poll_closed(cx),
            |name, polled| format!("{name}.closed{}", if polled.is_ready() { "" } else { " ➜ pending" }),
        )
    }

    /// Whether the receiver is gone.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.0.is_closed();
        self.0.object().call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

/// Waits for the value; a future.
pub struct Receiver<T>(Ends<tokio::sync::oneshot::Receiver<T>>);

impl<T> Receiver<T> {
    /// The name of the channel in traces.
    pub fn named(self, name: &str) -> Self {
        self.0.object().set_name(name);
        self
    }

    /// Whether it has given the value, or the news that there is none: then it must not be awaited any more. No operation:
    /// nobody else can change it.
    pub fn is_terminated(&self) -> bool {
        self.0.is_terminated()
    }

    /// Whether there is no value to be received now.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        let body = || self.0.is_empty();
        self.0.object().call("is_empty", Class::Read, body, |name, is| {
            format!("{name}.is_empty ➜ {is}")
        })
    }

    /// Refuses a value that has not been sent yet.
    #[track_caller]
    pub fn close(&mut self) {
        let object = self.0.object();
        object.call(
            "close",
            Class::Write,
            || self.0.close(),
            |name, ()| format!("{name}.close"),
        );
    }

    /// The value, if it is there.
    ///
    /// # Errors
    /// When it has not been sent yet, or will not be.
    #[track_caller]
    pub fn try_recv(&mut self) -> Result<T, TryRecvError> {
        let object = self.0.object();
        object.call(
            "try_recv",
            Class::Write,
            || self.0.try_recv(),
            |name, result| {
                let end = match result {
                    Ok(_) => "received",
                    Err(TryRecvError::Empty) => "empty",
                    Err(TryRecvError::Closed) => "closed",
                };
                format!("{name}.try_recv ➜ {end}")
            },
        )
    }

    /// Waits for the value on a thread.
    ///
    /// # Errors
    /// When the sender was dropped.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_recv(self) -> Result<T, RecvError> {
        if !self.0.object().is_controlled() {
            return self.0.take().blocking_recv();
        }
        block_on(self)
    }
}

impl<T> Future for Receiver<T> {
    type Output = Result<T, RecvError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        polled_with(cx);
        let object = self.0.object();
        let polled = object.call(
            "recv",
            Class::Write,
            || Pin::new(&mut *self.0).poll(cx),
            |name, polled| {
                let end = match polled {
                    Poll::Ready(Ok(_)) => "received",
                    Poll::Ready(Err(_)) => "closed",
                    Poll::Pending => "pending",
                };
                format!("{name}.recv ➜ {end}")
            },
        );
        if polled.is_ready() {
            // Nobody is left on the other side.
            self.0.ends_silently();
        }
        polled
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
