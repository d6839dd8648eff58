//! The order of the steps of one trace that is most like another execution: where several can come next, the one that came
//! first there.

use std::collections::BTreeMap;

use super::trace_order::{Along, TraceOrder};
use crate::kernel::{Choice, Entry, Kernel, Pick, Step, Strategy, TaskId};

pub(crate) struct Near {
    along: Along,
    /// When the other execution took the step of a task with this number.
    places: BTreeMap<(TaskId, u32), usize>,
    done: bool,
}

impl Near {
    /// An execution of the trace `order`, as near as it gets to that of the log `other`.
    pub(crate) fn new(order: TraceOrder, other: &[Entry]) -> Self {
        let mut counts: BTreeMap<TaskId, u32> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (at, entry) in other.iter().enumerate() {
            if let Entry::Step(Step { task, .. }) | Entry::Choice { task, .. } = entry {
                let count = counts.entry(*task).or_default();
                *count += 1;
                places.insert((*task, *count), at);
            }
        }
        Near {
            along: Along::new(order),
            places,
            done: false,
        }
    }
}

impl Strategy for Near {
    fn begin(&mut self) -> bool {
        self.along.begin();
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let place = |task: TaskId| {
            let place = self.places.get(&(task, self.along.next_of(task))).copied();
            let other = choice.current().is_none_or(|current| current.task != task);
            (place.unwrap_or(usize::MAX), other, task)
        };
        let next = (choice.enabled.iter())
            .filter(|candidate| self.along.is_next(candidate.task))
            .min_by_key(|candidate| place(candidate.task));
        let Some(next) = next else {
            return Pick::Redundant;
        };
        let (task, index) = (next.task, next.index);
        self.along.advance(task);
        Pick::Task(index)
    }

    fn arm(&mut self, _kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.along.arm(task, arms)
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.done = true;
    }
}
