//! The receiving ends, which are two types in tokio and have the same methods.

use std::fmt;
use std::future::Future;
use std::task::{Context, Poll};

use tokio::sync::mpsc;
use tokio::sync::mpsc::error::TryRecvError;

use super::super::counted::asked;
use crate::engine::any::polled_with;
use crate::future::block_on;
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, future};

macro_rules! receiver {
    ($receiver:ident) => {
        /// The receiving end; dropping it closes the channel.
        pub struct $receiver<T>(pub(super) Ends<mpsc::$receiver<T>>);

        impl<T> $receiver<T> {
            /// The name of the channel in traces.
            pub fn named(self, name: &str) -> Self {
                self.0.object().set_name(name);
                self
            }

            /// Waits for a message; `None` when no sender is left, or the channel is closed, and it is empty.
            /// Dropping the future loses nothing.
            #[track_caller]
            pub fn recv(&mut self) -> impl Future<Output = Option<T>> {
                let object = self.0.object();
                future(object, "recv", self.0.recv()).leaves_no_traces()
            }

            /// Waits for messages and appends at most `limit` of them; 0 when none will come.
            #[track_caller]
            pub fn recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> impl Future<Output = usize> {
                let object = self.0.object();
                future(object, "recv_many", self.0.recv_many(buffer, limit)).leaves_no_traces()
            }

            /// The next message, if there is one.
            ///
            /// # Errors
            /// When the channel is empty, and whether a message may still come.
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
                            Err(TryRecvError::Disconnected) => "disconnected",
                        };
                        format!("{name}.try_recv ➜ {end}")
                    },
                )
            }

            /// Waits for a message on a thread.
            ///
            /// # Panics
            /// Inside a future.
            #[track_caller]
            pub fn blocking_recv(&mut self) -> Option<T> {
                if !self.0.object().is_controlled() {
                    return self.0.blocking_recv();
                }
                block_on(self.recv())
            }

            /// Waits for messages on a thread and appends at most `limit` of them; 0 when none will come.
            ///
            /// # Panics
            /// Inside a future.
            #[track_caller]
            pub fn blocking_recv_many(&mut self, buffer: &mut Vec<T>, limit: usize) -> usize {
                if !self.0.object().is_controlled() {
                    return self.0.blocking_recv_many(buffer, limit);
                }
                block_on(self.recv_many(buffer, limit))
            }

            /// Polls for messages and appends at most `limit` of them.
            #[track_caller]
            pub fn poll_recv_many(&mut self, cx: &mut Context<'_>, buffer: &mut Vec<T>, limit: usize) -> Poll<usize> {
                polled_with(cx);
                let object = self.0.object();
                object.call(
                    "recv_many",
                    Class::Write,
                    || self.0.poll_recv_many(cx, buffer, limit),
                    |name, polled| {
                        format!(
                            "{name}.recv_many{}",
                            if polled.is_ready() { "" } else { " ➜ pending" }
                        )
                    },
                )
            }

            /// How many sending ends there are. Asking makes it a visible operation to clone one, and the search starts
            /// again with that known.
            #[track_caller]
            pub fn sender_strong_count(&self) -> usize {
                asked(self.0.object(), "sender_strong_count", || {
                    self.0.sender_strong_count()
                })
            }

            /// How many sending ends there are that do not keep the channel open; as for
            /// [`sender_strong_count`](Self::sender_strong_count).
            #[track_caller]
            pub fn sender_weak_count(&self) -> usize {
                asked(self.0.object(), "sender_weak_count", || {
                    self.0.sender_weak_count()
                })
            }

            /// Polls for a message.
            #[track_caller]
            pub fn poll_recv(&mut self, cx: &mut Context<'_>) -> Poll<Option<T>> {
                polled_with(cx);
                let object = self.0.object();
                object.call(
                    "recv",
                    Class::Write,
                    || self.0.poll_recv(cx),
                    |name, polled| format!("{name}.recv{}", if polled.is_ready() { "" } else { " ➜ pending" }),
                )
            }

            /// Refuses messages that have not been sent yet.
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

            /// Whether the channel is closed.
            #[track_caller]
            pub fn is_closed(&self) -> bool {
                let body = || self.0.is_closed();
                self.0.object().call("is_closed", Class::Read, body, |name, is| {
                    format!("{name}.is_closed ➜ {is}")
                })
            }

            /// Whether there is no message.
            #[track_caller]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// The number of messages.
            #[track_caller]
            pub fn len(&self) -> usize {
                self.0.object().call(
                    "len",
                    Class::Read,
                    || self.0.len(),
                    |name, n| format!("{name}.len ➜ {n}"),
                )
            }
        }

        impl<T> fmt::Debug for $receiver<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($receiver)).finish_non_exhaustive()
            }
        }
    };
}

impl<T> Receiver<T> {
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
}

receiver!(Receiver);
receiver!(UnboundedReceiver);
