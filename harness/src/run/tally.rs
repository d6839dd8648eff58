//! What has been counted so far, and the report that is made of it.

use std::time::Instant;

use super::counts::Counts;
use super::error::Error;
use super::failure::Failure;
use super::options::Options;
use super::report::{Report, Shard, Verdict};
use super::schedule::{Schedule, fingerprint};
use super::state::SearchState;
use super::strategy::Strategy as Requested;
use crate::kernel::{FailureKind, MemoryModel};
use crate::trace::Trace;

/// What is known when a run ends.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) counts: Counts,
    pub(crate) failure: Option<Failure>,
    pub(crate) basis: String,
    pub(crate) strategy: Option<Requested>,
    pub(crate) estimate: Option<u64>,
    pub(crate) shard: Option<Shard>,
    pub(crate) state: Option<Box<SearchState>>,
    /// The program has several tasks, and none has done anything visible.
    pub(crate) saw_nothing: bool,
    pub(crate) memory_model: MemoryModel,
}

impl Tally {
    pub(crate) fn report(self, check: &Options, started: Instant, error: Option<Error>) -> Report {
        let verdict = if error.is_some() || self.failure.is_some() {
            Verdict::Failed
        } else if self.counts.complete {
            Verdict::Verified
        } else {
            Verdict::Passed
        };
        Report {
            name: check.name.clone(),
            strategy: self.strategy.unwrap_or_else(|| check.strategy.clone()),
            verdict,
            executions: self.counts.executions,
            blocked_executions: self.counts.blocked,
            cut_executions: self.counts.cut,
            failing_executions: self.counts.failing,
            complete: self.counts.complete,
            outcomes: self.counts.outcomes,
            failure: self.failure,
            error,
            elapsed: started.elapsed(),
            basis: self.basis,
            preemption_bound: check.preemption_bound,
            interrupted: self.counts.interrupted,
            estimated_executions: self.estimate,
            shard: self.shard,
            state: self.state,
            memory_model: self.memory_model,
            saw_nothing: self.saw_nothing,
            test: check.test.clone(),
            replayed: None,
        }
    }
}

pub(crate) fn failure(check: &Options, kind: FailureKind, message: String, trace: Trace, interleaving: u64) -> Failure {
    let mut schedule = Schedule::new(
        &check.name,
        "controlled",
        check.strategy.name(),
        check.seed,
        kind,
        &message,
    );
    schedule.interleaving = interleaving;
    schedule.limits = check.limits();
    schedule.fingerprint = fingerprint(&trace.whole());
    Failure {
        name: check.name.clone(),
        kind,
        message,
        schedule,
        trace,
        forbidden_outcome: None,
        interleaving,
        cause: None,
        nearest: None,
        tried: None,
        replay: None,
    }
}
