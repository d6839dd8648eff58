//! A timer of the engine that runs.

use std::task::{Context, Poll};

use super::instant::Instant;
use crate::engine::current::{Engine, FOREIGN, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawSleep;

/// A timer. loom has none.
pub(crate) enum Sleep {
    Native(native::Sleep),
    Controlled(controlled::Sleep),
}

impl RawSleep for Sleep {
    type Instant = Instant;

    fn until(deadline: Instant) -> Self {
        match (current(), deadline) {
            (Engine::Native, Instant::Native(deadline)) => Sleep::Native(RawSleep::until(deadline)),
            (Engine::Controlled, Instant::Controlled(deadline)) => Sleep::Controlled(RawSleep::until(deadline)),
            #[cfg(feature = "loom")]
            (Engine::Loom, _) => loom::unsupported("time"),
            _ => panic!("{FOREIGN}"),
        }
    }

    fn deadline(&self) -> Instant {
        match self {
            Sleep::Native(raw) => Instant::Native(raw.deadline()),
            Sleep::Controlled(raw) => Instant::Controlled(raw.deadline()),
        }
    }

    fn is_elapsed(&self) -> bool {
        match self {
            Sleep::Native(raw) => raw.is_elapsed(),
            Sleep::Controlled(raw) => raw.is_elapsed(),
        }
    }

    fn reset(&mut self, deadline: Instant) {
        match (self, deadline) {
            (Sleep::Native(raw), Instant::Native(deadline)) => raw.reset(deadline),
            (Sleep::Controlled(raw), Instant::Controlled(deadline)) => raw.reset(deadline),
            _ => panic!("{FOREIGN}"),
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        match self {
            Sleep::Native(raw) => raw.poll(cx),
            Sleep::Controlled(raw) => raw.poll(cx),
        }
    }
}
