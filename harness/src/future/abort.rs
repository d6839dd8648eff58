//! [`AbortHandle`]: stopping a task that somebody else may be waiting for.

use std::fmt;

use super::id::Id;
use crate::engine::any;
use crate::raw::RawAbort;

/// Stops a task; made by [`JoinHandle::abort_handle`](super::JoinHandle::abort_handle).
#[derive(Clone)]
pub struct AbortHandle(any::Abort);

impl AbortHandle {
    pub(super) fn new(raw: any::Abort) -> Self {
        AbortHandle(raw)
    }

    /// Asks the task to stop: when it is woken next, which this does, its future is dropped instead of
    /// polled. A task that finishes without being pending again is not affected.
    #[track_caller]
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Which task it is.
    pub fn id(&self) -> Id {
        Id::of(self.0.id())
    }

    /// Whether the task has finished. Asking makes the exit of tasks a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").field("id", &self.id()).finish()
    }
}
