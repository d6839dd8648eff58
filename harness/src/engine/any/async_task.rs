//! A future as a task of the engine that runs.

use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Body, Job, RawAbort, RawTask, Why};

any_of! {
    /// A task that runs.
    AsyncTask = native::AsyncTask, controlled::AsyncTask, loom::AsyncTask
}

any_of! {
    /// Tells tasks apart.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    TaskKey = <native::AsyncTask as RawTask>::Id, <controlled::AsyncTask as RawTask>::Id, <loom::AsyncTask as RawTask>::Id
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        each!(self, TaskKey(raw) => raw.fmt(f))
    }
}

/// Stops a task. loom has nothing that could.
#[derive(Clone)]
pub(crate) enum Abort {
    Native(native::Abort),
    Controlled(controlled::Abort),
}

impl RawTask for AsyncTask {
    type Abort = Abort;
    type Id = TaskKey;

    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        make!(AsyncTask, RawTask::spawn(name, job))
    }

    fn spawn_local(name: Option<String>, job: Pin<Box<dyn Job>>) -> Self {
        make!(AsyncTask, RawTask::spawn_local(name, job))
    }

    fn spawn_blocking(name: Option<String>, body: Body) -> Self {
        make!(AsyncTask, RawTask::spawn_blocking(name, body))
    }

    fn wait(&mut self) -> Result<(), Why> {
        each!(self, AsyncTask(raw) => raw.wait())
    }

    fn id(&self) -> TaskKey {
        map_each!(self, AsyncTask(raw) => TaskKey(raw.id()))
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
    type Id = TaskKey;

    fn id(&self) -> TaskKey {
        match self {
            Abort::Native(raw) => TaskKey::Native(raw.id()),
            Abort::Controlled(raw) => TaskKey::Controlled(raw.id()),
        }
    }

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

/// Runs `f`, which may block, inside a future.
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    match current() {
        Engine::Native => native::block_in_place(f),
        Engine::Controlled => controlled::block_in_place(f),
        #[cfg(feature = "loom")]
        Engine::Loom => f(),
    }
}

/// Which task runs, if it is one that was spawned.
///
/// # Panics
/// Under loom, which does not say.
#[track_caller]
pub(crate) fn current_task() -> Option<TaskKey> {
    match current() {
        Engine::Native => native::current_task().map(TaskKey::Native),
        Engine::Controlled => controlled::current_task().map(TaskKey::Controlled),
        #[cfg(feature = "loom")]
        Engine::Loom => loom::unsupported("way to tell which task runs"),
    }
}

/// Something that was made by this crate is polled with this waker: the engine sees whether that is the task's own.
pub(crate) fn polled_with(cx: &Context<'_>) {
    controlled::polled_with(cx.waker());
}
