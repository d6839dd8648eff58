//! Async tasks.

pub mod batch_semaphore;

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};

use selvedge::future;
use selvedge::thread;

pub use selvedge::future::yield_now;

use crate::current::TaskId;
use crate::execution::{self, Polling};

/// All tasks of an execution run on one thread of the operating system.
struct Here<T>(T);

// SAFETY: it never gets to another thread of the operating system. What tasks do to it at the same time is theirs.
unsafe impl<T> Send for Here<T> {}

/// A future that says when it is polled, and by which task.
struct Work<F> {
    /// The task's number, until the first poll.
    id: Option<TaskId>,
    future: F,
}

// SAFETY: as `Here`. Futures whose type must be `Send` are asked for it where they are spawned.
unsafe impl<F> Send for Work<F> {}

impl<F: Future> Future for Work<F> {
    type Output = Here<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: the future is pinned with the whole, and never moved out of it. The other field is never pinned.
        let (id, future) = unsafe {
            let this = self.get_unchecked_mut();
            (&mut this.id, Pin::new_unchecked(&mut this.future))
        };
        if let Some(id) = id.take() {
            execution::begin(id);
        }
        let _polling = Polling::begin();
        future.poll(cx).map(Here)
    }
}

#[track_caller]
fn start<F: Future + 'static>(future: F) -> JoinHandle<F::Output> {
    let id = Some(execution::spawn(None));
    JoinHandle(future::spawn(Work { id, future }))
}

/// Starts a task.
#[track_caller]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    start(future)
}

/// Starts a task that need not be `Send`.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    start(future)
}

/// Wakes whoever waits for a future as a thread does.
struct Unpark(thread::Thread);

impl Wake for Unpark {
    #[track_caller]
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Runs a future to its end. Also in a future, whose task waits then.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let work = Work { id: None, future };
    if !execution::is_polling() {
        return future::block_on(work).0;
    }
    let mut work = pin!(work);
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    loop {
        match work.as_mut().poll(&mut cx) {
            Poll::Ready(Here(output)) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Stops a task.
#[derive(Clone, Debug)]
pub struct AbortHandle(future::AbortHandle);

impl AbortHandle {
    /// Asks the task to stop: its future is dropped instead of being polled once more.
    #[track_caller]
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has finished.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}

/// Waits for a task and gives its result; a future. Dropping it lets the task go on by itself.
pub struct JoinHandle<T>(future::JoinHandle<Here<T>>);

// SAFETY: as `Here`.
unsafe impl<T> Send for JoinHandle<T> {}
// SAFETY: as `Here`.
unsafe impl<T> Sync for JoinHandle<T> {}

impl<T> JoinHandle<T> {
    /// Asks the task to stop: its future is dropped instead of being polled once more.
    #[track_caller]
    pub fn abort(&self) {
        self.0.abort();
    }

    /// Whether the task has finished.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    /// Something to stop the task with.
    #[track_caller]
    pub fn abort_handle(&self) -> AbortHandle {
        AbortHandle(self.0.abort_handle())
    }
}

impl<T> Future for JoinHandle<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(cx).map(|result| match result {
            Ok(Here(value)) => Ok(value),
            // A task that panics fails the test.
            Err(error) => match error.try_into_panic() {
                Ok(payload) => resume_unwind(payload),
                Err(_) => Err(JoinError::Cancelled),
            },
        })
    }
}

impl<T> fmt::Debug for JoinHandle<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JoinHandle").finish_non_exhaustive()
    }
}

/// Why a task has no result.
#[derive(Debug)]
pub enum JoinError {
    /// It was aborted.
    Cancelled,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task was cancelled")
    }
}

impl Error for JoinError {}
