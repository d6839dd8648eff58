//! A future under loom: in a thread of its own, which nobody can stop.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::session::unsupported;
use super::threads::{spawning, thread_ended, thread_joined};
use crate::raw::{Body, Job, RawTask, Why};

/// A task, and how it has ended.
pub(crate) struct AsyncTask {
    /// loom's number of the task.
    task: usize,
    shared: Arc<::loom::sync::Mutex<Shared>>,
}

struct Shared {
    end: Option<Result<(), Why>>,
    waker: Option<Waker>,
}

impl RawTask for AsyncTask {
    /// There is none.
    type Abort = Infallible;
    type Id = usize;

    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        start(name, move || {
            // Dropped in here: while it unwinds, if it panics.
            let mut job = job;
            block_on(job.as_mut());
        })
    }

    fn spawn_local(name: Option<String>, job: Pin<Box<dyn Job>>) -> Self {
        start(name, move || {
            let mut job = job;
            block_on(job.as_mut());
        })
    }

    fn spawn_blocking(name: Option<String>, body: Body) -> Self {
        start(name, body)
    }

    fn wait(&mut self) -> Result<(), Why> {
        ::loom::future::block_on(poll_fn(|cx| self.poll(cx)))
    }

    fn id(&self) -> usize {
        self.task
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        let mut shared = self.shared();
        match shared.end.take() {
            Some(end) => {
                thread_joined(self.task);
                Poll::Ready(end)
            }
            None => {
                shared.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.shared().end.is_some()
    }

    fn abort_handle(&self) -> Infallible {
        unsupported("abort()")
    }
}

impl AsyncTask {
    fn shared(&self) -> ::loom::sync::MutexGuard<'_, Shared> {
        self.shared.lock().expect("loom mutexes are not poisoned here")
    }
}

/// Starts a thread for a task.
fn start(name: Option<String>, body: impl FnOnce() + 'static) -> AsyncTask {
    let task = spawning(name);
    let shared = Arc::new(::loom::sync::Mutex::new(Shared { end: None, waker: None }));
    let theirs = Arc::clone(&shared);
    ::loom::thread::spawn(move || {
        let end = catch_unwind(AssertUnwindSafe(body));
        let failed = end.is_err();
        let waker = {
            let mut shared = theirs.lock().expect("loom mutexes are not poisoned here");
            shared.end = Some(end.map_err(Why::Panic));
            shared.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        thread_ended(task, failed);
    });
    AsyncTask { task, shared }
}

/// Runs a job on the current thread.
#[track_caller]
pub(crate) fn block_on(mut job: Pin<&mut dyn Job>) {
    ::loom::future::block_on(poll_fn(|cx| job.as_mut().poll(cx)));
    job.finish();
}
