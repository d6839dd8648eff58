//! How a program fails.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How a program fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FailureKind {
    /// A task panicked and nobody joined it, or the main task did.
    Panic,
    /// Tasks are left and none can go on.
    Deadlock,
    /// A deadlock of a waiter whose signal was sent before it registered, or whose condition holds
    /// already.
    LostWakeup,
    /// Two unordered accesses to an `UnsafeCell`, at least one a write.
    DataRace,
    /// Tasks tick or spin for ever and nobody gets anywhere.
    Livelock,
    /// One execution took more steps than [`Check::max_steps`](crate::Check::max_steps).
    StepLimit,
    /// An `Arc` was left alive, and [`Check::leaks`](crate::Check::leaks) asks for that.
    Leak,
    /// The same schedule led to different steps.
    Nondeterminism,
}

impl FailureKind {
    /// The words of the field: `lost wakeup`.
    pub fn words(self) -> &'static str {
        match self {
            FailureKind::Panic => "panic",
            FailureKind::Deadlock => "deadlock",
            FailureKind::LostWakeup => "lost wakeup",
            FailureKind::DataRace => "data race",
            FailureKind::Livelock => "livelock",
            FailureKind::StepLimit => "step limit",
            FailureKind::Leak => "leak",
            FailureKind::Nondeterminism => "nondeterminism",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}
