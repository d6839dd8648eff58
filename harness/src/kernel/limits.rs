//! The limits that decide how an execution ends, and what may happen in it.

use serde::{Deserialize, Serialize};

/// What a load may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum MemoryModel {
    /// What Rust promises, which is what C++20 does: a load may see a store that is not the last one, unless orderings and
    /// fences forbid it. As RC11 has it, so no load reads from the future (Lahav et al., "Repairing Sequential Consistency in
    /// C/C++11", PLDI 2017).
    #[serde(rename = "rust")]
    Rust,
    /// A load sees the last store, whatever the orderings.
    #[default]
    #[serde(rename = "sc")]
    SequentiallyConsistent,
}

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
    /// Whether a yield that belongs to no loop was no step.
    #[serde(default)]
    pub unmarked_yields: bool,
    /// Whether what an `Arc` holds must be gone in the end.
    #[serde(default)]
    pub leaks: bool,
    /// What a load may see.
    #[serde(default)]
    pub memory_model: MemoryModel,
}
