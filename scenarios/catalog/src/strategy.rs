//! How a variant is run: under which strategies, on which engine, within which limits.

use selvedge::Strategy;

use crate::Expected;

/// A variant under one strategy.
#[derive(Clone, Debug)]
pub struct Run {
    /// The strategy, which also decides the engine.
    pub strategy: Strategy,
    /// What it must find.
    pub expected: Expected,
}

/// Limits of a variant's runs; `None` and 0 leave the default of [`Check`](selvedge::Check).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Executions of an exhaustive search (and of loom's). A search that is cut short does not verify.
    pub max_executions: Option<u64>,
    /// Executions of a randomized strategy or a stress run.
    pub samples: Option<u64>,
    /// Steps of one execution.
    pub max_steps: Option<usize>,
    /// Preemptions of one execution.
    pub preemption_bound: Option<usize>,
    /// Identical rounds after which it is a livelock.
    pub horizon: Option<u32>,
    /// Spurious wake-ups in one execution.
    pub spurious_wakeups: u32,
    /// The seed of randomized strategies.
    pub seed: u64,
}

/// Whether a strategy can end with a proof.
pub fn explores_all(strategy: &Strategy) -> bool {
    matches!(
        strategy,
        Strategy::Auto | Strategy::Exhaustive | Strategy::Dfs | Strategy::Loom
    )
}

/// The engine a strategy runs on: `controlled`, `loom` or `native`.
pub fn engine_of(strategy: &Strategy) -> &'static str {
    match strategy {
        Strategy::Loom => "loom",
        Strategy::Stress => "native",
        Strategy::Replay(schedule) if schedule.engine == "loom" => "loom",
        _ => "controlled",
    }
}
