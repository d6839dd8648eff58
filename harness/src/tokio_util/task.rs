//! [`TaskTracker`]: the real `tokio_util::task::TaskTracker`.
//!
//! Waiting commutes with all that only looks, because the last task that ends wakes everybody. A task that comes and one
//! that ends are counted, and there is somebody who can tell how many there are.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::future::{JoinHandle, spawn, spawn_blocking};
use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future_at};
use crate::tokio::runtime::Handle;
use crate::tokio::task::{LocalSet, spawn_local};

/// Waits for tasks without keeping what they return; the real `tokio_util::task::TaskTracker`.
///
/// ```
/// use selvedge::sync::Arc;
/// use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
/// use selvedge::tokio_util::task::TaskTracker;
/// use selvedge::{check, future};
///
/// check(|| {
///     future::block_on(async {
///         let (tracker, done) = (TaskTracker::new(), Arc::new(AtomicU32::new(0)));
///         let theirs = Arc::clone(&done);
///         tracker.spawn(async move { theirs.store(1, SeqCst) });
///         tracker.close();
///         tracker.wait().await;
///         assert_eq!(done.load(SeqCst), 1);
///     });
/// });
/// ```
#[derive(Clone)]
pub struct TaskTracker {
    inner: ::tokio_util::task::TaskTracker,
    object: Object,
}

impl TaskTracker {
    /// A tracker that is open and has no tasks.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        TaskTracker {
            inner: ::tokio_util::task::TaskTracker::new(),
            object: Object::new("TaskTracker"),
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.object.set_name(name);
        self
    }

    /// Waits until it is closed and has no tasks. It counts from here: that this was so once after this call is enough.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = ()> {
        let location = Location::caller();
        let inner = self.object.call(
            "wait",
            Class::Read,
            || self.inner.wait(),
            |name, _| format!("{name}.wait"),
        );
        future_at(self.object, "wait", location, inner)
            .leaves_no_traces()
            .only_looks()
    }

    /// Closes it, which is what waiting waits for; there may be more tasks still. Says whether it was open.
    #[track_caller]
    pub fn close(&self) -> bool {
        let body = || self.inner.close();
        self.object
            .call("close", Class::Write, body, |name, was| format!("{name}.close ➜ {was}"))
    }

    /// Opens it again. Says whether it was closed.
    #[track_caller]
    pub fn reopen(&self) -> bool {
        let body = || self.inner.reopen();
        self.object.call("reopen", Class::Write, body, |name, was| {
            format!("{name}.reopen ➜ {was}")
        })
    }

    /// Whether it is closed.
    #[track_caller]
    pub fn is_closed(&self) -> bool {
        let body = || self.inner.is_closed();
        self.object.call("is_closed", Class::Read, body, |name, is| {
            format!("{name}.is_closed ➜ {is}")
        })
    }

    /// How many tasks have not ended.
    #[track_caller]
    pub fn len(&self) -> usize {
        let body = || self.inner.len();
        self.object
            .call("len", Class::Read, body, |name, n| format!("{name}.len ➜ {n}"))
    }

    /// Whether all tasks have ended.
    #[track_caller]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Counts as a task until it is dropped.
    #[track_caller]
    pub fn token(&self) -> TaskTrackerToken {
        let body = || self.inner.token();
        let token = self
            .object
            .call("token", Class::Write, body, |name, _| format!("{name}.token"));
        TaskTrackerToken {
            _token: Ends::side(self.object, "drop token", token),
            tracker: self.clone(),
        }
    }

    /// Counts a future as a task until it is dropped.
    #[track_caller]
    pub fn track_future<F: Future>(&self, future: F) -> TrackedFuture<F> {
        TrackedFuture {
            future,
            _token: self.token(),
        }
    }

    /// Starts a task and tracks it.
    #[track_caller]
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        spawn(self.track_future(task))
    }

    /// Starts a task on a runtime and tracks it.
    #[track_caller]
    pub fn spawn_on<F>(&self, task: F, handle: &Handle) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        handle.spawn(self.track_future(task))
    }

    /// Starts a task on the [`LocalSet`] that the caller is in and tracks it.
    ///
    /// # Panics
    /// Outside of one.
    #[track_caller]
    pub fn spawn_local<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        spawn_local(self.track_future(task))
    }

    /// Starts a task on a [`LocalSet`] and tracks it.
    #[track_caller]
    pub fn spawn_local_on<F>(&self, task: F, set: &LocalSet) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        set.spawn_local(self.track_future(task))
    }

    /// Starts a task that runs `f`, which may block, and tracks it.
    #[track_caller]
    pub fn spawn_blocking<F, T>(&self, f: F) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let token = self.token();
        spawn_blocking(move || {
            let result = f();
            drop(token);
            result
        })
    }

    /// [`spawn_blocking`](Self::spawn_blocking) on a runtime.
    #[track_caller]
    pub fn spawn_blocking_on<F, T>(&self, f: F, handle: &Handle) -> JoinHandle<T>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let _inside = handle.enter();
        self.spawn_blocking(f)
    }

    /// Whether both are the same tracker.
    pub fn ptr_eq(left: &TaskTracker, right: &TaskTracker) -> bool {
        ::tokio_util::task::TaskTracker::ptr_eq(&left.inner, &right.inner)
    }
}

impl Default for TaskTracker {
    #[track_caller]
    fn default() -> Self {
        TaskTracker::new()
    }
}

impl fmt::Debug for TaskTracker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTracker").finish_non_exhaustive()
    }
}

/// Counts as a task of a [`TaskTracker`] until it is dropped.
pub struct TaskTrackerToken {
    _token: Ends<::tokio_util::task::task_tracker::TaskTrackerToken>,
    tracker: TaskTracker,
}

impl TaskTrackerToken {
    /// The tracker.
    pub fn task_tracker(&self) -> &TaskTracker {
        &self.tracker
    }
}

impl Clone for TaskTrackerToken {
    /// One more task.
    #[track_caller]
    fn clone(&self) -> Self {
        self.tracker.token()
    }
}

impl fmt::Debug for TaskTrackerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskTrackerToken").finish_non_exhaustive()
    }
}

/// A future that counts as a task until it is dropped; made by [`TaskTracker::track_future`].
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct TrackedFuture<F> {
    future: F,
    /// Dropped after the future.
    _token: TaskTrackerToken,
}

impl<F: Future> Future for TrackedFuture<F> {
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        // SAFETY: the future is pinned with the whole and never moved out of it: there is no Drop, and no `Unpin` but the
        // automatic one.
        unsafe { self.map_unchecked_mut(|this| &mut this.future) }.poll(cx)
    }
}
