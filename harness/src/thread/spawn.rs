//! [`spawn`], [`Builder`] and [`JoinHandle`].
//!
//! What depends on the closure's type is one box and one slot for its result.

use std::fmt;
use std::io;
use std::thread::Result;

use super::handle::Thread;
use crate::engine::any;
use crate::raw::{Body, RawJoin, RawScope, Slot};

/// Starts a thread.
///
/// Under the controlled engine it runs up to its first visible operation before the next choice: that
/// part commutes with everything. A thread that nobody joins still has to finish.
#[track_caller]
pub fn spawn<F, T>(f: F) -> JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    Builder::new()
        .spawn(f)
        .expect("the operating system can start a thread")
}

/// A thread to be started, with a name.
#[derive(Debug, Default)]
pub struct Builder {
    name: Option<String>,
    stack_size: Option<usize>,
}

impl Builder {
    /// A thread without a name.
    pub fn new() -> Self {
        Builder::default()
    }

    /// Names the thread; traces and schedules know it by this name.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Bytes of stack, on real threads and under the controlled engine, which gives every thread at least 2 MiB; loom gives a
    /// thread 1 MiB, or more if this asks for more, and always 32 KiB to the main one.
    pub fn stack_size(mut self, size: usize) -> Self {
        self.stack_size = Some(size);
        self
    }

    /// Starts the thread.
    ///
    /// # Errors
    /// When the operating system cannot start one; never under the other engines.
    #[track_caller]
    pub fn spawn<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send + 'static,
        T: Send + 'static,
    {
        let (body, result) = boxed(f);
        let raw = self.start(body)?;
        Ok(JoinHandle::new(raw, result))
    }

    /// Starts a thread whose closure may borrow.
    ///
    /// # Errors
    /// As for [`spawn`](Self::spawn).
    ///
    /// # Safety
    /// What the closure borrows must live until the thread has finished, and so must what its result borrows.
    #[track_caller]
    pub unsafe fn spawn_unchecked<F, T>(self, f: F) -> io::Result<JoinHandle<T>>
    where
        F: FnOnce() -> T + Send,
        T: Send,
    {
        let (body, result) = boxed(f);
        // SAFETY: the caller sees to it that what the closure borrows outlives the thread, which is all that has it.
        let body = unsafe { std::mem::transmute::<Box<dyn FnOnce() + Send + '_>, Body>(body) };
        let raw = self.start(body)?;
        Ok(JoinHandle::new(raw, result))
    }

    #[track_caller]
    fn start(self, body: Body) -> io::Result<any::Join> {
        RawJoin::spawn(self.name, self.stack_size, body)
    }

    #[track_caller]
    pub(super) fn start_in(self, scope: &any::Scope, body: Body) -> io::Result<any::Join> {
        scope.spawn(self.name, self.stack_size, body)
    }
}

/// What a thread runs, and where its result will be.
pub(super) fn boxed<'a, F, T>(f: F) -> (Box<dyn FnOnce() + Send + 'a>, Slot<T>)
where
    F: FnOnce() -> T + Send + 'a,
    T: Send + 'a,
{
    let result = Slot::empty();
    let theirs = result.clone();
    (Box::new(move || theirs.put(f())), result)
}

/// Waits for a thread and gives its result.
pub struct JoinHandle<T> {
    raw: any::Join,
    thread: Thread,
    result: Slot<T>,
}

impl<T> JoinHandle<T> {
    pub(super) fn new(raw: any::Join, result: Slot<T>) -> Self {
        let thread = Thread::new(raw.thread());
        JoinHandle { raw, thread, result }
    }

    /// Waits until the thread has finished.
    ///
    /// # Errors
    /// The payload of its panic. A panic that somebody joins is not a failure of the program.
    #[track_caller]
    pub fn join(self) -> Result<T> {
        self.raw.join()?;
        match self.result.take() {
            Some(value) => Ok(value),
            None => Err(Box::new("the thread was unwound at the end of its execution")),
        }
    }

    /// The thread, to name or unpark it.
    pub fn thread(&self) -> &Thread {
        &self.thread
    }

    /// Whether the thread has finished. Asking makes the exit of threads a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.raw.is_finished()
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle")
            .field("thread", &self.thread)
            .finish_non_exhaustive()
    }
}
