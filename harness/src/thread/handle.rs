//! [`Thread`]: a thread's name, its number, and the token it parks for.

use std::num::NonZero;
use std::time::Duration;
use std::{fmt, io};

use crate::engine::any;
use crate::raw::RawThread;

/// A handle to a thread, to unpark it.
///
/// ```
/// use selvedge::sync::Arc;
/// use selvedge::sync::atomic::{AtomicBool, Ordering::SeqCst};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let ready = Arc::new(AtomicBool::new(false));
///     let theirs = Arc::clone(&ready);
///     let waiter = thread::spawn(move || {
///         while !theirs.load(SeqCst) {
///             thread::park();
///         }
///     });
///     ready.store(true, SeqCst);
///     waiter.thread().unpark();
///     waiter.join().unwrap();
/// });
/// ```
#[derive(Clone)]
pub struct Thread(any::Thread);

/// Tells threads apart. Under the controlled engine a thread has the same one in every interleaving.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ThreadId(any::ThreadId);

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut thread = f.debug_struct("Thread");
        thread.field("id", &self.id()).field("name", &self.name());
        thread.finish_non_exhaustive()
    }
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Thread {
    pub(crate) fn new(raw: any::Thread) -> Self {
        Thread(raw)
    }

    /// Makes the thread's token available; a `park` of it returns, now or when it comes.
    #[track_caller]
    pub fn unpark(&self) {
        self.0.unpark();
    }

    /// The name it was given.
    pub fn name(&self) -> Option<&str> {
        self.0.name()
    }

    /// What tells it from other threads.
    pub fn id(&self) -> ThreadId {
        ThreadId(self.0.id())
    }
}

/// The thread that asks.
#[track_caller]
pub fn current() -> Thread {
    Thread(RawThread::current())
}

/// Waits for the thread's token and takes it.
#[track_caller]
pub fn park() {
    any::Thread::park();
}

/// Waits for the thread's token and takes it, at most for `duration`. Under loom, which has no time,
/// it may return at once.
#[track_caller]
pub fn park_timeout(duration: Duration) {
    any::Thread::park_timeout(duration);
}

/// [`park_timeout`] in milliseconds.
#[deprecated(note = "use `park_timeout`")]
#[track_caller]
pub fn park_timeout_ms(milliseconds: u32) {
    any::Thread::park_timeout(Duration::from_millis(milliseconds.into()));
}

/// Whether the thread unwinds.
pub fn panicking() -> bool {
    any::unwinds()
}

/// How many threads the machine runs at a time. In a check always 2, on every machine: a program must do the same everywhere.
///
/// # Errors
/// When that cannot be found out; never in a check.
pub fn available_parallelism() -> io::Result<NonZero<usize>> {
    any::available_parallelism()
}
