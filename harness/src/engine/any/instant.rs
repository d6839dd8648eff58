//! A point on the clock of the engine that runs.

use std::fmt;
use std::time::Duration;

use crate::engine::current::{Engine, FOREIGN, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawInstant;

/// A point in time. loom has none.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Instant {
    Native(native::Instant),
    Controlled(controlled::Instant),
}

impl RawInstant for Instant {
    fn now() -> Self {
        match current() {
            Engine::Native => Instant::Native(RawInstant::now()),
            Engine::Controlled => Instant::Controlled(RawInstant::now()),
            #[cfg(feature = "loom")]
            Engine::Loom => loom::unsupported("time"),
        }
    }

    fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        match (self, earlier) {
            (Instant::Native(later), Instant::Native(earlier)) => later.checked_duration_since(earlier),
            (Instant::Controlled(later), Instant::Controlled(earlier)) => later.checked_duration_since(earlier),
            _ => panic!("{FOREIGN}"),
        }
    }

    fn checked_add(self, duration: Duration) -> Option<Self> {
        match self {
            Instant::Native(raw) => raw.checked_add(duration).map(Instant::Native),
            Instant::Controlled(raw) => raw.checked_add(duration).map(Instant::Controlled),
        }
    }

    fn checked_sub(self, duration: Duration) -> Option<Self> {
        match self {
            Instant::Native(raw) => raw.checked_sub(duration).map(Instant::Native),
            Instant::Controlled(raw) => raw.checked_sub(duration).map(Instant::Controlled),
        }
    }

    fn far(self) -> Self {
        match self {
            Instant::Native(raw) => Instant::Native(raw.far()),
            Instant::Controlled(raw) => Instant::Controlled(raw.far()),
        }
    }

    fn from_std(std: std::time::Instant) -> Self {
        match current() {
            Engine::Native => Instant::Native(RawInstant::from_std(std)),
            Engine::Controlled => Instant::Controlled(RawInstant::from_std(std)),
            #[cfg(feature = "loom")]
            Engine::Loom => loom::unsupported("time"),
        }
    }

    fn into_std(self) -> std::time::Instant {
        match self {
            Instant::Native(raw) => raw.into_std(),
            Instant::Controlled(raw) => raw.into_std(),
        }
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Instant::Native(raw) => raw.fmt(f),
            Instant::Controlled(raw) => raw.fmt(f),
        }
    }
}
