//! [`Schedule`]: tasks by their numbers.

use crate::current::TaskId;

/// Which tasks go on, by their numbers. It is for a [`ReplayScheduler`](super::ReplayScheduler); what a failure saves is a
/// [`selvedge::Schedule`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schedule {
    /// What random numbers begin with.
    pub seed: u64,
    /// The steps.
    pub steps: Vec<ScheduleStep>,
}

/// A step of a [`Schedule`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScheduleStep {
    /// This task goes on.
    Task(TaskId),
    /// A random number is drawn.
    Random,
}

impl Schedule {
    /// No steps yet.
    pub fn new(seed: u64) -> Schedule {
        Schedule {
            seed,
            steps: Vec::new(),
        }
    }

    /// These tasks, one after the other.
    pub fn new_from_task_ids<T: Into<TaskId>>(seed: u64, tasks: impl IntoIterator<Item = T>) -> Schedule {
        let steps = tasks.into_iter().map(|task| ScheduleStep::Task(task.into())).collect();
        Schedule { seed, steps }
    }

    /// This task goes on next.
    pub fn push_task(&mut self, task: TaskId) {
        self.steps.push(ScheduleStep::Task(task));
    }

    /// A random number is drawn next.
    pub fn push_random(&mut self) {
        self.steps.push(ScheduleStep::Random);
    }

    /// How many steps there are.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
