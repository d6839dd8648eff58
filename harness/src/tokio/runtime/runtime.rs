//! [`Runtime`], and [`Builder`], which makes one.

use std::fmt;
use std::future::Future;
use std::io;
use std::time::Duration;

use super::handle::{EnterGuard, Flavor, Handle};
use crate::engine::any::is_native;
use crate::future::{self, JoinHandle};

/// Says what a [`Runtime`] is to be like. Only where there are real threads does it make a difference, but for the flavor,
/// which the runtime remembers.
pub struct Builder {
    native: tokio::runtime::Builder,
    flavor: Flavor,
    paused: bool,
}

impl Builder {
    /// A runtime that runs all tasks on the thread that waits for one.
    pub fn new_current_thread() -> Self {
        Builder {
            native: tokio::runtime::Builder::new_current_thread(),
            flavor: Flavor::CurrentThread,
            paused: false,
        }
    }

    /// A runtime with threads of its own.
    pub fn new_multi_thread() -> Self {
        Builder {
            native: tokio::runtime::Builder::new_multi_thread(),
            flavor: Flavor::MultiThread,
            paused: false,
        }
    }

    /// Turns on timers and, on real threads, input and output if the crate `tokio` has that: under a check there is none.
    pub fn enable_all(&mut self) -> &mut Self {
        self.native.enable_all();
        self
    }

    /// The same as [`enable_all`](Self::enable_all): whether the crate `tokio` can do input and output is known to nobody but itself.
    pub fn enable_io(&mut self) -> &mut Self {
        self.enable_all()
    }

    /// Turns on timers.
    pub fn enable_time(&mut self) -> &mut Self {
        self.native.enable_time();
        self
    }

    /// How many threads it has.
    ///
    /// # Panics
    /// With 0.
    #[track_caller]
    pub fn worker_threads(&mut self, threads: usize) -> &mut Self {
        self.native.worker_threads(threads);
        self
    }

    /// How many threads there may be beside those for what blocks.
    ///
    /// # Panics
    /// With 0.
    #[track_caller]
    pub fn max_blocking_threads(&mut self, threads: usize) -> &mut Self {
        self.native.max_blocking_threads(threads);
        self
    }

    /// The name of its threads.
    pub fn thread_name(&mut self, name: impl Into<String>) -> &mut Self {
        self.native.thread_name(name);
        self
    }

    /// The names of its threads.
    pub fn thread_name_fn<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() -> String + Send + Sync + 'static,
    {
        self.native.thread_name_fn(f);
        self
    }

    /// The stacks of its threads, in bytes.
    pub fn thread_stack_size(&mut self, bytes: usize) -> &mut Self {
        self.native.thread_stack_size(bytes);
        self
    }

    /// How long a thread for what blocks lives on when there is nothing for it to do.
    pub fn thread_keep_alive(&mut self, duration: Duration) -> &mut Self {
        self.native.thread_keep_alive(duration);
        self
    }

    /// Is called on each of its threads when it starts. Under the controlled engine it has none.
    pub fn on_thread_start<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.native.on_thread_start(f);
        self
    }

    /// Is called on each of its threads before it stops.
    pub fn on_thread_stop<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.native.on_thread_stop(f);
        self
    }

    /// Is called on each of its threads before it waits for something to do.
    pub fn on_thread_park<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.native.on_thread_park(f);
        self
    }

    /// Is called on each of its threads when it has something to do again.
    pub fn on_thread_unpark<F>(&mut self, f: F) -> &mut Self
    where
        F: Fn() + Send + Sync + 'static,
    {
        self.native.on_thread_unpark(f);
        self
    }

    /// After how many tasks it looks at its global queue.
    ///
    /// # Panics
    /// With 0.
    #[track_caller]
    pub fn global_queue_interval(&mut self, tasks: u32) -> &mut Self {
        self.native.global_queue_interval(tasks);
        self
    }

    /// After how many tasks it looks at timers.
    ///
    /// # Panics
    /// With 0.
    #[track_caller]
    pub fn event_interval(&mut self, tasks: u32) -> &mut Self {
        self.native.event_interval(tasks);
        self
    }

    /// Whether time passes only when nothing else can happen. Under the controlled engine it always does; on real threads
    /// never, so there [`build`](Self::build) refuses.
    pub fn start_paused(&mut self, paused: bool) -> &mut Self {
        self.paused = paused;
        self
    }

    /// Makes the runtime.
    ///
    /// # Errors
    /// On real threads, when the operating system cannot start one, or time is to be paused.
    pub fn build(&mut self) -> io::Result<Runtime> {
        if !is_native() {
            return Ok(Runtime::of(None, self.flavor));
        }
        if self.paused {
            let why = "time cannot be paused on real threads";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        Ok(Runtime::of(Some(self.native.build()?), self.flavor))
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.native.fmt(f)
    }
}

/// Where futures run.
pub struct Runtime {
    handle: Handle,
    /// tokio's, on real threads.
    native: Option<tokio::runtime::Runtime>,
}

impl Runtime {
    fn of(native: Option<tokio::runtime::Runtime>, flavor: Flavor) -> Self {
        let handle = native.as_ref().map(|native| native.handle().clone());
        Runtime {
            handle: Handle::new(handle, flavor),
            native,
        }
    }

    /// A runtime with threads of its own and timers.
    ///
    /// # Errors
    /// On real threads, when the operating system cannot start one.
    pub fn new() -> io::Result<Self> {
        Builder::new_multi_thread().enable_all().build()
    }

    /// A handle to it, for somebody else.
    pub fn handle(&self) -> &Handle {
        &self.handle
    }

    /// Makes this runtime the one that the caller is in, until the guard is dropped.
    pub fn enter(&self) -> EnterGuard<'_> {
        self.handle.enter()
    }

    /// Starts a task.
    #[track_caller]
    pub fn spawn<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.handle.spawn(future)
    }

    /// Starts a task that runs `f`, which may block; see [`spawn_blocking`](future::spawn_blocking).
    #[track_caller]
    pub fn spawn_blocking<F, R>(&self, f: F) -> JoinHandle<R>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Send + 'static,
    {
        self.handle.spawn_blocking(f)
    }

    /// Runs a future on the current thread until it is done.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn block_on<F: Future>(&self, future: F) -> F::Output {
        match &self.native {
            Some(native) => native.block_on(future),
            None => future::block_on(future),
        }
    }

    /// tokio's, on real threads.
    pub(in crate::tokio) fn native(&self) -> Option<&tokio::runtime::Runtime> {
        self.native.as_ref()
    }

    /// Gives it up, and on real threads waits for what blocks still, at most for so long.
    pub fn shutdown_timeout(self, duration: Duration) {
        if let Some(native) = self.native {
            native.shutdown_timeout(duration);
        }
    }

    /// Gives it up without waiting for what blocks still.
    pub fn shutdown_background(self) {
        if let Some(native) = self.native {
            native.shutdown_background();
        }
    }
}

impl fmt::Debug for Runtime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runtime").finish_non_exhaustive()
    }
}
