//! [`CancellationToken`]: the real `tokio_util::sync::CancellationToken`.
//!
//! A token and all that were made of it are one object: to cancel one cancels its children in the same step. Waiting commutes
//! with all that only looks, because whoever cancels wakes everybody. Clones come and go without a step: nobody counts them.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use crate::kernel::Class;
use crate::tokio::opaque::{Ends, Object, future};

/// Tells several tasks that they are to stop; the real `tokio_util::sync::CancellationToken`.
///
/// ```
/// use selvedge::tokio_util::sync::CancellationToken;
/// use selvedge::{check, future};
///
/// check(|| {
///     future::block_on(async {
///         let token = CancellationToken::new();
///         let child = token.child_token();
///         let task = future::spawn(async move { child.cancelled().await });
///         token.cancel();
///         task.await.unwrap();
///     });
/// });
/// ```
#[derive(Clone)]
pub struct CancellationToken {
    inner: ::tokio_util::sync::CancellationToken,
    object: Object,
}

impl CancellationToken {
    /// A token that is not cancelled.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new() -> Self {
        CancellationToken {
            inner: ::tokio_util::sync::CancellationToken::new(),
            object: Object::new("CancellationToken"),
        }
    }

    /// Its name in traces, and that of its children.
    pub fn named(self, name: &str) -> Self {
        self.object.set_name(name);
        self
    }

    /// A token that is cancelled with this one, but not the other way round.
    #[track_caller]
    pub fn child_token(&self) -> Self {
        let body = || self.inner.child_token();
        let inner = self.object.call("child_token", Class::Read, body, |name, _| {
            format!("{name}.child_token")
        });
        CancellationToken {
            inner,
            object: self.object,
        }
    }

    /// Cancels it and its children, and wakes all that wait for that.
    #[track_caller]
    pub fn cancel(&self) {
        let body = || self.inner.cancel();
        self.object
            .call("cancel", Class::Write, body, |name, ()| format!("{name}.cancel"));
    }

    /// Whether it is cancelled.
    #[track_caller]
    pub fn is_cancelled(&self) -> bool {
        let body = || self.inner.is_cancelled();
        self.object.call("is_cancelled", Class::Read, body, |name, is| {
            format!("{name}.is_cancelled ➜ {is}")
        })
    }

    /// Waits until it is cancelled.
    #[track_caller]
    pub fn cancelled(&self) -> impl Future<Output = ()> + Send {
        future(self.object, "cancelled", self.inner.cancelled())
            .leaves_no_traces()
            .only_looks()
    }

    /// [`cancelled`](Self::cancelled) with a future that does not borrow from the token.
    #[track_caller]
    pub fn cancelled_owned(self) -> impl Future<Output = ()> + Send + 'static {
        future(self.object, "cancelled", self.inner.cancelled_owned())
            .leaves_no_traces()
            .only_looks()
    }

    /// Something that cancels it when it is dropped.
    #[track_caller]
    pub fn drop_guard(self) -> DropGuard {
        let guard = self.inner.clone().drop_guard();
        DropGuard {
            guard: Ends::new(self.object, "cancel", guard),
            token: self,
        }
    }

    /// Waits for a future until it is cancelled, and then drops it: `None`. The future is polled first.
    #[track_caller]
    pub fn run_until_cancelled<F: Future>(&self, future: F) -> impl Future<Output = Option<F::Output>> {
        until(self.cancelled(), future)
    }

    /// [`run_until_cancelled`](Self::run_until_cancelled) with a future that does not borrow from the token.
    #[track_caller]
    pub fn run_until_cancelled_owned<F: Future>(self, future: F) -> impl Future<Output = Option<F::Output>> {
        until(self.cancelled_owned(), future)
    }
}

/// Waits for the second until the first is ready.
async fn until<F: Future>(cancelled: impl Future<Output = ()>, future: F) -> Option<F::Output> {
    let (mut cancelled, mut future) = (pin!(cancelled), pin!(future));
    poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => cancelled.as_mut().poll(cx).map(|()| None),
    })
    .await
}

impl Default for CancellationToken {
    #[track_caller]
    fn default() -> Self {
        CancellationToken::new()
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken").finish_non_exhaustive()
    }
}

/// Cancels a token when it is dropped; made by [`CancellationToken::drop_guard`].
#[must_use = "if unused, the token is cancelled at once"]
pub struct DropGuard {
    guard: Ends<::tokio_util::sync::DropGuard>,
    token: CancellationToken,
}

impl DropGuard {
    /// Does not cancel the token, and gives it.
    pub fn disarm(self) -> CancellationToken {
        self.guard.take().disarm();
        self.token
    }
}

impl fmt::Debug for DropGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DropGuard").finish_non_exhaustive()
    }
}
