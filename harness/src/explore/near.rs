//! The order of the steps of one trace that is most like another execution: where several can come next, the one that came
//! first there.

use std::collections::BTreeMap;

use super::trace_order::TraceOrder;
use crate::kernel::{Choice, Entry, Kernel, Pick, Strategy, TaskId};

pub(crate) struct Near {
    order: TraceOrder,
    /// When the other execution took the step of a task with this number.
    places: BTreeMap<(TaskId, u32), usize>,
    had: Vec<u32>,
    done: bool,
}

impl Near {
    /// An execution of the trace `order`, as near as it gets to that of the log `other`.
    pub(crate) fn new(order: TraceOrder, other: &[Entry]) -> Self {
        let mut counts: BTreeMap<TaskId, u32> = BTreeMap::new();
        let mut places = BTreeMap::new();
        for (at, entry) in other.iter().enumerate() {
            if let Entry::Step(crate::kernel::Step { task, .. }) | Entry::Choice { task, .. } = entry {
                let count = counts.entry(*task).or_default();
                *count += 1;
                places.insert((*task, *count), at);
            }
        }
        Near {
            order,
            places,
            had: Vec::new(),
            done: false,
        }
    }

    fn advance(&mut self, task: TaskId) {
        let at = task.0 as usize;
        if self.had.len() <= at {
            self.had.resize(at + 1, 0);
        }
        self.had[at] += 1;
    }
}

impl Strategy for Near {
    fn begin(&mut self) -> bool {
        self.had.clear();
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let place = |task: TaskId| {
            let had = self.had.get(task.0 as usize).copied().unwrap_or_default();
            let other = choice.current().is_none_or(|current| current.task != task);
            (
                self.places.get(&(task, had + 1)).copied().unwrap_or(usize::MAX),
                other,
                task,
            )
        };
        let next = (choice.enabled.iter())
            .filter(|candidate| self.order.follows(candidate.task, None, &self.had))
            .min_by_key(|candidate| place(candidate.task));
        let Some(next) = next else {
            return Pick::Redundant;
        };
        let (task, index) = (next.task, next.index);
        self.advance(task);
        Pick::Task(index)
    }

    fn arm(&mut self, _kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        match self.order.next_arm(task, &self.had) {
            Some(arm) if arm < arms => {
                self.advance(task);
                Ok(arm)
            }
            _ => Err(format!("the program calls choose({arms}) now and did not before")),
        }
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.done = true;
    }
}
