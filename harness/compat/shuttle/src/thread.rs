//! Threads, as in `std::thread`. One that panics fails the test, also if it is joined: as in shuttle.

use std::fmt;
use std::io;
use std::panic::resume_unwind;
use std::time::Duration;

use selvedge::thread;

pub use selvedge::thread::{AccessError, LocalKey, Result, panicking, yield_now};

use crate::current::TaskId;
use crate::execution;

/// Tells threads apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ThreadId(TaskId);

impl From<ThreadId> for usize {
    fn from(id: ThreadId) -> usize {
        id.0.into()
    }
}

/// A handle to a thread.
#[derive(Clone, Debug)]
pub struct Thread {
    id: TaskId,
    thread: thread::Thread,
}

impl Thread {
    /// The name it was given.
    pub fn name(&self) -> Option<&str> {
        self.thread.name()
    }

    /// What tells it from other threads.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.id)
    }

    /// Makes the thread's token available.
    #[track_caller]
    pub fn unpark(&self) {
        self.thread.unpark();
    }
}

/// The thread that asks.
#[track_caller]
pub fn current() -> Thread {
    let id = execution::try_me().unwrap_or(TaskId::from(0));
    let thread = thread::current();
    Thread { id, thread }
}

/// Waits for the thread's token and takes it. Once in an execution, each thread returns without one in some interleavings, as in shuttle.
#[track_caller]
pub fn park() {
    match execution::wakes_for_no_reason() {
        true => selvedge::opaque_call("park", "returns without a token", || ()),
        false => thread::park(),
    }
}

/// [`park`]; if nothing else can happen, the time is over.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    match execution::wakes_for_no_reason() {
        true => selvedge::opaque_call("park", "returns without a token", || ()),
        false => thread::park_timeout(duration),
    }
}

/// A step at which others may go on. There is no time, as in shuttle.
#[track_caller]
pub fn sleep(_duration: Duration) {
    selvedge::opaque_call("time", "sleep", || ());
}

/// Starts a thread.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new().spawn(f).expect("a thread of a test starts")
}

/// A thread to be started, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Builder {
        Builder::default()
    }

    /// Names the thread.
    pub fn name(mut self, name: String) -> Builder {
        self.name = Some(name);
        self
    }

    /// Bytes of stack.
    pub fn stack_size(mut self, size: usize) -> Builder {
        self.stack_size = Some(size);
        self
    }

    /// The number of the thread, and what starts it.
    fn begin(self) -> (TaskId, thread::Builder) {
        let mut builder = thread::Builder::new();
        if let Some(name) = &self.name {
            builder = builder.name(name);
        }
        if let Some(size) = self.stack_size {
            builder = builder.stack_size(size);
        }
        (execution::spawn(self.name), builder)
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// None.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (id, builder) = self.begin();
        let handle = builder.spawn(move || {
            execution::begin(id);
            f()
        })?;
        let thread = handle.thread().clone();
        let thread = Thread { id, thread };
        Ok(JoinHandle { handle, thread })
    }
}

/// What a thread has come to. Its panic is the test's.
fn joined<T>(result: Result<T>) -> Result<T> {
    Ok(result.unwrap_or_else(|payload| resume_unwind(payload)))
}

/// Waits for a thread and gives its result.
pub struct JoinHandle<T> {
    handle: thread::JoinHandle<T>,
    thread: Thread,
}

impl<T> JoinHandle<T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// None.
    ///
    /// # Panics
    /// When the thread has.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        joined(self.handle.join())
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread has finished.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}

/// Threads that may borrow from outside the scope.
#[repr(transparent)]
pub struct Scope<'scope, 'env>(thread::Scope<'scope, 'env>);

/// Runs `f` and waits for all threads it starts in the scope.
#[track_caller]
pub fn scope<'env, F, T>(f: F) -> T
where
    F: for<'scope> FnOnce(&'scope Scope<'scope, 'env>) -> T,
{
    thread::scope(|scope| {
        // SAFETY: the one is the other, by another name: `repr(transparent)`.
        let scope = unsafe { &*std::ptr::from_ref(scope).cast::<Scope<'_, 'env>>() };
        f(scope)
    })
}

impl<'scope> Scope<'scope, '_> {
    /// Starts a thread in the scope.
    #[track_caller]
    pub fn spawn<F, T>(&'scope self, f: F) -> ScopedJoinHandle<'scope, T>
    where
        F: FnOnce() -> T + Send + 'scope,
        T: Send + 'scope,
    {
        let (id, builder) = Builder::new().begin();
        let body = move || {
            execution::begin(id);
            f()
        };
        let handle = builder.spawn_scoped(&self.0, body).expect("a thread of a test starts");
        let thread = handle.thread().clone();
        let thread = Thread { id, thread };
        ScopedJoinHandle { handle, thread }
    }
}

impl fmt::Debug for Scope<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Waits for a scoped thread and gives its result.
pub struct ScopedJoinHandle<'scope, T> {
    handle: thread::ScopedJoinHandle<'scope, T>,
    thread: Thread,
}

impl<T> ScopedJoinHandle<'_, T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// None.
    ///
    /// # Panics
    /// When the thread has.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        joined(self.handle.join())
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread has finished.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.handle.is_finished()
    }
}

impl<T> fmt::Debug for ScopedJoinHandle<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScopedJoinHandle")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
