//! What has been counted so far.

use std::collections::BTreeMap;

/// Executions and their outcomes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) failing: u64,
    /// Those that were cut because of an unfair schedule.
    pub(crate) cut: u64,
    /// What kept others waiting in the first of them.
    pub(crate) unfair: Option<String>,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) complete: bool,
    pub(crate) interrupted: bool,
}

impl Counts {
    /// Adds what one share has counted.
    pub(crate) fn add(&mut self, other: &Counts) {
        self.executions += other.executions;
        self.blocked += other.blocked;
        self.failing += other.failing;
        self.cut += other.cut;
        if self.unfair.is_none() {
            self.unfair.clone_from(&other.unfair);
        }
        self.interrupted |= other.interrupted;
        for (outcome, n) in &other.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += n;
        }
    }

    /// Forgets all but whether it was interrupted.
    pub(crate) fn forget(&mut self) {
        *self = Counts {
            interrupted: self.interrupted,
            ..Counts::default()
        };
    }
}
