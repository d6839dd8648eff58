//! A point in time, on the clock of an engine.

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

/// A point in time. Points of two engines do not mix.
pub(crate) trait RawInstant: Copy + Ord + Hash + fmt::Debug {
    /// The current time.
    #[track_caller]
    fn now() -> Self;

    /// The time since `earlier`, if it is earlier.
    #[track_caller]
    fn checked_duration_since(self, earlier: Self) -> Option<Duration>;

    /// The point so much later, if there is one.
    fn checked_add(self, duration: Duration) -> Option<Self>;

    /// The point so much earlier, if there is one.
    fn checked_sub(self, duration: Duration) -> Option<Self>;

    /// A point so far away that nobody will see it.
    fn far(self) -> Self;

    /// What an instant of std stands for.
    #[track_caller]
    fn from_std(std: std::time::Instant) -> Self;

    /// An instant of std that stands for it.
    fn into_std(self) -> std::time::Instant;
}
