//! The end of a timed wait.

use std::time::{Duration, Instant};

use crate::engine::controlled::clock::{self, nanos};
use crate::engine::current::{Engine, current};

/// When a wait ends, on the clock of the engine that runs.
#[derive(Clone, Copy)]
pub(crate) enum Deadline {
    Real(Instant, Duration),
    /// Nanoseconds of the virtual clock.
    Virtual(u64),
}

impl Deadline {
    /// So much time from now on.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub(crate) fn after(timeout: Duration) -> Self {
        match current() {
            Engine::Native => Deadline::Real(Instant::now(), timeout),
            Engine::Controlled => Deadline::Virtual(clock::now().saturating_add(nanos(timeout))),
            #[cfg(feature = "loom")]
            Engine::Loom => crate::engine::loom::unsupported("clock to time a wait"),
        }
    }

    #[track_caller]
    pub(crate) fn left(&self) -> Duration {
        match self {
            Deadline::Real(start, timeout) => timeout.saturating_sub(start.elapsed()),
            Deadline::Virtual(deadline) => Duration::from_nanos(deadline.saturating_sub(clock::now())),
        }
    }

    #[track_caller]
    pub(crate) fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}
