//! A future that runs as a task, for whoever awaits, aborts or forgets it.
//!
//! | state | what moves it on |
//! |---|---|
//! | being polled | itself |
//! | pending | its waker, or `abort`: it is polled again, or dropped if it was aborted |
//! | done | nothing; the future is gone, and its result is where the [`Job`] has left it |

use std::pin::Pin;
use std::task::{Context, Poll};

use super::join::{Body, Payload};

/// A future, and the place for what it returns: all that an engine has to know, without a type.
pub(crate) trait Job {
    /// Polls the future. What it returns is kept.
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;

    /// Drops the future, and then hands over what it has returned.
    fn finish(self: Pin<&mut Self>);

    /// The future returns a value without content: if it did anything at all, somebody else sees it.
    fn returns_nothing(&self) -> bool;
}

/// Why a task has no result.
pub(crate) enum Why {
    /// It was aborted, or given up.
    Cancelled,
    /// It panicked.
    Panic(Payload),
}

/// A task that runs. When it is dropped, the task goes on by itself.
pub(crate) trait RawTask: Sized {
    /// What stops the task: a [`RawAbort`], where there is one.
    type Abort;

    /// Tells tasks apart.
    type Id;

    /// Starts a task.
    #[track_caller]
    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self;

    /// Starts a task that need not leave this thread.
    ///
    /// # Panics
    /// On real threads, outside of a `LocalSet` of tokio's.
    #[track_caller]
    fn spawn_local(name: Option<String>, job: Pin<Box<dyn Job>>) -> Self;

    /// Starts a task that runs `body`, which may block, and cannot be aborted once it runs.
    #[track_caller]
    fn spawn_blocking(name: Option<String>, body: Body) -> Self;

    /// Waits, with all that runs on this thread, for the end of a task that has done all that takes time. What it returns
    /// is what [`poll`](Self::poll) does.
    // Not `expect`: rustc does not take what it finds in a trait for expected.
    #[cfg_attr(not(feature = "tokio"), allow(dead_code, reason = "tokio's types alone need it"))]
    #[track_caller]
    fn wait(&mut self) -> Result<(), Why>;

    /// Which task it is.
    fn id(&self) -> Self::Id;

    /// Polls for its end. A task that was given up may end well, without a result.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>>;

    /// Whether it has finished.
    #[track_caller]
    fn is_finished(&self) -> bool;

    /// What stops it.
    #[track_caller]
    fn abort_handle(&self) -> Self::Abort;
}

/// Stops a task.
pub(crate) trait RawAbort: Clone {
    /// Tells tasks apart.
    type Id;

    /// Which task it is.
    fn id(&self) -> Self::Id;

    /// Asks the task to stop at its next poll.
    #[track_caller]
    fn abort(&self);

    /// Whether it has finished.
    #[track_caller]
    fn is_finished(&self) -> bool;
}
