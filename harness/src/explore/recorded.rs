//! The choices of an execution by the names of tasks, operations and objects, which an edit elsewhere in the
//! program does not change.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::kernel::{Entry, Kernel, Pending};

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
            ScheduleStep::Choose { choose, of } => write!(f, "choose({of}) ➜ {choose}"),
        }
    }
}

/// What a schedule knows a pending operation by: task, operation, object.
pub(crate) fn key(kernel: &Kernel, index: usize) -> (String, &'static str, String) {
    let task = kernel.task_name(index);
    match &kernel.tasks[index].pending {
        Pending::Op(op) => {
            let object = op
                .accesses
                .first()
                .map(|a| kernel.object_name(a.object))
                .unwrap_or_default();
            (task, op.verb, object)
        }
        _ => (task, "", String::new()),
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
                object: step
                    .announced
                    .first()
                    .map(|a| kernel.object_name(a.object))
                    .unwrap_or_default(),
            }),
            Entry::Choice { arms, arm, .. } => Some(ScheduleStep::Choose {
                choose: *arm,
                of: *arms,
            }),
            _ => None,
        })
        .collect()
}
