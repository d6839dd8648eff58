//! A point on the virtual clock.

use std::fmt;
use std::sync::OnceLock;
use std::time::Duration;

use super::clock;
use crate::raw::RawInstant;

/// Nanoseconds since the execution began.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Instant(pub(super) u64);

/// The instant of std that stands for the beginning of every execution: far from all that the real clock will ever show, so
/// that it can be told what stands for a virtual instant.
fn beginning() -> std::time::Instant {
    static BEGINNING: OnceLock<std::time::Instant> = OnceLock::new();
    let century = Duration::from_secs(86_400 * 365 * 100);
    *BEGINNING.get_or_init(|| std::time::Instant::now() + century)
}

/// A duration between two instants of the real clock, to the nearest millisecond: what the program takes to come from one
/// call to the next is not to be seen in it.
fn rounded(real: Duration) -> u64 {
    let nearest = (real + Duration::from_micros(500)).as_millis();
    u64::try_from(nearest).unwrap_or(u64::MAX).saturating_mul(1_000_000)
}

impl RawInstant for Instant {
    fn now() -> Self {
        Instant(clock::now())
    }

    fn checked_duration_since(self, earlier: Self) -> Option<Duration> {
        self.0.checked_sub(earlier.0).map(Duration::from_nanos)
    }

    fn checked_add(self, duration: Duration) -> Option<Self> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        self.0.checked_add(nanos).map(Instant)
    }

    fn checked_sub(self, duration: Duration) -> Option<Self> {
        let nanos = u64::try_from(duration.as_nanos()).ok()?;
        self.0.checked_sub(nanos).map(Instant)
    }

    fn far(self) -> Self {
        Instant(clock::NEVER)
    }

    fn from_std(std: std::time::Instant) -> Self {
        if let Some(since) = std.checked_duration_since(beginning()) {
            return Instant(clock::nanos(since));
        }
        let (now, real) = (clock::now(), std::time::Instant::now());
        Instant(match std.checked_duration_since(real) {
            Some(ahead) => now.saturating_add(rounded(ahead)),
            None => now.saturating_sub(rounded(real.duration_since(std))),
        })
    }

    fn into_std(self) -> std::time::Instant {
        beginning()
            .checked_add(Duration::from_nanos(self.0))
            .expect("the instant is later than any clock can tell")
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Duration::from_nanos(self.0).fmt(f)
    }
}
