//! [`JoinHandle`] and [`JoinError`].

use std::any::Any;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use super::abort::AbortHandle;
use super::id::Id;
use crate::engine::any;
use crate::raw::{RawTask, Slot, Why};

/// Waits for a task and gives its result; a future. Dropping it lets the task go on by itself: an
/// execution is then over without it.
pub struct JoinHandle<T> {
    raw: any::AsyncTask,
    result: Slot<T>,
}

impl<T> JoinHandle<T> {
    pub(crate) fn new(raw: any::AsyncTask, result: Slot<T>) -> Self {
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

    /// Which task it is.
    pub fn id(&self) -> Id {
        Id::of(self.raw.id())
    }

    /// Waits for a task that has done all that takes time, with all that runs on this thread.
    #[cfg(feature = "tokio")]
    #[track_caller]
    pub(crate) fn wait(mut self) -> Result<T, JoinError> {
        let end = self.raw.wait();
        self.ended(end)
    }

    fn ended(&self, end: Result<(), Why>) -> Result<T, JoinError> {
        // One that has ended well without a result was aborted, or given up with its execution.
        end.and_then(|()| self.result.take().ok_or(Why::Cancelled))
            .map_err(|why| JoinError { why, id: self.id() })
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
        Poll::Ready(self.ended(end))
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task has no result.
pub struct JoinError {
    why: Why,
    id: Id,
}

// SAFETY: as tokio's: of a payload that may not be shared, a reference gives away what type it has, and its text.
unsafe impl Sync for JoinError {}

impl JoinError {
    /// The task was aborted.
    pub fn is_cancelled(&self) -> bool {
        matches!(self.why, Why::Cancelled)
    }

    /// The task panicked.
    pub fn is_panic(&self) -> bool {
        matches!(self.why, Why::Panic(_))
    }

    /// The payload of the panic.
    ///
    /// # Panics
    /// When the task did not panic.
    pub fn into_panic(self) -> Box<dyn Any + Send> {
        self.try_into_panic()
            .expect("`JoinError` reason is not a panic: the task was cancelled")
    }

    /// The payload of the panic, if there was one.
    ///
    /// # Errors
    /// The error itself, when the task did not panic.
    pub fn try_into_panic(self) -> Result<Box<dyn Any + Send>, JoinError> {
        match self.why {
            Why::Panic(payload) => Ok(payload),
            Why::Cancelled => Err(self),
        }
    }

    /// Which task it was.
    pub fn id(&self) -> Id {
        self.id
    }
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.why {
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

impl From<JoinError> for io::Error {
    fn from(error: JoinError) -> io::Error {
        io::Error::other(match error.why {
            Why::Cancelled => "task was cancelled",
            Why::Panic(_) => "task panicked",
        })
    }
}
