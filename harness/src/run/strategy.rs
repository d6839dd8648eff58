//! Which strategy a check asks for.

use std::str::FromStr;

use super::error::Error;
use super::nearest::nearest;
use super::schedule::Schedule;
use crate::explore::oracle::Shared;

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
    /// Somebody else chooses, for as many executions as it likes.
    Oracle(Shared),
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
            Strategy::Oracle(_) => "oracle",
            Strategy::Replay(_) => "replay",
        }
    }
}

/// Steps of an execution, as [`Check::max_steps`](crate::Check::max_steps) has it by default.
const MOST_DEPTH: usize = 10_000;

/// Strategies as they are told to people.
const NAMES: [&str; 13] = [
    "auto",
    "exhaustive",
    "random",
    "pct[:DEPTH]",
    "shuttle-pct[:DEPTH]",
    "urw",
    "pos",
    "surw",
    "portfolio",
    "graphs",
    "dfs",
    "loom",
    "stress",
];

/// What to write in place of a name that is unknown.
fn instead(given: &str) -> String {
    let plain = NAMES.map(|name| name.split('[').next().unwrap_or(name));
    match nearest(&plain, given) {
        Some(name) => format!("did you mean `{name}`?"),
        None => format!("choose one of {}", NAMES.join(", ")),
    }
}

/// Reads a [name](Strategy::name), of `pct` and `shuttle-pct` with a depth if it is not 3: `pct:5`.
impl FromStr for Strategy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = |message: String| Err(Error::Unsupported { message });
        let (name, depth) = match text.split_once(':') {
            Some((name, depth)) => (name, Some(depth)),
            None => (text, None),
        };
        let strategy = match name.to_ascii_lowercase().as_str() {
            "auto" => Strategy::Auto,
            "exhaustive" => Strategy::Exhaustive,
            "random" => Strategy::Random,
            name @ ("pct" | "shuttle-pct") => {
                let depth = depth.unwrap_or("3");
                return match depth.parse() {
                    Ok(depth) if depth > MOST_DEPTH => wrong(format!(
                        "a depth of {depth} is more than an execution has steps; bugs that need more than 5 are hardly \
                         known: give at most {MOST_DEPTH}"
                    )),
                    Ok(depth) if depth > 0 && name == "pct" => Ok(Strategy::Pct { depth }),
                    Ok(depth) if depth > 0 => Ok(Strategy::ShuttlePct { depth }),
                    _ => wrong(format!(
                        "`{depth}` is no depth: give a number of 1 or more, as in pct:3"
                    )),
                };
            }
            "urw" => Strategy::Urw,
            "pos" => Strategy::Pos,
            "surw" => Strategy::Surw,
            "portfolio" => Strategy::Portfolio,
            "graphs" => Strategy::Graphs,
            "dfs" => Strategy::Dfs,
            "loom" => Strategy::Loom,
            "stress" => Strategy::Stress,
            name => return wrong(instead(name)),
        };
        match depth {
            Some(_) => wrong(format!("only pct has a depth: write `{name}`")),
            None => Ok(strategy),
        }
    }
}
