//! A part of a search: the executions in which given tasks come to given objects in a given order.
//!
//! Take two tasks and an object, and say that the first operation of the one that announces the object comes
//! before the first such operation of the other. k such questions divide the executions into 2^k parts.
//!
//! To explore one part, the second of the two tasks waits in front of its operation until the first has done its
//! own. The wait is a gate like any other, a queue with one item that the first task puts there and the
//! second takes, so the reduction knows about it. An execution that is stuck because of such a gate belongs to
//! another part, and so does one in which only the wrong one of the two tasks comes. Where neither comes, one of the
//! two parts is chosen. Where both come and their operations turn out to commute, the order is no property of the
//! Mazurkiewicz trace: [`divide`](crate::divide) says which of the parts that meet the trace counts it.
//!
//! An object that is known by pasts (see [`places`](super::places)) may be met with one that nobody has seen, and turn out only
//! later to be the one that is asked for. So a question about it names the pasts: who comes to it with another one has not come.
//! That is a property of the trace, too.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::op::{ObjectId, TaskId};

/// The first operation of `first` that announces `object` comes before that of `second`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) object: ObjectId,
    /// If the object is known by pasts, those with which the two tasks come to it.
    #[serde(default)]
    pub(crate) pasts: BTreeSet<u64>,
    pub(crate) first: TaskId,
    pub(crate) second: TaskId,
    /// Executions in which neither comes belong to this part.
    pub(crate) neither: bool,
    /// A number that no object of the program has.
    pub(crate) gate: ObjectId,
}

/// The steps with which the two tasks of an [`Order`] have come to its object, as places in the log.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Came {
    pub(crate) first: Option<usize>,
    pub(crate) second: Option<usize>,
}
