//! [`spawn`] and [`Builder`].

use std::future::Future;

use super::join_handle::JoinHandle;
use super::work::Work;
use crate::raw::RawTask;

/// Starts a task that runs `future`.
///
/// Under the controlled engine it runs up to its first visible operation before the next choice, unless
/// the program aborts tasks: then its first poll is a choice like any other, and a task that is aborted
/// before it is dropped without having been polled.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    Builder::new().spawn(future)
}

/// A task to be started, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
}

impl Builder {
    /// A task without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the task; traces and schedules know it by this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Starts the task.
    #[track_caller]
    pub fn spawn<F>(self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        let (work, result) = Work::new(future);
        JoinHandle::new(RawTask::spawn(self.name, Box::pin(work)), result)
    }
}
