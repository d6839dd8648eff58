//! The choices of an execution by the names of tasks, operations and objects, which an edit elsewhere in the
//! program does not change.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::{Access, Entry, Kernel, Pending, StoreName};

/// One choice of a schedule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
#[non_exhaustive]
pub enum ScheduleStep {
    /// A task took its next visible operation.
    Run {
        /// The task's name.
        task: String,
        /// The operation.
        op: String,
        /// The object's name; empty when it has none.
        object: String,
    },
    /// A task took its next visible operation, of which only its number is known: the process has ended then.
    Task {
        /// How many tasks were spawned before it.
        number: u32,
    },
    /// The operation of the step before saw this store of an atomic, or stored right behind it, where others were possible.
    Sees {
        /// The name of the task that made it.
        sees: String,
        /// Which of the stores of that task to the atomic, counting from 1; 0 is the value that the atomic began with.
        store: u32,
    },
    /// The program branched with `choose(of)`.
    Choose {
        /// The arm taken.
        choose: u32,
        /// How many there were.
        of: u32,
    },
}

impl fmt::Display for ScheduleStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ScheduleStep::Run { task, op, object } => write!(f, "{task} {op}({object})"),
            ScheduleStep::Task { number } => write!(f, "task {number}"),
            ScheduleStep::Sees { store: 0, .. } => write!(f, "the first value"),
            ScheduleStep::Sees { sees, store } => write!(f, "store {store} of {sees}"),
            ScheduleStep::Choose { choose, of } => write!(f, "choose({of}) ➜ {choose}"),
        }
    }
}

/// What a schedule knows a pending operation by: task, operation, object.
pub(crate) fn key(kernel: &Kernel, index: usize) -> (String, &'static str, String) {
    let task = kernel.task_name(index);
    match &kernel.tasks[index].pending {
        Pending::Op(op) => (task, op.verb, object_of(kernel, &op.accesses)),
        _ => (task, "", String::new()),
    }
}

/// The name of the object that an operation is one of, of those that it announces; empty when it has none.
pub(super) fn object_of(kernel: &Kernel, announced: &[Access]) -> String {
    let object = announced.first().map(|a| kernel.object_name(a.object));
    object.unwrap_or_default()
}

/// What a schedule knows a store of an atomic by.
pub(crate) fn sees(kernel: &Kernel, store: StoreName) -> ScheduleStep {
    ScheduleStep::Sees {
        sees: kernel.task_name(store.task),
        store: store.nth,
    }
}

/// The choices of an execution that recorded names.
pub(crate) fn steps_of(kernel: &Kernel) -> Vec<ScheduleStep> {
    let index_of = |id| kernel.tasks.iter().position(|t| t.id == id).unwrap_or(0);
    kernel
        .log
        .iter()
        .filter_map(|entry| match entry {
            Entry::Step(step) => Some(ScheduleStep::Run {
                task: kernel.task_name(index_of(step.task)),
                op: step.verb.to_owned(),
                object: object_of(kernel, &step.announced),
            }),
            Entry::Choice { sees: Some(store), .. } => Some(sees(kernel, *store)),
            Entry::Choice { arms, arm, .. } => Some(ScheduleStep::Choose {
                choose: *arm,
                of: *arms,
            }),
            _ => None,
        })
        .collect()
}
