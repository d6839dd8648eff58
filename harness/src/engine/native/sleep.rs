//! A timer of tokio.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::instant::Instant;
use super::runtime::runtime;
use crate::raw::RawSleep;

/// tokio's timer, which must not move.
pub(crate) struct Sleep(Pin<Box<tokio::time::Sleep>>);

impl RawSleep for Sleep {
    type Instant = Instant;

    fn until(deadline: Instant) -> Self {
        let runtime = runtime();
        let _inside = runtime.enter();
        Sleep(Box::pin(tokio::time::sleep_until(deadline.0.into())))
    }

    fn deadline(&self) -> Instant {
        Instant(self.0.deadline().into_std())
    }

    fn is_elapsed(&self) -> bool {
        self.0.is_elapsed()
    }

    fn reset(&mut self, deadline: Instant) {
        self.0.as_mut().reset(deadline.0.into());
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        self.0.as_mut().poll(cx)
    }
}
