//! [`JoinHandle`] and [`JoinError`].

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::abort::AbortHandle;
use crate::engine::any;
use crate::raw::{RawTask, Slot, Why};

/// Waits for a task and gives its result; a future. Dropping it lets the task go on by itself: an
/// execution is then over without it.
pub struct JoinHandle<T> {
    raw: any::AsyncTask,
    result: Slot<T>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(raw: any::AsyncTask, result: Slot<T>) -> Self {
        JoinHandle { raw, result }
    }

    /// Asks the task to stop, like [`AbortHandle::abort`].
    ///
    /// # Panics
    /// Under loom, which cannot cancel a thread.
    #[track_caller]
    pub fn abort(&self) {
        self.abort_handle().abort();
    }

    /// Something to stop the task with, for somebody else than who waits for it.
    ///
    /// # Panics
    /// Under loom, which cannot cancel a thread.
    #[track_caller]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle::new(self.raw.abort_handle())
    }

    /// Whether the task has finished. Asking makes the exit of tasks a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.raw.is_finished()
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let end = ready!(self.raw.poll(cx));
        // One that has ended well without a result was aborted, or given up with its execution.
        Poll::Ready(
            end.and_then(|()| self.result.take().ok_or(Why::Cancelled))
                .map_err(JoinError),
        )
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task has no result.
pub struct JoinError(Why);

impl JoinError {
    /// The task was aborted.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.0, Why::Cancelled)
    }

    /// The task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.0, Why::Panic(_))
    }

    /// The payload of the panic.
    ///
    /// # Panics
    /// When the task did not panic.
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        match self.0 {
            Why::Panic(payload) => payload,
            Why::Cancelled => panic!("the task was cancelled, it did not panic"),
        }
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Why::Cancelled => f.write_str("the task was cancelled"),
            Why::Panic(payload) => {
                let text = payload.downcast_ref::<&str>().copied();
                let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
                write!(
                    f,
                    "the task panicked: {}",
                    text.unwrap_or("with a payload that is not a string")
                )
            }
        }
    }
}

impl fmt::Debug for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "JoinError({self})")
    }
}

impl std::error::Error for JoinError {}
