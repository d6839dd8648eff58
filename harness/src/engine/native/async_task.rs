//! A task of tokio.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use tokio::task::{AbortHandle, Id, JoinHandle};

use super::execution::Membership;
use super::runtime::runtime;
use crate::raw::{Body, Job, RawAbort, RawTask, Why};

/// tokio's handle.
pub(crate) struct AsyncTask(pub(super) JoinHandle<()>);

/// tokio's handle to stop a task with; old versions of it cannot be cloned.
#[derive(Clone)]
pub(crate) struct Abort(Arc<AbortHandle>);

/// A job that belongs to the execution that has spawned it, whichever OS thread polls and drops it.
struct Member<J: ?Sized + Job> {
    execution: Membership,
    /// There until it is dropped.
    job: Option<Pin<Box<J>>>,
}

impl<J: ?Sized + Job> Member<J> {
    fn new(job: Pin<Box<J>>) -> Self {
        Member {
            execution: Membership::here(),
            job: Some(job),
        }
    }

    async fn run(mut self) {
        poll_fn(|cx| self.poll(cx)).await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(job) = &mut self.job else {
            return Poll::Ready(());
        };
        self.execution.within(|| {
            let polled = job.as_mut().poll(cx);
            if polled.is_ready() {
                job.as_mut().finish();
            }
            polled
        })
    }
}

impl<J: ?Sized + Job> Drop for Member<J> {
    fn drop(&mut self) {
        self.execution.within(|| drop(self.job.take()));
    }
}

impl RawTask for AsyncTask {
    type Abort = Abort;
    type Id = Id;

    fn spawn(_: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        AsyncTask(runtime().spawn(Member::new(job).run()))
    }

    fn spawn_local(_: Option<String>, job: Pin<Box<dyn Job>>) -> Self {
        AsyncTask(tokio::task::spawn_local(Member::new(job).run()))
    }

    fn spawn_blocking(_: Option<String>, body: Body) -> Self {
        let execution = Membership::here();
        AsyncTask(runtime().spawn_blocking(move || execution.within(body)))
    }

    fn wait(&mut self) -> Result<(), Why> {
        loop {
            // All that is left of it is to store what it has returned, on another thread.
            match self.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(end) => return end,
                Poll::Pending => std::thread::yield_now(),
            }
        }
    }

    fn id(&self) -> Id {
        self.0.id()
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        Pin::new(&mut self.0)
            .poll(cx)
            .map_err(|error| match error.is_cancelled() {
                true => Why::Cancelled,
                false => Why::Panic(error.into_panic()),
            })
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }

    fn abort_handle(&self) -> Abort {
        Abort(Arc::new(self.0.abort_handle()))
    }
}

impl RawAbort for Abort {
    type Id = Id;

    fn id(&self) -> Id {
        self.0.id()
    }

    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}
