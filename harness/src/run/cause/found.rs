//! What is found: constraints, ways of failing, and the passing execution that is nearest.

use serde::{Deserialize, Serialize};

use crate::trace::Trace;

/// What decides whether a program fails: which operations come before which.
///
/// `Display` is the text under the timeline, without a line end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cause {
    /// How the program fails, that of the failure itself first: an execution in which all constraints of a way hold fails. Empty, if
    /// all executions fail, or no small set of constraints tells those that fail from those that do not.
    pub ways: Vec<Way>,
    /// Failing executions that have been looked at, each standing for all that are equivalent to it.
    pub failing: u64,
    /// Passing ones.
    pub passing: u64,
    /// Failing ones in which no way holds.
    pub others: u64,
    /// Whether all executions of the program have been looked at.
    pub complete: bool,
    /// Executions at random on which the constraints of a way were imposed and in which they held. All have failed.
    pub imposed: u64,
    /// Executions at random in which no way held, most of them with the opposite of a constraint imposed.
    pub opposed: u64,
    /// Those of them that have failed. None, if the ways are all there are.
    pub opposed_failing: u64,
}

/// One way of failing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Way {
    /// A smallest set: without one of them, there is a passing execution in which the others hold.
    pub constraints: Vec<Constraint>,
    /// Failing executions in which they hold.
    pub failing: u64,
    /// What the field calls it.
    pub shape: Shape,
}

/// What the field calls a way of failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shape {
    /// Somebody comes between two operations of another task that belong together.
    AtomicityViolation,
    /// Two operations come in the wrong order.
    OrderViolation,
    /// A signal is sent before the one who waits for it is there.
    MissedSignal,
    /// Tasks take locks in different orders.
    LockOrderCycle,
    /// A load does not see a store that it needs.
    StaleRead,
    /// A lock, or memory, is given back while somebody still relies on it.
    EarlyRelease,
    /// Two tasks complete what only one of them should.
    DoubleCompletion,
    /// A branch of the program itself.
    Branch,
}

impl Shape {
    /// The words of the field: `atomicity violation`.
    pub fn words(self) -> &'static str {
        match self {
            Shape::AtomicityViolation => "atomicity violation",
            Shape::OrderViolation => "order violation",
            Shape::MissedSignal => "missed signal",
            Shape::LockOrderCycle => "lock-order cycle",
            Shape::StaleRead => "stale read",
            Shape::EarlyRelease => "early release",
            Shape::DoubleCompletion => "double completion",
            Shape::Branch => "a branch of the program",
        }
    }
}

/// What holds of some executions and not of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Constraint {
    /// The first operation happens, and the other one later, or never. Under Rust's memory model, of an atomic: a store comes before a
    /// load that sees it or what has replaced it, and a load that misses a store comes before that.
    Before {
        /// The first one.
        first: Operation,
        /// The later one.
        then: Operation,
    },
    /// A [`choose`](crate::choose) takes an arm.
    Arm {
        /// Which one it is.
        choose: Operation,
        /// The arm.
        arm: u32,
    },
}

/// One operation of a task on an object, known by its number among those.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Operation {
    /// The name of the task.
    pub task: String,
    /// The name of the object; empty for a [`choose`](crate::choose).
    pub object: String,
    /// The how-manieth operation of the task on the object it is, counting from 1. Releases are counted for themselves.
    pub nth: u32,
    /// The how-manieth of those that do the same, counting from 1.
    #[serde(default)]
    pub alike: u32,
    /// Whether it releases a lock.
    pub releases: bool,
    /// What the timeline says of it, or of what is done under the lock that it takes or gives back, if that is one line; or what it is
    /// called, where it does not happen there, or the way of failing is another one.
    pub text: String,
    /// The number of its row in the timeline of the failure, if it happens there and the failure fails in this way.
    pub step: Option<usize>,
    /// The numbers of the first and the last step of its line of the timeline, if that has more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<(usize, usize)>,
    /// The index of that row in [`Trace::rows`](crate::trace::Trace::rows).
    pub row: Option<usize>,
}

/// The passing execution that is nearest to a failing one: the fewest pairs of conflicting operations are the other way round.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Nearest {
    /// The passing execution. Where several orders of its steps are one interleaving, the one that is most like the failure.
    pub trace: Trace,
    /// The orders of the failing execution that are the other way round in it.
    pub reversed: Vec<Constraint>,
    /// The rows of both, as indices into [`Trace::rows`]: first that of the failing one. Rows that only one of them has stand alone.
    pub aligned: Vec<(Option<usize>, Option<usize>)>,
    /// The index in [`aligned`](Self::aligned) of the first rows that are not the same.
    pub parts_at: Option<usize>,
}
