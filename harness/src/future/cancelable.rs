//! [`cancelable`]: a future that may be dropped at any of its `Pending`s.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::engine::any;

/// Runs `future`, and in other branches of the search drops it after any of its `Pending`s: `None`.
///
/// That is what `select!`, a timeout and an aborted task do to a future. The drop comes at any time
/// after that `Pending`, so also when the future has been woken, or granted something, and does not know
/// yet. It is never dropped before its first poll, and every future that is polled on can be cancelled
/// later, so a future with n `Pending`s adds n branches. On real threads nothing is cancelled.
///
/// # Panics
/// When it is polled under loom, which knows no such branch.
///
/// ```
/// use selvedge::sync::Arc;
/// use selvedge::tokio::sync::Semaphore;
/// use selvedge::{Check, Strategy, future};
///
/// let report = Check::new("permit/cancelled").strategy(Strategy::Exhaustive).run(|| {
///     future::block_on(async {
///         let permits = Arc::new(Semaphore::new(1));
///         let theirs = Arc::clone(&permits);
///         let other = future::spawn(async move {
///             future::cancelable(theirs.acquire()).await.is_some()
///         });
///         drop(permits.acquire().await);
///         let acquired = other.await.unwrap();
///         // Whether it was cancelled or not, the permit has come back.
///         assert_eq!(permits.available_permits(), 1);
///         acquired
///     })
/// });
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["false", "true"]);
/// report.assert_ok();
/// ```
#[track_caller]
pub fn cancelable<F: Future>(future: F) -> Cancelable<F> {
    Cancelable {
        future: Some(Box::pin(future)),
        cancelled: false,
        location: Location::caller(),
    }
}

/// The future that [`cancelable`] returns.
#[must_use = "futures do nothing unless polled"]
pub struct Cancelable<F> {
    /// Gone once it is done or dropped.
    future: Option<Pin<Box<F>>>,
    /// It is dropped at the next poll.
    cancelled: bool,
    location: &'static Location<'static>,
}

impl<F: Future> Future for Cancelable<F> {
    type Output = Option<F::Output>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<F::Output>> {
        let this = self.get_mut();
        let future = this.future.as_mut().expect("a future is not polled after it is done");
        if this.cancelled {
            any::note_at(format_args!("cancelled"), this.location);
            this.future = None;
            return Poll::Ready(None);
        }
        let polled = future.as_mut().poll(cx);
        match polled {
            Poll::Ready(value) => {
                this.future = None;
                Poll::Ready(Some(value))
            }
            Poll::Pending => {
                // The engine's last look at a sleeping task cancels nothing.
                if !any::is_over() && any::is_given_up(this.location) {
                    this.cancelled = true;
                    cx.waker().wake_by_ref();
                }
                Poll::Pending
            }
        }
    }
}

impl<F> fmt::Debug for Cancelable<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelable")
            .field("cancelled", &self.cancelled)
            .finish_non_exhaustive()
    }
}
