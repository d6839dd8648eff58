//! What is found: the states of a program, and what can be picked at each.

use serde::{Deserialize, Serialize};

use crate::kernel::FailureKind;
use crate::run::failure::FORBIDDEN;
use crate::trace::{Row, Standing};

/// The graph of the states of a program: see [`Check::states`](crate::Check::states).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct States {
    /// The names of the tasks; the main task is first.
    pub tasks: Vec<String>,
    /// The names of the objects whose value is shown.
    pub objects: Vec<String>,
    /// What happens before the first pick.
    pub start: Vec<Row>,
    /// The states; the first one is that at the start.
    pub states: Vec<State>,
    /// Executions that were run to find them, without those that told them.
    pub executions: u64,
}

/// What some picks lead to, whichever of their orders: a place where somebody picks, or an end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct State {
    /// Who can go on. Empty at an end, and nowhere else.
    pub picks: Vec<Pick>,
    /// How an execution ends that comes here.
    pub end: Option<End>,
    /// The values of objects: an index into [`States::objects`] and the value.
    pub values: Vec<(usize, String)>,
    /// What every task is about to do and what it waits for, and who has which lock, queue or token, as far as there is anything
    /// to say. Tasks are indices into [`States::tasks`].
    pub standing: Standing,
}

/// One thing that can happen at a state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Pick {
    /// Who does it, as an index into [`States::tasks`].
    pub task: usize,
    /// The arm, if the task is in the middle of a [`choose`](crate::choose).
    pub arm: Option<u32>,
    /// What it is, in the words of the timeline, its result included: `counter ➜ 0`.
    pub text: String,
    /// What happens until the next pick, as rows of the timeline. Rows that say that a task was preempted, or has to wait, are no
    /// part of it: the same states come after each other in other executions without them.
    pub rows: Vec<Row>,
    /// The state that it leads to, as an index into [`States::states`].
    pub to: usize,
}

/// How an execution ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum End {
    /// With this outcome.
    Passed {
        /// What the program returned, as its `Debug` prints it.
        outcome: String,
    },
    /// It has failed.
    Failed {
        /// What sort of failure it is.
        kind: FailureKind,
        /// What happened, in a sentence or two. Steps are told by what they say, as their numbers depend on the way.
        message: String,
        /// The outcome that made it fail, where somebody judges outcomes and forbids it, as in
        /// [`Failure::forbidden_outcome`](crate::Failure::forbidden_outcome).
        forbidden_outcome: Option<String>,
    },
}

impl End {
    /// How it ends, in the words of the field: `lost wakeup`, or `passed`.
    pub fn words(&self) -> &'static str {
        match self {
            End::Passed { .. } => "passed",
            End::Failed {
                forbidden_outcome: Some(_),
                ..
            } => FORBIDDEN,
            End::Failed { kind, .. } => kind.words(),
        }
    }

    /// Whether it has failed.
    pub fn fails(&self) -> bool {
        matches!(self, End::Failed { .. })
    }
}

impl States {
    /// How many states are ends that fail, and how many are others.
    pub fn ends(&self) -> (usize, usize) {
        let ends = || self.states.iter().filter_map(|state| state.end.as_ref());
        let failing = ends().filter(|end| end.fails()).count();
        (failing, ends().count() - failing)
    }

    /// The fewest picks that lead from a state to an end that fails, as indices into [`State::picks`]; nothing, if no pick does.
    ///
    /// # Panics
    /// If there is no such state.
    pub fn failing_from(&self, state: usize) -> Option<Vec<usize>> {
        let mut met = vec![None; self.states.len()];
        let mut next = std::collections::VecDeque::from([state]);
        met[state] = Some((state, 0));
        while let Some(at) = next.pop_front() {
            if self.states[at].end.as_ref().is_some_and(End::fails) {
                let (mut way, mut at) = (Vec::new(), at);
                while at != state
                    && let Some((from, pick)) = met[at]
                {
                    way.push(pick);
                    at = from;
                }
                way.reverse();
                return Some(way);
            }
            for (pick, leads) in self.states[at].picks.iter().enumerate() {
                if met[leads.to].is_none() {
                    met[leads.to] = Some((at, pick));
                    next.push_back(leads.to);
                }
            }
        }
        None
    }
}
