//! The limits that decide how an execution ends, and what may happen in it.

use serde::{Deserialize, Serialize};

/// The limits that decide how an execution ends.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ScheduleLimits {
    /// Steps of one execution.
    pub max_steps: usize,
    /// Identical rounds before a livelock.
    pub horizon: u32,
    /// What a platform may do to one task without a reason: see [`Check::spurious_wakeups`](crate::Check::spurious_wakeups).
    pub spurious_wakeups: u32,
    /// Spurious polls of one async task.
    #[serde(default)]
    pub spurious_polls: u32,
    /// Moves of the clock that may come at any time.
    #[serde(default)]
    pub early_timers: u32,
    /// Whether each poll had a waker of its own.
    #[serde(default)]
    pub fresh_wakers: bool,
    /// Whether what an `Arc` holds must be gone in the end.
    #[serde(default)]
    pub leaks: bool,
}
