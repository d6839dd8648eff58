//! Threads, as in `std::thread`. What they run and return need not be `Send`, as in loom.

use std::fmt;
use std::io;

use selvedge::thread;

pub use selvedge::thread::{AccessError, LocalKey, Thread, ThreadId, current, panicking, park};

use crate::execution;

/// All threads of an execution run on one thread of the operating system.
struct Here<T>(T);

// SAFETY: it never gets to another thread of the operating system. What threads of the model do to it at the same time is theirs.
unsafe impl<T> Send for Here<T> {}

impl<T> Here<T> {
    /// A method, so that closures capture the whole.
    fn into_inner(self) -> T {
        self.0
    }
}

/// Gives way to other threads. Nothing is looked for between it and what comes before or after it but what there is without it: as in
/// loom, what threads share is taken to be of this crate.
#[track_caller]
pub fn yield_now() {
    execution::yields();
    thread::yield_now();
}

/// Starts a thread.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    start(thread::Builder::new(), f).expect("a thread of a model starts")
}

#[track_caller]
fn start<F, T>(builder: thread::Builder, f: F) -> io::Result<JoinHandle<T>>
where
    F: FnOnce() -> T + 'static,
    T: 'static,
{
    let f = Here(f);
    builder.spawn(move || Here((f.into_inner())())).map(JoinHandle)
}

/// A thread to be started, with a name.
#[derive(Debug)]
pub struct Builder(thread::Builder);

impl Builder {
    /// A thread without a name.
    #[expect(clippy::new_without_default, reason = "std's has none either")]
    pub fn new() -> Builder {
        Builder(thread::Builder::new())
    }

    /// Names the thread.
    pub fn name(self, name: String) -> Builder {
        Builder(self.0.name(name))
    }

    /// Bytes of stack.
    pub fn stack_size(self, size: usize) -> Builder {
        Builder(self.0.stack_size(size))
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
        start(self.0, f)
    }
}

/// Waits for a thread and gives its result.
pub struct JoinHandle<T>(thread::JoinHandle<Here<T>>);

impl<T> JoinHandle<T> {
    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The payload of its panic.
    #[track_caller]
    pub fn join(self) -> std::thread::Result<T> {
        self.0.join().map(Here::into_inner)
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        self.0.thread()
    }

    /// Whether the thread has finished.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}
