//! A point on the real clock.

use std::fmt;
use std::time::Duration;

use crate::raw::RawInstant;

/// std's instant.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Instant(pub(super) std::time::Instant);

impl RawInstant for Instant {
    fn now() -> Self {
        // tokio's clock is the real one unless a test of the caller has stopped it.
        #[cfg(feature = "tokio")]
        let now = tokio::time::Instant::now().into_std();
        #[cfg(not(feature = "tokio"))]
        let now = std::time::Instant::now();
        Instant(now)
    }

    fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    fn checked_add(self, duration: Duration) -> Option<Self> {
        self.0.checked_add(duration).map(Instant)
    }

    fn checked_sub(self, duration: Duration) -> Option<Self> {
        self.0.checked_sub(duration).map(Instant)
    }

    fn far(self) -> Self {
        // 30 years, as tokio has it.
        Instant(self.0 + Duration::from_secs(86_400 * 365 * 30))
    }

    fn from_std(std: std::time::Instant) -> Self {
        Instant(std)
    }

    fn into_std(self) -> std::time::Instant {
        self.0
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
