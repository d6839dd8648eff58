//! The order of the steps of an execution that every equivalent one shares.

use super::races::Analysis;
use super::wakeup_tree::Event;
#[cfg(test)]
use crate::kernel::{End, ObjectId};
use crate::kernel::{Entry, Kernel, TaskId};

/// The happens-before order of the steps of an execution.
#[derive(Clone)]
pub(crate) struct TraceOrder(Vec<Event>);

impl TraceOrder {
    /// The order in `log`, which is that of the kernel or differs from it in the accesses of steps.
    pub(crate) fn of(kernel: &Kernel, log: &[Entry]) -> Self {
        let mut analysis = Analysis::new(kernel);
        analysis.walk(log, None);
        TraceOrder(analysis.events)
    }

    /// Whether the one step, by its number among steps and choices, happens before the other.
    pub(crate) fn orders(&self, before: usize, after: usize) -> bool {
        self.0[before].happens_before(&self.0[after].clock)
    }
}

/// An execution on its way through the orders of one trace.
#[derive(Clone)]
pub(crate) struct Along {
    order: TraceOrder,
    /// How many events each task has had.
    had: Vec<u32>,
}

impl Along {
    pub(crate) fn new(order: TraceOrder) -> Self {
        Along { order, had: Vec::new() }
    }

    /// The execution begins.
    pub(crate) fn begin(&mut self) {
        self.had.clear();
    }

    /// How many events each task has had.
    pub(crate) fn had(&self) -> &[u32] {
        &self.had
    }

    /// The number of the next event of `task` among its own, counting from 1.
    pub(crate) fn next_of(&self, task: TaskId) -> u32 {
        self.had.get(task.0 as usize).copied().unwrap_or(0) + 1
    }

    /// The task has had its next event.
    pub(crate) fn advance(&mut self, task: TaskId) {
        let at = task.0 as usize;
        if self.had.len() <= at {
            self.had.resize(at + 1, 0);
        }
        self.had[at] += 1;
    }

    /// Whether the next event of `task` is a step, and all that comes before it has been.
    pub(crate) fn is_next(&self, task: TaskId) -> bool {
        let before = |at: usize| self.had.get(at).copied().unwrap_or(0);
        self.next(task).is_some_and(|event| {
            let others = event.clock.iter().enumerate().filter(|(at, _)| *at != task.0 as usize);
            event.label.arm.is_none() && others.into_iter().all(|(at, &known)| known <= before(at))
        })
    }

    /// The arm that `task` takes next, which is an event.
    ///
    /// # Errors
    /// If it does not choose one of so many.
    pub(crate) fn arm(&mut self, task: TaskId, arms: u32) -> Result<u32, String> {
        match self.next(task).and_then(|event| event.label.arm) {
            Some(arm) if arm < arms => {
                self.advance(task);
                Ok(arm)
            }
            _ => Err(format!("the program calls choose({arms}) now and did not before")),
        }
    }

    fn next(&self, task: TaskId) -> Option<&Event> {
        let serial = self.next_of(task);
        self.order.0.iter().find(|e| e.label.task == task && e.serial == serial)
    }
}

/// The Mazurkiewicz trace of an execution, as text: each event with everything that happens before it.
/// Two executions have the same text exactly when one can be turned into the other by swapping
/// neighbouring steps that commute.
#[cfg(test)]
pub(crate) fn canonical(kernel: &Kernel) -> String {
    let mut analysis = Analysis::new(kernel);
    let verbs: Vec<&str> = kernel
        .log
        .iter()
        .filter_map(|e| match e {
            Entry::Step(s) => Some(s.verb),
            Entry::Choice { .. } => Some("choose"),
            _ => None,
        })
        .collect();
    analysis.walk(&kernel.log, None);
    let mut lines: Vec<String> = analysis
        .events
        .iter()
        .zip(verbs)
        .map(|(e, verb)| {
            let mut accesses = e.accesses.to_vec();
            // The number of an object that is known by pasts is not the same in all searches, nor at all times in one.
            for access in accesses
                .iter_mut()
                .filter(|a| kernel.numbering.is_known_by_past(a.object))
            {
                access.object = ObjectId(u32::MAX);
            }
            accesses.sort_unstable();
            let mut clock = e.clock.to_vec();
            while clock.last() == Some(&0) {
                clock.pop();
            }
            format!("{:?} {} {verb} {accesses:?} {clock:?}", e.label, e.serial)
        })
        .collect();
    lines.sort_unstable();
    lines.push(match &kernel.ending {
        Some(End::Livelock(_)) => "Livelock".to_owned(),
        other => format!("{other:?}"),
    });
    lines.join("\n")
}
