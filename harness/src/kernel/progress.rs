//! What somebody outside sees of a run: whether it is alive, and whose time is passing.

use std::sync::atomic::{AtomicU64, Ordering};

/// How far a run has come, for a watchdog. It belongs to all OS threads that take part in the run.
#[derive(Debug, Default)]
pub(crate) struct Progress {
    /// Changes as long as the program reaches the engine.
    decisions: AtomicU64,
    /// The OS threads that are inside an execution. The others prepare the next one, or analyse the last one: what they do may
    /// take its time, and the program has no part in it.
    inside: AtomicU64,
}

// Ordering: Relaxed everywhere; the numbers stand for themselves, and who looks at them looks again.
impl Progress {
    /// An OS thread lets the program run.
    pub(crate) fn enter(&self) {
        self.inside.fetch_add(1, Ordering::Relaxed);
    }

    /// An execution is over.
    pub(crate) fn leave(&self) {
        self.inside.fetch_sub(1, Ordering::Relaxed);
        self.step();
    }

    /// The program has reached the engine.
    pub(crate) fn step(&self) {
        self.decisions.fetch_add(1, Ordering::Relaxed);
    }

    /// The program has reached the engine so many times, as one of the OS threads counts.
    pub(crate) fn reach(&self, decisions: u64) {
        self.decisions.store(decisions, Ordering::Relaxed);
    }

    pub(crate) fn decisions(&self) -> u64 {
        self.decisions.load(Ordering::Relaxed)
    }

    /// Whether the time that passes is the program's.
    pub(crate) fn is_inside(&self) -> bool {
        self.inside.load(Ordering::Relaxed) > 0
    }
}
