//! The execution and the task that run.

mod clock;
mod labels;
mod tag;
mod task;

use std::fmt::Debug;

pub use clock::VectorClock;
pub use labels::{ChildLabelFn, Labels, TaskName};
pub(crate) use tag::AnyTag;
#[expect(deprecated, reason = "in shuttle they are, too")]
pub use tag::{Tag, Taggable, get_tag_for_current_task, get_tag_for_task, set_tag_for_current_task, set_tag_for_task};
pub use task::TaskId;

use crate::execution;

/// Steps of the execution so far, all tasks together.
///
/// # Panics
/// Outside of an execution; so for all that follow, if they do not say otherwise.
pub fn context_switches() -> usize {
    me();
    selvedge::steps()
}

/// An empty clock, as in shuttle without its feature `vector-clocks`. Also outside of an execution.
pub fn clock() -> VectorClock {
    VectorClock::default()
}

/// An empty clock.
pub fn clock_for(_task: TaskId) -> VectorClock {
    VectorClock::default()
}

/// The task that runs.
pub fn me() -> TaskId {
    execution::me()
}

/// The task that runs.
pub fn get_current_task() -> Option<TaskId> {
    Some(execution::me())
}

/// The task that runs, and nothing outside of an execution.
pub fn try_get_current_task() -> Option<TaskId> {
    execution::try_me()
}

/// Steps are counted anew, as far as [`MaxSteps`](crate::MaxSteps) is concerned that another execution follows; a bound beyond
/// which the test fails is one on all steps.
pub fn reset_step_count() {
    execution::count_anew();
}

/// Calls `f` with the labels of a task.
pub fn with_labels_for_task<F, T>(task: TaskId, f: F) -> T
where
    F: FnOnce(&mut Labels) -> T,
{
    execution::with_labels(task, f)
}

/// A label of a task.
pub fn get_label_for_task<T: Clone + Debug + 'static>(task: TaskId) -> Option<T> {
    execution::label(task)
}

/// Gives a task a label, and returns the one before.
pub fn set_label_for_task<T: Clone + Debug + 'static>(task: TaskId, value: T) -> Option<T> {
    execution::with_labels(task, |labels| labels.insert(value))
}

/// Takes a label from a task.
pub fn remove_label_for_task<T: Clone + Debug + 'static>(task: TaskId) -> Option<T> {
    execution::with_labels(task, |labels| labels.remove())
}

/// The name that a task has as a label.
pub fn get_name_for_task(task: TaskId) -> Option<TaskName> {
    get_label_for_task(task)
}

/// Gives a task a name as a label. Traces know tasks by the names they were spawned with.
pub fn set_name_for_task(task: TaskId, name: impl Into<TaskName>) -> Option<TaskName> {
    set_label_for_task(task, name.into())
}
