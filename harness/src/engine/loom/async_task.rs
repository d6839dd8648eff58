//! A future under loom: in a thread of its own, which nobody can stop.

use std::convert::Infallible;
use std::future::poll_fn;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::session::unsupported;
use super::threads::{spawning, thread_ended, thread_joined};
use crate::raw::{Job, RawTask, Why};

/// A task, and how it has ended.
pub(crate) struct AsyncTask(Arc<::loom::sync::Mutex<Shared>>);

struct Shared {
    /// loom's number of the task.
    task: usize,
    end: Option<Result<(), Why>>,
    waker: Option<Waker>,
}

impl RawTask for AsyncTask {
    /// There is none.
    type Abort = Infallible;

    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        let task = spawning(name);
        let shared = Arc::new(::loom::sync::Mutex::new(Shared {
            task,
            end: None,
            waker: None,
        }));
        let theirs = Arc::clone(&shared);
        ::loom::thread::spawn(move || {
            let end = catch_unwind(AssertUnwindSafe(move || {
                // Dropped in here: while it unwinds, if it panics.
                let mut job = job;
                block_on(job.as_mut());
            }));
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
        AsyncTask(shared)
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        let mut shared = self.0.lock().expect("loom mutexes are not poisoned here");
        match shared.end.take() {
            Some(end) => {
                thread_joined(shared.task);
                Poll::Ready(end)
            }
            None => {
                shared.waker = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }

    fn is_finished(&self) -> bool {
        self.0.lock().expect("loom mutexes are not poisoned here").end.is_some()
    }

    fn abort_handle(&self) -> Infallible {
        unsupported("abort()")
    }
}

/// Runs a job on the current thread.
#[track_caller]
pub(crate) fn block_on(mut job: Pin<&mut dyn Job>) {
    ::loom::future::block_on(poll_fn(|cx| job.as_mut().poll(cx)));
    job.finish();
}
