//! [`sleep`] and [`sleep_until`].

use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use super::instant::Instant;
use crate::engine::any;
use crate::raw::RawSleep;

/// Waits for a time.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn sleep(duration: Duration) -> Sleep {
    sleep_until(Instant::now().saturating_add(duration))
}

/// Waits until a point in time.
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn sleep_until(deadline: Instant) -> Sleep {
    Sleep {
        raw: RawSleep::until(deadline.raw()),
        _pinned: PhantomPinned,
    }
}

/// Waits until a point in time; made by [`sleep`] and [`sleep_until`].
#[must_use = "futures do nothing unless you await or poll them"]
pub struct Sleep {
    raw: any::Sleep,
    /// As tokio's, it cannot be moved once polled.
    _pinned: PhantomPinned,
}

impl Sleep {
    /// When it is over.
    pub fn deadline(&self) -> Instant {
        Instant::from_raw(self.raw.deadline())
    }

    /// Whether it is over.
    #[track_caller]
    pub fn is_elapsed(&self) -> bool {
        self.raw.is_elapsed()
    }

    /// Waits until another point in time instead.
    #[track_caller]
    pub fn reset(self: Pin<&mut Self>, deadline: Instant) {
        self.raw().reset(deadline.raw());
    }

    fn raw(self: Pin<&mut Self>) -> &mut any::Sleep {
        // SAFETY: the raw timer is not pinned with the whole: it may move.
        unsafe { &mut self.get_unchecked_mut().raw }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        self.raw().poll(cx)
    }
}

impl fmt::Debug for Sleep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sleep")
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}
