//! [`Task`]: what a scheduler knows of a task.

use crate::current::TaskId;
use crate::execution;

/// A task that can go on.
#[derive(Debug)]
pub struct Task {
    id: TaskId,
}

impl Task {
    pub(crate) fn new(id: TaskId) -> Task {
        Task { id }
    }

    /// Which one.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// Who has spawned it.
    pub fn parent_task_id(&self) -> Option<TaskId> {
        execution::task(self.id).parent
    }

    /// The name it was given.
    pub fn name(&self) -> Option<String> {
        execution::task(self.id).name
    }

    /// The name it was given, or `task-` and its number.
    pub fn display_name(&self) -> String {
        self.name().unwrap_or_else(|| format!("task-{}", self.id))
    }

    /// True: others are not shown.
    pub fn runnable(&self) -> bool {
        true
    }
}
