//! [`Instant`].

use std::fmt;
use std::ops::{Add, AddAssign, Sub, SubAssign};
use std::time::Duration;

use crate::engine::any;
use crate::raw::RawInstant;

/// A point in time: virtual under the controlled engine, real otherwise. The two do not mix.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(any::Instant);

impl Instant {
    pub(crate) fn from_raw(raw: any::Instant) -> Self {
        Instant(raw)
    }

    pub(crate) fn raw(self) -> any::Instant {
        self.0
    }

    /// The current time.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn now() -> Self {
        Instant(RawInstant::now())
    }

    /// What an instant of std stands for.
    ///
    /// On real threads the two are the same. Under virtual time, what [`into_std`](Self::into_std) gave, and what was
    /// calculated from it, stands for exactly that. Any other instant is one of the real clock: it stands for the instant
    /// that is as far from the virtual now as it is from the real one, to the nearest millisecond, so
    /// `std::time::Instant::now()` is now. Better read no real clock in a check at all.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn from_std(std: std::time::Instant) -> Self {
        Instant(RawInstant::from_std(std))
    }

    /// An instant of std that stands for this one.
    ///
    /// On real threads the two are the same. Under virtual time it is an instant a century ahead of the real clock, from
    /// which others may be calculated; to compare it with one of the real clock makes no sense.
    pub fn into_std(self) -> std::time::Instant {
        self.0.into_std()
    }

    /// The time that has passed since this instant.
    #[track_caller]
    pub fn elapsed(&self) -> Duration {
        Instant::now().duration_since(*self)
    }

    /// The time from `earlier` to this instant; zero if it is not earlier.
    #[track_caller]
    pub fn duration_since(&self, earlier: Instant) -> Duration {
        self.checked_duration_since(earlier).unwrap_or_default()
    }

    /// The time from `earlier` to this instant; zero if it is not earlier.
    #[track_caller]
    pub fn saturating_duration_since(&self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }

    /// The time from `earlier` to this instant, if it is earlier.
    ///
    /// # Panics
    /// When one of the two is virtual and the other is real.
    #[track_caller]
    pub fn checked_duration_since(&self, earlier: Instant) -> Option<Duration> {
        self.0.checked_duration_since(earlier.0)
    }

    /// The instant `duration` later, if there is one.
    pub fn checked_add(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_add(duration).map(Instant)
    }

    /// The instant `duration` earlier, if there is one.
    pub fn checked_sub(&self, duration: Duration) -> Option<Instant> {
        self.0.checked_sub(duration).map(Instant)
    }

    /// The instant `duration` later, or one so far away that nobody will see it.
    pub(super) fn saturating_add(self, duration: Duration) -> Instant {
        self.checked_add(duration).unwrap_or_else(|| Instant(self.0.far()))
    }
}

impl From<std::time::Instant> for Instant {
    /// As [`from_std`](Instant::from_std).
    #[track_caller]
    fn from(std: std::time::Instant) -> Self {
        Instant::from_std(std)
    }
}

impl From<Instant> for std::time::Instant {
    /// As [`into_std`](Instant::into_std).
    fn from(instant: Instant) -> Self {
        instant.into_std()
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Add<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn add(self, duration: Duration) -> Instant {
        self.checked_add(duration)
            .expect("the instant is later than any clock can tell")
    }
}

impl AddAssign<Duration> for Instant {
    #[track_caller]
    fn add_assign(&mut self, duration: Duration) {
        *self = *self + duration;
    }
}

impl Sub<Duration> for Instant {
    type Output = Instant;

    #[track_caller]
    fn sub(self, duration: Duration) -> Instant {
        self.checked_sub(duration)
            .expect("the instant is earlier than the clock")
    }
}

impl SubAssign<Duration> for Instant {
    #[track_caller]
    fn sub_assign(&mut self, duration: Duration) {
        *self = *self - duration;
    }
}

impl Sub<Instant> for Instant {
    type Output = Duration;

    #[track_caller]
    fn sub(self, earlier: Instant) -> Duration {
        self.duration_since(earlier)
    }
}
