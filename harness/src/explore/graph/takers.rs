//! Who takes from a queue: where others take, too, graphs cannot tell whether a wait for a time was in vain.

use super::Graphs;
use crate::kernel::{Class, Op, TaskId};

/// Who takes from a queue.
#[derive(Debug)]
pub(super) struct Takers {
    first: TaskId,
    /// There are others.
    several: bool,
    /// One of them waits only for a time.
    timed: bool,
}

impl Graphs {
    /// An operation that can run may take from a queue.
    pub(super) fn takes(&mut self, task: TaskId, op: &Op) {
        let takes = |class| matches!(class, Class::Pop | Class::TryPop);
        for access in op.accesses.iter().filter(|access| takes(access.class)) {
            let takers = self.takers.entry(access.object).or_insert(Takers {
                first: task,
                several: false,
                timed: false,
            });
            takers.several |= takers.first != task;
            takers.timed |= op.deadline.is_some();
            if takers.several && takers.timed {
                self.give_up("several tasks take from a channel, and one of them waits only for a time");
            }
        }
    }
}
