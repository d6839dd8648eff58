//! [`Id`]: which task.

use std::fmt;

use crate::engine::any;

/// Tells tasks apart. Under the controlled engine a task has the same one in every interleaving.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Id(any::TaskKey);

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Id({self})")
    }
}

impl Id {
    pub(super) fn of(key: any::TaskKey) -> Self {
        Id(key)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The id of the current task.
///
/// # Panics
/// Where it has none: in a thread, in the future of [`block_on`](super::block_on), and under loom.
#[track_caller]
pub fn id() -> Id {
    try_id().expect("Can't get a task id when not inside a task")
}

/// The id of the current task, if it is one that was spawned: not a thread, nor the future of
/// [`block_on`](super::block_on).
///
/// # Panics
/// Under loom.
#[track_caller]
pub fn try_id() -> Option<Id> {
    any::current_task().map(Id)
}
