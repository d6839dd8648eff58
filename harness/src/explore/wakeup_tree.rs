//! Wakeup trees: the branches that are still to be followed from each node of an execution, and the plans that
//! are inserted into them.

use std::ops::Range;
use std::rc::Rc;

use serde::{Deserialize, Serialize};

use crate::kernel::{Access, Accesses, Extra, ObjectId, TaskId, independent};

/// A step as branches and sleep sets know it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) struct Label {
    pub(super) task: TaskId,
    /// The arm, for a `choose`.
    pub(super) arm: Option<u32>,
}

/// A branch of a wakeup tree.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Branch {
    pub(super) label: Label,
    pub(super) accesses: Accesses,
    /// What it may touch besides when it runs at this place.
    pub(super) extra: Extra,
    pub(super) children: Vec<Branch>,
}

/// One object has two numbers, and is to be known by one of them alone.
fn renumber(accesses: &mut Accesses, from: ObjectId, to: ObjectId) {
    for access in accesses.iter_mut().filter(|a| a.object == from) {
        access.object = to;
    }
}

impl Branch {
    pub(super) fn renumber(&mut self, from: ObjectId, to: ObjectId) {
        renumber(&mut self.accesses, from, to);
        for branch in &mut self.children {
            branch.renumber(from, to);
        }
    }

    /// Drops the plans below that lead to nothing new after these steps have been explored; false if none is left.
    ///
    /// A plan does not know all that its steps will do when it is made, and takes its last one to do all that was announced.
    /// What the steps have done that were explored from here is known.
    pub(super) fn prune(&mut self, sleep: &[Sleeper]) -> bool {
        self.prune_below(sleep, &mut Vec::new())
    }

    fn prune_below(&mut self, sleep: &[Sleeper], path: &mut Vec<(Label, Accesses, Extra)>) -> bool {
        path.push((self.label, self.accesses.clone(), self.extra));
        let keep = if self.children.is_empty() {
            !sleep.iter().any(|sleeper| sleeper.starts(path))
        } else {
            self.children.retain_mut(|child| child.prune_below(sleep, path));
            !self.children.is_empty()
        };
        path.pop();
        keep
    }
}

/// A task that need not run here: its step has been explored.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Sleeper {
    pub(super) label: Label,
    pub(super) accesses: Accesses,
}

impl Sleeper {
    /// Whether the path contains this step and could as well begin with it. Then so could every plan that begins like the
    /// path, and was not kept because of it. A step that commutes with all of the path says nothing about those.
    fn starts(&self, path: &[(Label, Accesses, Extra)]) -> bool {
        let at = path.iter().position(|(label, ..)| label.task == self.label.task);
        at.is_some_and(|at| {
            path[at].0 == self.label
                && path[..at]
                    .iter()
                    .all(|(_, accesses, extra)| *extra == Extra::Nothing && independent(accesses, &self.accesses))
        })
    }
}

/// A node of the current execution and the step taken from it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Frame {
    pub(super) label: Label,
    /// What the step announced, and among how many enabled tasks it was chosen: the same choices must
    /// lead there again.
    pub(super) announced: Accesses,
    pub(super) width: usize,
    /// What the step did when it ran last.
    pub(super) accesses: Accesses,
    pub(super) sleep: Vec<Sleeper>,
    /// Branches of the wakeup tree that are still to be followed.
    pub(super) branches: Vec<Branch>,
    /// Arms of a `choose` that are still to be taken. There may be very many.
    pub(super) arms: Range<u32>,
    /// How many of the branches and arms are done, and how many executions they took in all.
    pub(super) done: u64,
    pub(super) took: u64,
    /// Executions of the whole search before the current one of them was begun.
    pub(super) before: u64,
}

impl Frame {
    pub(super) fn renumber(&mut self, from: ObjectId, to: ObjectId) {
        renumber(&mut self.announced, from, to);
        renumber(&mut self.accesses, from, to);
        for sleeper in &mut self.sleep {
            renumber(&mut sleeper.accesses, from, to);
        }
        for branch in &mut self.branches {
            branch.renumber(from, to);
        }
    }
}

/// A vector clock: how many events of each task are in the past.
pub(super) type Clock = Rc<Vec<u32>>;

pub(super) fn join(into: &mut Vec<u32>, other: &[u32]) {
    if into.len() < other.len() {
        into.resize(other.len(), 0);
    }
    for (a, b) in into.iter_mut().zip(other) {
        *a = (*a).max(*b);
    }
}

/// One event of an execution: a step, or an arm of a `choose`.
#[derive(Clone)]
pub(super) struct Event {
    pub(super) label: Label,
    /// Its number among the events of its task, counting from 1.
    pub(super) serial: u32,
    pub(super) accesses: Accesses,
    /// What it may touch besides, when it is planned at a place where it has not run.
    pub(super) extra: Extra,
    /// Everything that happens before it, itself included.
    pub(super) clock: Clock,
}

impl Event {
    pub(super) fn happens_before(&self, clock: &[u32]) -> bool {
        clock
            .get(self.label.task.0 as usize)
            .is_some_and(|known| *known >= self.serial)
    }
}

/// Where `label` stands in the plan, if it can come first there.
pub(super) fn initial(label: Label, plan: &[Event]) -> Option<usize> {
    let at = plan.iter().position(|e| e.label.task == label.task)?;
    let comes_first = plan[at].label == label && !plan[..at].iter().any(|e| e.happens_before(&plan[at].clock));
    comes_first.then_some(at)
}

/// A place in a schedule where a plan is to be followed: the events before it, and the branches from there on.
pub(super) struct Place<'a> {
    pub(super) past: &'a [Event],
    pub(super) path: Vec<(TaskId, Accesses)>,
    /// What the steps have done that have run here.
    pub(super) known: Vec<Accesses>,
}

impl Place<'_> {
    /// Whether a task has touched one of these objects. If not, its waker is not there: a future of this crate
    /// that is polled with the waker of somebody else is found out by the driver of tasks.
    fn touched(&self, task: TaskId, accesses: &[Access]) -> bool {
        let one_of = |touched: &[Access]| touched.iter().any(|a| accesses.iter().any(|b| a.object == b.object));
        self.past.iter().any(|e| e.label.task == task && one_of(&e.accesses))
            || self.path.iter().any(|(t, touched)| *t == task && one_of(touched))
    }

    /// Whether an execution that starts with this step can be equivalent to one that follows the plan: the
    /// step is part of the plan and can come first, or it commutes with all of it.
    pub(super) fn weak_initial(&self, label: Label, accesses: &[Access], extra: Extra, plan: &[Event]) -> bool {
        if plan.iter().any(|e| e.label.task == label.task) {
            return initial(label, plan).is_some();
        }
        plan.iter().all(|e| {
            independent(&e.accesses, accesses)
                && e.extra.commutes(accesses, || self.touched(label.task, &e.accesses))
                && extra.commutes(&e.accesses, || {
                    let before = |other: &Event| other.label.task == e.label.task && other.serial < e.serial;
                    self.touched(e.label.task, accesses) || plan.iter().any(before)
                })
        })
    }

    /// The same for a step that has run here, so that it is known what it does.
    pub(super) fn starts(&self, sleeper: &Sleeper, plan: &[Event]) -> bool {
        match plan.iter().position(|e| e.label.task == sleeper.label.task) {
            Some(at) => {
                plan[at].label == sleeper.label
                    && plan[..at].iter().all(|e| independent(&e.accesses, &sleeper.accesses))
            }
            None => self.weak_initial(sleeper.label, &sleeper.accesses, Extra::Nothing, plan),
        }
    }

    /// Whether a step that has run here commutes with all of the path. The last step of a plan announces more than it may
    /// do, so there are such paths, and the step sleeps where they end: what is planned there has to be followed from
    /// them, because nothing that commutes with the sleeping step is going to be planned again.
    fn is_beside_known(&self) -> bool {
        let commutes = |known: &Accesses| self.path.iter().all(|(_, accesses)| independent(accesses, known));
        self.known.iter().any(commutes)
    }

    /// Adds a plan to a wakeup tree, unless a branch of it leads to an equivalent execution already.
    pub(super) fn insert(&mut self, branches: &mut Vec<Branch>, mut plan: Vec<Event>) {
        let found = branches
            .iter_mut()
            .find(|b| self.weak_initial(b.label, &b.accesses, b.extra, &plan));
        if let Some(branch) = found {
            let mut accesses = branch.accesses.clone();
            if let Some(at) = initial(branch.label, &plan) {
                let is_last = at + 1 == plan.len();
                let event = plan.remove(at);
                if !is_last {
                    // It has run, with all that it depends on.
                    accesses = event.accesses;
                }
            }
            self.path.push((branch.label.task, accesses));
            if !plan.is_empty() && (!branch.children.is_empty() || self.is_beside_known()) {
                self.insert(&mut branch.children, plan);
            }
            return;
        }
        let chain = plan.into_iter().rev().fold(Vec::new(), |children, event| {
            vec![Branch {
                label: event.label,
                accesses: event.accesses,
                extra: event.extra,
                children,
            }]
        });
        branches.extend(chain);
    }
}
