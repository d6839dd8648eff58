//! A thread that runs, for whoever waits for its end.
//!
//! What the thread returns is none of this: its body leaves it in a [`Slot`](super::Slot), so that all of this is
//! compiled once, and not for every closure.

use std::any::Any;
use std::io;

/// What a thread runs.
pub(crate) type Body = Box<dyn FnOnce() + Send>;

/// What a panic was raised with.
pub(crate) type Payload = Box<dyn Any + Send>;

/// A running thread.
pub(crate) trait RawJoin: Sized {
    /// The handle to it that everybody may have.
    type Thread;

    /// Starts a thread. Only real threads have a stack of another size.
    #[track_caller]
    fn spawn(name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self>;

    /// Its handle.
    fn thread(&self) -> Self::Thread;

    /// Waits until it has finished. The error is what it panicked with, which is then known to somebody.
    #[track_caller]
    fn join(self) -> Result<(), Payload>;

    /// Whether it has finished.
    #[track_caller]
    fn is_finished(&self) -> bool;
}
