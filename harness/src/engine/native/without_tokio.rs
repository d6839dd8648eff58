//! Async code on real threads where the feature `tokio` is off: there is no runtime to run it.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::instant::Instant;
use crate::raw::{Body, Job, RawAbort, RawSleep, RawTask, Why};

#[track_caller]
fn refuse() -> ! {
    panic!("async code on real threads needs a runtime: turn on the feature `tokio` of selvedge")
}

/// There is none.
pub(crate) struct AsyncTask(Infallible);

/// There is none.
#[derive(Clone)]
pub(crate) struct Abort(Infallible);

/// There is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Id(Infallible);

impl fmt::Display for Id {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {}
    }
}

impl RawTask for AsyncTask {
    type Abort = Abort;
    type Id = Id;

    fn spawn(_: Option<String>, _: Pin<Box<dyn Job + Send>>) -> Self {
        refuse()
    }

    fn spawn_local(_: Option<String>, _: Pin<Box<dyn Job>>) -> Self {
        refuse()
    }

    fn spawn_blocking(_: Option<String>, _: Body) -> Self {
        refuse()
    }

    fn wait(&mut self) -> Result<(), Why> {
        match self.0 {}
    }

    fn id(&self) -> Id {
        match self.0 {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Why>> {
        match self.0 {}
    }

    fn is_finished(&self) -> bool {
        match self.0 {}
    }

    fn abort_handle(&self) -> Abort {
        match self.0 {}
    }
}

impl RawAbort for Abort {
    type Id = Id;

    fn id(&self) -> Id {
        match self.0 {}
    }

    fn abort(&self) {
        match self.0 {}
    }

    fn is_finished(&self) -> bool {
        match self.0 {}
    }
}

/// There is none.
pub(crate) struct Sleep(Infallible);

impl RawSleep for Sleep {
    type Instant = Instant;

    fn until(_: Instant) -> Self {
        refuse()
    }

    fn deadline(&self) -> Instant {
        match self.0 {}
    }

    fn is_elapsed(&self) -> bool {
        match self.0 {}
    }

    fn reset(&mut self, _: Instant) {
        match self.0 {}
    }

    fn poll(&mut self, _: &mut Context<'_>) -> Poll<()> {
        match self.0 {}
    }
}

/// Runs a job on the current thread.
///
/// # Panics
/// Always.
#[track_caller]
pub(crate) fn block_on(_: Pin<&mut dyn Job>) {
    refuse()
}

/// Runs `f` inside a future that somebody else polls.
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    f()
}

/// There are no tasks.
pub(crate) fn current_task() -> Option<Id> {
    None
}

/// Lets others go first, and is woken at once.
pub(crate) fn yield_from(cx: &mut Context<'_>) {
    cx.waker().wake_by_ref();
}
