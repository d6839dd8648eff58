//! A task of tokio.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use tokio::task::{AbortHandle, JoinHandle};

use super::runtime::runtime;
use crate::raw::{Job, RawAbort, RawTask, Why};

/// tokio's handle.
pub(crate) struct AsyncTask(JoinHandle<()>);

/// tokio's handle to stop a task with; old versions of it cannot be cloned.
#[derive(Clone)]
pub(crate) struct Abort(Arc<AbortHandle>);

impl RawTask for AsyncTask {
    type Abort = Abort;

    fn spawn(_: Option<String>, mut job: Pin<Box<dyn Job + Send>>) -> Self {
        AsyncTask(runtime().spawn(async move {
            poll_fn(|cx| job.as_mut().poll(cx)).await;
            job.as_mut().finish();
        }))
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
    fn abort(&self) {
        self.0.abort();
    }

    fn is_finished(&self) -> bool {
        self.0.is_finished()
    }
}
