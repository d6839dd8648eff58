//! What is found: the execution of the other program, and where it has to leave the order of the failing one.

use serde::{Deserialize, Serialize};

use crate::kernel::FailureKind;
use crate::trace::Trace;

/// The order of operations of a failing execution, tried on another program: see [`Check::against`](crate::Check::against).
///
/// `Display` is the text under the timeline, without a line end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Tried {
    /// What the other program is called. A check does not know; whoever gave it the program may say so here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The execution of the other program: in the order of the failing one as far as that can be followed, then with as few switches
    /// as it takes.
    pub trace: Trace,
    /// How the program fails that it is compared with.
    pub instead_of: FailureKind,
    /// How it fails, if it does.
    pub fails: Option<FailureKind>,
    /// How many steps of the failing execution the other program has; something else that a task does there to the same object at that
    /// time is taken for the same step.
    pub has: usize,
    /// How many steps the failing execution has.
    pub steps: usize,
    /// Where the order cannot be followed; none, if it can to its end.
    pub stops: Option<Stop>,
    /// The rows of the failing execution and of this one that say the same, as indices into [`Trace::rows`]: first that of the
    /// failing one. Rows that only one of them has stand alone.
    pub aligned: Vec<(Option<usize>, Option<usize>)>,
    /// The index in [`aligned`](Self::aligned) of the first rows that are not the same.
    pub parts_at: Option<usize>,
}

/// The first step of a failing execution that cannot come there in the other program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Stop {
    /// The task whose step it is.
    pub task: String,
    /// What the timeline of the failure says of the step.
    pub text: String,
    /// Its number in the timeline of the failure.
    pub step: Option<usize>,
    /// The index of its row in [`Trace::rows`].
    pub row: Option<usize>,
    /// What forbids it.
    pub why: Forbids,
}

/// What forbids a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Forbids {
    /// The task has to wait.
    Waits {
        /// What it is about to do: `queue.lock()`. Empty, if that is the step itself.
        next: String,
        /// What it waits for: ``"`queue`, held by worker"``.
        waits_for: String,
    },
    /// It is one step with an earlier one, and another task has come between the two.
    OneStep {
        /// What that does in the other program: `fetch_add`.
        verb: String,
        /// The number of the earlier step in the timeline of the failure.
        with: Option<usize>,
        /// The number of the step that has come between them.
        between: Option<usize>,
    },
    /// The task has to do it before one of its earlier steps, and another task has come between the two.
    Earlier {
        /// The number of the earlier step in the timeline of the failure.
        before: Option<usize>,
        /// The number of the step that has come between them.
        between: Option<usize>,
    },
    /// The task has ended without doing it, because something that it saw was different.
    Ends,
    /// The load sees another store: something orders a later one before it.
    Sees,
}
