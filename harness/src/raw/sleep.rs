//! A timer that wakes a future.
//!
//! | state | what moves it on |
//! |---|---|
//! | not polled | `poll` starts the timer, unless the time is over already |
//! | running | its deadline wakes the waker of the last poll; `reset` keeps that waker; dropping it gives it up |
//! | over | `reset` |

use std::task::{Context, Poll};

/// A timer.
pub(crate) trait RawSleep: Sized {
    /// A point on the clock.
    type Instant;

    /// A timer that is over at `deadline`.
    #[track_caller]
    fn until(deadline: Self::Instant) -> Self;

    /// When it is over.
    fn deadline(&self) -> Self::Instant;

    /// Whether it is over.
    #[track_caller]
    fn is_elapsed(&self) -> bool;

    /// Another deadline, which wakes whoever waits already.
    #[track_caller]
    fn reset(&mut self, deadline: Self::Instant);

    /// Waits until it is over.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()>;
}
