//! The orders in which the steps of one trace can be run, with at most so many preemptions.
//!
//! Which tasks can go on depends on what has run, and not on its order. So an order is left where another one has come to the
//! same steps, the last of them by the same task, with no more preemptions. By the same task also where that waits: a timer that fires
//! early may wake it, and to let another one go first is a preemption then.

use std::collections::BTreeMap;

use super::trace_order::{Along, TraceOrder};
use crate::kernel::{Choice, Kernel, Pick, Strategy, TaskId};

/// One choice of the current order.
#[derive(Debug)]
struct Level {
    /// Tasks by their indices, the current one first.
    options: Vec<usize>,
    at: usize,
}

/// How many events each task has had, and whose the last step was.
type Place = (Vec<u32>, Option<TaskId>);

pub(crate) struct Linear {
    along: Along,
    bound: usize,
    levels: Vec<Level>,
    depth: usize,
    preemptions: usize,
    /// With how many preemptions each place has been come to.
    seen: BTreeMap<Place, usize>,
    done: bool,
}

impl Linear {
    pub(crate) fn new(order: TraceOrder, bound: usize) -> Self {
        Linear {
            along: Along::new(order),
            bound,
            levels: Vec::new(),
            depth: 0,
            preemptions: 0,
            seen: BTreeMap::new(),
            done: false,
        }
    }

    /// What can be tried where nothing has been tried yet.
    fn options(&mut self, choice: &Choice<'_>) -> Vec<usize> {
        let current = choice.current();
        let stepper = choice.kernel.stepper.map(|index| choice.kernel.tasks[index].id);
        let place = (self.along.had().to_vec(), stepper);
        let before = self.seen.entry(place).or_insert(usize::MAX);
        if *before <= self.preemptions {
            return Vec::new();
        }
        *before = self.preemptions;
        let ready = |task: TaskId| self.along.is_next(task);
        let spent = self.preemptions >= self.bound;
        let mut options: Vec<usize> = current.filter(|c| ready(c.task)).map(|c| c.index).into_iter().collect();
        if current.is_none() || !spent {
            let others = choice
                .enabled
                .iter()
                .filter(|c| current.is_none_or(|current| current.index != c.index));
            options.extend(others.filter(|c| ready(c.task)).map(|c| c.index));
        }
        options
    }
}

impl Strategy for Linear {
    fn begin(&mut self) -> bool {
        self.depth = 0;
        self.preemptions = 0;
        self.along.begin();
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        if self.depth == self.levels.len() {
            let options = self.options(choice);
            if options.is_empty() {
                return Pick::Redundant;
            }
            self.levels.push(Level { options, at: 0 });
        }
        let level = &self.levels[self.depth];
        let index = level.options[level.at];
        self.depth += 1;
        let Some(next) = choice.enabled.iter().find(|c| c.index == index) else {
            return Pick::Diverged(format!(
                "{} could go on before and cannot now",
                choice.kernel.task_name(index)
            ));
        };
        self.preemptions += usize::from(choice.current().is_some_and(|current| current.index != index));
        self.along.advance(next.task);
        Pick::Task(index)
    }

    fn arm(&mut self, _kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.along.arm(task, arms)
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.levels.truncate(self.depth);
        while let Some(level) = self.levels.last_mut() {
            level.at += 1;
            if level.at < level.options.len() {
                return;
            }
            self.levels.pop();
        }
        self.done = true;
    }
}
