//! [`timeout`] and [`timeout_at`].

use std::fmt;
use std::future::{Future, IntoFuture};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::instant::Instant;
use super::sleep::{Sleep, sleep, sleep_until};

/// Waits for `future`, at most for `duration`.
///
/// # Errors
/// [`Elapsed`] when the time is over and the future is not ready; it is polled first.
#[track_caller]
pub fn timeout<F: IntoFuture>(duration: Duration, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        future: future.into_future(),
        sleep: sleep(duration),
    }
}

/// Waits for `future`, at most until `deadline`.
///
/// # Errors
/// [`Elapsed`] when the time is over and the future is not ready; it is polled first.
#[track_caller]
pub fn timeout_at<F: IntoFuture>(deadline: Instant, future: F) -> Timeout<F::IntoFuture> {
    Timeout {
        future: future.into_future(),
        sleep: sleep_until(deadline),
    }
}

/// Waits for a future for a limited time; made by [`timeout`] and [`timeout_at`].
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct Timeout<F> {
    future: F,
    sleep: Sleep,
}

/// The time was over first.
#[derive(Debug, PartialEq, Eq)]
pub struct Elapsed(());

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("deadline has elapsed")
    }
}

impl std::error::Error for Elapsed {}

impl From<Elapsed> for io::Error {
    fn from(_: Elapsed) -> io::Error {
        io::ErrorKind::TimedOut.into()
    }
}

impl<F> Timeout<F> {
    /// The future it waits for.
    pub fn get_ref(&self) -> &F {
        &self.future
    }

    /// The future it waits for.
    pub fn get_mut(&mut self) -> &mut F {
        &mut self.future
    }

    /// The future, without a limit.
    pub fn into_inner(self) -> F {
        self.future
    }
}

impl<F: Future> Future for Timeout<F> {
    type Output = Result<F::Output, Elapsed>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        // SAFETY: both fields are pinned with the whole and never moved out of it: there is no Drop,
        // and `into_inner` takes a timeout that was never pinned.
        let (future, sleep) = unsafe {
            let this = self.get_unchecked_mut();
            (
                Pin::new_unchecked(&mut this.future),
                Pin::new_unchecked(&mut this.sleep),
            )
        };
        if let Poll::Ready(value) = future.poll(cx) {
            return Poll::Ready(Ok(value));
        }
        sleep.poll(cx).map(|()| Err(Elapsed(())))
    }
}
