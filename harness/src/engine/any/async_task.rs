//! A future as a task of the engine that runs.

use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Job, RawAbort, RawTask, Why};

any_of! {
    /// A task that runs.
    AsyncTask = native::AsyncTask, controlled::AsyncTask, loom::AsyncTask
}

/// Stops a task. loom has nothing that could.
#[derive(Clone)]
pub(crate) enum Abort {
    Native(native::Abort),
    Controlled(controlled::Abort),
}

impl RawTask for AsyncTask {
    type Abort = Abort;

    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        make!(AsyncTask, RawTask::spawn(name, job))
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        each!(self, AsyncTask(raw) => raw.poll(cx))
    }

    fn is_finished(&self) -> bool {
        each!(self, AsyncTask(raw) => raw.is_finished())
    }

    fn abort_handle(&self) -> Abort {
        match self {
            AsyncTask::Native(raw) => Abort::Native(raw.abort_handle()),
            AsyncTask::Controlled(raw) => Abort::Controlled(raw.abort_handle()),
            #[cfg(feature = "loom")]
            AsyncTask::Loom(_) => loom::unsupported("abort()"),
        }
    }
}

impl RawAbort for Abort {
    fn abort(&self) {
        match self {
            Abort::Native(raw) => raw.abort(),
            Abort::Controlled(raw) => raw.abort(),
        }
    }

    fn is_finished(&self) -> bool {
        match self {
            Abort::Native(raw) => raw.is_finished(),
            Abort::Controlled(raw) => raw.is_finished(),
        }
    }
}

/// Runs a job on the current task until it is finished.
///
/// # Panics
/// Inside a future: it would block the task that has to make progress.
#[track_caller]
pub(crate) fn block_on(job: Pin<&mut dyn Job>) {
    match current() {
        Engine::Native => native::block_on(job),
        Engine::Controlled => controlled::block_on(job),
        #[cfg(feature = "loom")]
        Engine::Loom => loom::block_on(job),
    }
}

/// Something that was made by this crate is polled with this waker: the engine sees whether that is the task's own.
pub(crate) fn polled_with(cx: &Context<'_>) {
    controlled::polled_with(cx.waker());
}
