//! What has been counted so far.

use std::collections::BTreeMap;

/// Executions and their outcomes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) failing: u64,
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
        self.interrupted |= other.interrupted;
        for (outcome, n) in &other.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += n;
        }
    }
}
