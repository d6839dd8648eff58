//! Tags, which labels have taken the place of.
#![expect(deprecated, reason = "one of them uses the other")]

use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

use super::{TaskId, me};
use crate::execution;

/// A tag, for whoever keeps it.
pub(crate) type AnyTag = Arc<dyn Tag>;

/// A value that a task has, and those that it spawns.
#[deprecated]
pub trait Tag: Taggable {
    /// The value, to look at what it is.
    fn as_any(&self) -> &dyn Any;
}

/// What may be a tag.
#[deprecated]
pub trait Taggable: Debug {}

impl<T: Taggable + Any> Tag for T {
    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Gives the task that runs a tag, and returns the one before.
#[deprecated]
pub fn set_tag_for_current_task(tag: Arc<dyn Tag>) -> Option<Arc<dyn Tag>> {
    execution::set_tag(me(), tag)
}

/// The tag of the task that runs.
#[deprecated]
pub fn get_tag_for_current_task() -> Option<Arc<dyn Tag>> {
    execution::tag(me())
}

/// The tag of a task.
#[deprecated]
pub fn get_tag_for_task(task: TaskId) -> Option<Arc<dyn Tag>> {
    execution::tag(task)
}

/// Gives a task a tag, and returns the one before.
#[deprecated]
pub fn set_tag_for_task(task: TaskId, tag: Arc<dyn Tag>) -> Option<Arc<dyn Tag>> {
    execution::set_tag(task, tag)
}
