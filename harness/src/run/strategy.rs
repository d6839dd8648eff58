//! Which strategy a check asks for.

use super::schedule::Schedule;

/// How schedules are chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a strategy is made once a run, and a box would be in the way of callers"
)]
pub enum Strategy {
    /// Exhaustive within the budget, with a sample of the portfolio once that turns out to be long; if it is not enough,
    /// with few preemptions, then randomized.
    #[default]
    Auto,
    /// Every interleaving, one execution for each class of equivalent ones (dynamic partial-order
    /// reduction). Under [`MemoryModel::Rust`](crate::MemoryModel::Rust) every consistent execution graph, where an ordering is
    /// weaker than `SeqCst`.
    Exhaustive,
    /// shuttle's uniformly random walk.
    Random,
    /// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010).
    Pct {
        /// The number of ordering constraints a bug may need; at least 1.
        depth: usize,
    },
    /// shuttle's own implementation of the same, for comparison. It does not lower a task that has begun to
    /// wait while only one other can go on, and so can miss failures of its depth however long it runs.
    ShuttlePct {
        /// As with [`Strategy::Pct`].
        depth: usize,
    },
    /// Uniform random walk over interleavings (Zhao et al., ASPLOS 2025).
    Urw,
    /// Partial order sampling (Yuan et al., CAV 2018).
    Pos,
    /// Selectively uniform random walk (Zhao et al., ASPLOS 2025).
    Surw,
    /// `Pos`, `Surw`, `Pct` with depth 3, `Random` and `Urw` in turn, an execution each, so that each has an
    /// equal share of the budget. [`Report::basis`](crate::Report::basis) says which one found a failure, and so does its schedule.
    Portfolio,
    /// Random execution graphs of [`MemoryModel::Rust`](crate::MemoryModel::Rust), no two of them the same: a sample without
    /// replacement. It takes the graphs of the exhaustive search in a random order, the likelier the more are to be expected
    /// behind one, so it is complete once it has run them all, and says so.
    Graphs,
    /// Plain enumeration of every schedule, without any reduction.
    Dfs,
    /// loom: a second opinion on what weak memory allows.
    Loom,
    /// The same program on real OS threads.
    Stress,
    /// One recorded schedule, strictly.
    Replay(Schedule),
}

impl Strategy {
    /// The name used on the command line and in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Strategy::Auto => "auto",
            Strategy::Exhaustive => "exhaustive",
            Strategy::Random => "random",
            Strategy::Pct { .. } => "pct",
            Strategy::ShuttlePct { .. } => "shuttle-pct",
            Strategy::Urw => "urw",
            Strategy::Pos => "pos",
            Strategy::Surw => "surw",
            Strategy::Portfolio => "portfolio",
            Strategy::Graphs => "graphs",
            Strategy::Dfs => "dfs",
            Strategy::Loom => "loom",
            Strategy::Stress => "stress",
            Strategy::Replay(_) => "replay",
        }
    }
}
