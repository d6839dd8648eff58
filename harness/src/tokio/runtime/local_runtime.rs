//! [`LocalRuntime`], whose tasks need not be `Send`.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use super::handle::Handle;
use super::runtime::{Builder, Runtime};
use crate::future::JoinHandle;
use crate::tokio::task::{LocalEnterGuard, LocalSet};

/// What a [`LocalRuntime`] is to be like: there is nothing to say yet.
#[derive(Default, Debug)]
#[non_exhaustive]
pub struct LocalOptions {}

/// A runtime of one thread and for one: a [`LocalSet`] with a [`Runtime`] to drive it.
pub struct LocalRuntime {
    // First, so that it is dropped where its tasks can still be.
    set: LocalSet,
    runtime: Runtime,
}

impl Builder {
    /// Makes a runtime whose tasks need not be `Send`.
    ///
    /// # Errors
    /// As [`build`](Builder::build).
    #[track_caller]
    pub fn build_local(&mut self, _options: LocalOptions) -> io::Result<LocalRuntime> {
        let runtime = self.build()?;
        let set = LocalSet::new();
        Ok(LocalRuntime { set, runtime })
    }
}

impl LocalRuntime {
    /// A runtime of the current thread, with timers.
    ///
    /// # Errors
    /// On real threads, when the operating system refuses.
    #[track_caller]
    pub fn new() -> io::Result<Self> {
        Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
    }

    /// A handle to it, for somebody else: for tasks that are `Send`.
    pub fn handle(&self) -> &Handle {
        self.runtime.handle()
    }

    /// Starts a task, which is polled as long as the runtime waits for a future.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let _inside = self.runtime.enter();
        self.set.spawn_local(future)
    }

    /// Starts a task that runs `f`, which may block; see [`spawn_blocking`](crate::future::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.runtime.spawn_blocking(f)
    }

    /// Runs a future on the current thread until it is done, and the tasks meanwhile.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        self.set.block_on(&self.runtime, future)
    }

    /// Makes this runtime the one that [`spawn_local`](crate::tokio::task::spawn_local) starts tasks on, until the guard is dropped.
    pub fn enter(&self) -> LocalEnterGuard {
        self.set.enter()
    }

    /// Gives it up with its tasks, and on real threads waits for what blocks still, at most for so long.
    pub fn shutdown_timeout(self, duration: Duration) {
        drop(self.set);
        self.runtime.shutdown_timeout(duration);
    }

    /// Gives it up with its tasks, without waiting for what blocks still.
    pub fn shutdown_background(self) {
        drop(self.set);
        self.runtime.shutdown_background();
    }
}

impl fmt::Debug for LocalRuntime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalRuntime").finish_non_exhaustive()
    }
}
