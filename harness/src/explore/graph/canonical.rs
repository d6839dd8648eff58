//! Which of several executions counts that differ in the order of operations that commute.
//!
//! Operations on locks and the like have one order for each object, or for several objects that are one here, in which the
//! search tries all places. Where two of them commute (they share a lock, wake the same task, or touch different ones of the
//! objects that are one) some of these orders are the same execution. One of them counts: that in which each time the first
//! task that can does its next event, whatever else it could be.

use std::collections::BTreeMap;

use super::lineage::Lineage;
use crate::kernel::{Accesses, ObjectId, Past, TaskId, includes, independent, join};

#[derive(Debug)]
struct Event {
    task: TaskId,
    /// What comes before it in every such order, with itself.
    past: Past,
    touches: Accesses,
}

/// The events of a run.
#[derive(Debug, Default)]
pub(super) struct Canonical {
    events: Vec<Event>,
    /// The past of what a task does next.
    tasks: BTreeMap<TaskId, Past>,
    /// The operations on the objects that are one, in order.
    chains: BTreeMap<ObjectId, Vec<usize>>,
    /// The events that others read from, by their stamps.
    stamps: BTreeMap<usize, usize>,
    /// Neighbours in a chain have commuted.
    is_open: bool,
}

impl Canonical {
    pub(super) fn clear(&mut self) {
        *self = Canonical::default();
    }

    pub(super) fn spawn(&mut self, parent: TaskId, child: TaskId) {
        let past = self.tasks.get(&parent).cloned().unwrap_or_default();
        self.tasks.insert(child, past);
    }

    pub(super) fn join(&mut self, task: TaskId, target: TaskId) {
        let past = self.tasks.get(&target).cloned().unwrap_or_default();
        join(self.tasks.entry(task).or_default(), &past);
    }

    /// What any of these tasks does from now on comes after all that has been.
    pub(super) fn everything_is_past(&mut self, tasks: impl Iterator<Item = TaskId>) {
        let mut all = Past::new();
        for past in self.tasks.values() {
            join(&mut all, past);
        }
        for task in tasks {
            self.tasks.insert(task, all.clone());
        }
    }

    /// The next event of a task. `stamp`: that of an operation; `from`: of what it reads; `chain`: where it has its place.
    pub(super) fn add(
        &mut self,
        task: TaskId,
        stamp: Option<usize>,
        from: Option<usize>,
        chain: Option<ObjectId>,
        touches: &Accesses,
    ) {
        let mut past = self.tasks.get(&task).cloned().unwrap_or_default();
        let own = task.0 as usize;
        past.resize(past.len().max(own + 1), 0);
        past[own] += 1;
        if let Some(from) = from.and_then(|from| self.stamps.get(&from)) {
            join(&mut past, &self.events[*from].past);
        }
        let at = self.events.len();
        if let Some(chain) = chain {
            let chain = self.chains.entry(chain).or_default();
            for other in chain.iter().rev().map(|other| &self.events[*other]) {
                if !independent(&other.touches, touches) && !other.is_in(&past) {
                    join(&mut past, &other.past);
                }
            }
            self.is_open |= chain.last().is_some_and(|last| !self.events[*last].is_in(&past));
            chain.push(at);
        }
        if let Some(stamp) = stamp {
            self.stamps.insert(stamp, at);
        }
        self.tasks.insert(task, past.clone());
        self.events.push(Event {
            task,
            past,
            touches: touches.clone(),
        });
    }

    /// Whether this run counts.
    pub(super) fn counts(&self, lineage: &Lineage) -> bool {
        if !self.is_open {
            return true;
        }
        let mut left: BTreeMap<TaskId, Vec<usize>> = BTreeMap::new();
        for (at, event) in self.events.iter().enumerate().rev() {
            left.entry(event.task).or_default().push(at);
        }
        let mut places = vec![0; self.events.len()];
        let mut done = Past::new();
        for place in 0..self.events.len() {
            let is_next = |&(task, events): &(&TaskId, &Vec<usize>)| {
                let next = events.last().map(|next| &self.events[*next].past);
                next.is_some_and(|past| {
                    let others = (0..past.len()).filter(|other| *other != task.0 as usize);
                    others
                        .into_iter()
                        .all(|other| past[other] == 0 || includes(&done, other, past[other]))
                })
            };
            let next = left.iter().filter(is_next).min_by_key(|(task, _)| lineage.rank(**task));
            let Some(task) = next.map(|(task, _)| *task) else {
                return true;
            };
            let Some(at) = left.get_mut(&task).and_then(Vec::pop) else {
                return true;
            };
            places[at] = place;
            join(&mut done, &self.events[at].past);
        }
        self.chains
            .values()
            .all(|chain| chain.is_sorted_by_key(|at| places[*at]))
    }
}

impl Event {
    fn is_in(&self, past: &Past) -> bool {
        let own = self.task.0 as usize;
        includes(past, own, self.past[own])
    }
}
