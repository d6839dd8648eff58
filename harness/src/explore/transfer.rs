//! The order of operations of one execution, tried on another program, as far as that has them.
//!
//! Operations are the same if task, operation and object have the same names, and it is the same time that the task does it, as long as
//! nothing tells that it is another one. The other program may do more of them, and then a task goes on by itself until it comes to
//! the one that is next in the order.

use std::collections::{BTreeMap, BTreeSet};

use super::recorded::object_of;
use crate::kernel::{Access, Choice, Class, Entry, Kernel, ObjectId, Pick, StoreName, Strategy, TaskId, Ways};

/// An operation of a task, by names: the nth time that the task does this to that object, counting from 1.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Named {
    pub(crate) task: String,
    pub(crate) object: String,
    pub(crate) verb: &'static str,
    pub(crate) nth: u32,
}

/// One operation of the order.
#[derive(Clone, Debug)]
pub(crate) struct Ordered {
    pub(crate) name: Named,
    /// The place of its row in the trace.
    pub(crate) row: Option<usize>,
    /// It gives a lock back.
    pub(crate) releases: bool,
    /// The arm that it takes, if it is a `choose`.
    arm: Option<u32>,
    /// Which store it sees, where others were possible: whose, and the how-manieth.
    sees: Option<(String, u32)>,
}

fn name_of(kernel: &Kernel, task: TaskId) -> Option<String> {
    let at = kernel.tasks.iter().position(|t| t.id == task)?;
    Some(kernel.task_name(at))
}

/// Counts what each task has done.
#[derive(Default)]
struct Counts(BTreeMap<(String, String, &'static str), u32>);

impl Counts {
    fn next(&mut self, task: String, object: String, verb: &'static str) -> Named {
        let count = self.0.entry((task.clone(), object.clone(), verb)).or_default();
        *count += 1;
        Named {
            task,
            object,
            verb,
            nth: *count,
        }
    }

    /// What the task does if it does this next.
    fn after(&self, task: String, object: String, verb: &'static str) -> Named {
        let mut name = Named {
            task,
            object,
            verb,
            nth: 0,
        };
        name.nth = self.of(&name) + 1;
        name
    }

    fn of(&self, name: &Named) -> u32 {
        let key = (name.task.clone(), name.object.clone(), name.verb);
        self.0.get(&key).copied().unwrap_or_default()
    }
}

/// The operations of an execution that recorded names, in their order.
pub(crate) fn order_of(kernel: &Kernel) -> Vec<Ordered> {
    let mut counts = Counts::default();
    let mut order: Vec<Ordered> = Vec::new();
    for (at, entry) in kernel.log.iter().enumerate() {
        let row = kernel.recorder.as_ref().and_then(|recorder| recorder.row_of(at));
        match entry {
            Entry::Step(step) => {
                let Some(task) = name_of(kernel, step.task) else {
                    continue;
                };
                let releases = |a: &Access| matches!(a.class, Class::Release | Class::ShareRelease);
                order.push(Ordered {
                    name: counts.next(task, object_of(kernel, &step.announced), step.verb),
                    row,
                    releases: step.announced.first().is_some_and(releases),
                    arm: None,
                    sees: None,
                });
            }
            Entry::Choice { sees: Some(store), .. } => {
                if let Some(last) = order.last_mut() {
                    last.sees = Some((kernel.task_name(store.task), store.nth));
                }
            }
            Entry::Choice {
                task,
                arm,
                asked: Some(_),
                ..
            } => {
                let Some(task) = name_of(kernel, *task) else { continue };
                order.push(Ordered {
                    name: counts.next(task, String::new(), "choose"),
                    row,
                    releases: false,
                    arm: Some(*arm),
                    sees: None,
                });
            }
            _ => {}
        }
    }
    order
}

/// What the other program has of the order.
#[derive(Clone, Debug)]
pub(crate) struct Mapped {
    /// For each operation of the order the one that it is there, if there is one.
    pub(crate) to: Vec<Option<Named>>,
}

impl Mapped {
    /// Finds the operations of the order among those that the other program has been seen to do.
    ///
    /// The nth time is the nth time, unless the task does something else there to an object of the same name, and does the nth time
    /// what it does later in the order. That something else takes the place of what is not there: a read-modify-write that of a load
    /// and of a store.
    pub(crate) fn of(order: &[Ordered], seen: &[Vec<Ordered>]) -> Self {
        let all: BTreeSet<&Named> = seen.iter().flatten().map(|o| &o.name).collect();
        let tasks: BTreeSet<&str> = order.iter().map(|o| o.name.task.as_str()).collect();
        let turns: Vec<InTurn<'_>> = tasks.into_iter().map(|task| InTurn::of(task, order, seen)).collect();
        let in_turn: BTreeMap<&Named, &Named> = turns.iter().flat_map(InTurn::pairs).collect();
        let later: BTreeSet<&Named> = (in_turn.iter())
            .filter(|(ours, theirs)| ours.nth > theirs.nth)
            .map(|(_, theirs)| *theirs)
            .collect();
        let is_replaced = |at: usize| {
            let others = others_of(&order[at], order, seen);
            turns.iter().any(|turn| turn.has_one_of(&others, &order[at].name))
        };
        let is_same = |at: usize| {
            let name = &order[at].name;
            all.contains(name) && !(later.contains(name) && is_replaced(at))
        };
        let same: BTreeSet<&Named> = (0..order.len())
            .filter(|&at| is_same(at))
            .map(|at| &order[at].name)
            .collect();
        let mut taken: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        let to = order.iter().map(|ordered| {
            let name = &ordered.name;
            if same.contains(name) {
                return Some(name.clone());
            }
            if let Some(theirs) = in_turn.get(name).filter(|theirs| !same.contains(*theirs)) {
                return Some((*theirs).clone());
            }
            let others = others_of(ordered, order, seen);
            let at = taken.entry((&name.task, &name.object)).or_default();
            let other = others.get((*at).min(others.len().checked_sub(1)?)).cloned();
            *at += 1;
            other
        });
        Mapped { to: to.collect() }
    }
}

/// What a task does in the order and in the execution seen that is most like it, and a longest sequence that it does one after the other
/// in both, as places in these.
struct InTurn<'a> {
    ours: Vec<&'a Named>,
    theirs: Vec<&'a Named>,
    common: Vec<(usize, usize)>,
}

impl<'a> InTurn<'a> {
    fn of(task: &str, order: &'a [Ordered], seen: &'a [Vec<Ordered>]) -> Self {
        let does = |of: &&Named| of.task == task;
        let ours: Vec<&Named> = order.iter().map(|o| &o.name).filter(does).collect();
        let theirs: BTreeSet<Vec<&Named>> = (seen.iter())
            .map(|execution| execution.iter().map(|o| &o.name).filter(does).collect())
            .collect();
        let compared = theirs
            .into_iter()
            .map(|theirs| (longest_common(&ours, &theirs), theirs));
        // Of several the first.
        let (common, theirs) = compared
            .rev()
            .max_by_key(|(common, _)| common.len())
            .unwrap_or_default();
        InTurn { ours, theirs, common }
    }

    fn pairs(&self) -> impl Iterator<Item = (&'a Named, &'a Named)> {
        self.common.iter().map(|&(i, j)| (self.ours[i], self.theirs[j]))
    }

    /// Whether one of `others` stands there where `name` stands here.
    fn has_one_of(&self, others: &[Named], name: &Named) -> bool {
        let Some(place) = self.ours.iter().position(|ours| *ours == name) else {
            return false;
        };
        let before = self.common.iter().rev().find(|(i, _)| *i < place);
        let after = self.common.iter().find(|(i, _)| *i > place);
        let gap = before.map_or(0, |(_, j)| j + 1)..after.map_or(self.theirs.len(), |(_, j)| *j);
        self.theirs[gap].iter().any(|theirs| others.contains(theirs))
    }
}

/// A longest common subsequence of what a task does in two programs, as places in both; of several the one that has what comes first.
fn longest_common(ours: &[&Named], theirs: &[&Named]) -> Vec<(usize, usize)> {
    let same = |one: &Named, other: &Named| (one.verb, &one.object) == (other.verb, &other.object);
    // How long it is from these two places on.
    let mut length = vec![vec![0_u32; theirs.len() + 1]; ours.len() + 1];
    for i in (0..ours.len()).rev() {
        for j in (0..theirs.len()).rev() {
            length[i][j] = match same(ours[i], theirs[j]) {
                true => length[i + 1][j + 1] + 1,
                false => length[i + 1][j].max(length[i][j + 1]),
            };
        }
    }
    let (mut i, mut j, mut common) = (0, 0, Vec::new());
    while i < ours.len() && j < theirs.len() {
        if same(ours[i], theirs[j]) {
            common.push((i, j));
            (i, j) = (i + 1, j + 1);
        } else if length[i + 1][j] >= length[i][j + 1] {
            i += 1;
        } else {
            j += 1;
        }
    }
    common
}

/// What the task does to the object in the other program and nowhere in the order, in the order of the execution that has most of it.
/// Nothing takes the place of giving back a lock.
fn others_of(ordered: &Ordered, order: &[Ordered], seen: &[Vec<Ordered>]) -> Vec<Named> {
    let name = &ordered.name;
    if ordered.releases || name.object.is_empty() {
        return Vec::new();
    }
    let ours = |o: &&Ordered| o.name.task == name.task && o.name.object == name.object;
    let known: BTreeSet<&str> = order.iter().filter(ours).map(|o| o.name.verb).collect();
    let others = seen.iter().map(|execution| {
        let others = execution.iter().filter(ours);
        let others = others.filter(|o| !o.releases && !known.contains(o.name.verb));
        others.map(|o| o.name.clone()).collect::<Vec<_>>()
    });
    // Of several the first.
    others.rev().max_by_key(Vec::len).unwrap_or_default()
}

/// Why the order cannot be followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Obstacle {
    /// The task cannot go on to it.
    Waits {
        /// What it is about to do, if that is something else.
        next: String,
        /// What it waits for.
        waits_for: String,
    },
    /// It belongs to one that has happened, and what the order has in between came after that.
    OneStep {
        /// The place in the order of the first operation that is part of it.
        with: usize,
        /// The place of what came in between.
        between: usize,
        /// What it is in the other program.
        is: Named,
    },
    /// The task has to do it before something that comes earlier in the order, and what the order has in between comes after that.
    Earlier {
        /// The place of what it has to be done before.
        before: usize,
        /// The place of what came in between.
        between: usize,
    },
    /// The task has ended without it.
    Ended,
    /// It does not see the store that it has seen.
    Sees,
}

/// An execution of the other program along the order.
pub(crate) struct Transfer {
    order: Vec<Ordered>,
    mapped: Mapped,
    at: usize,
    counts: Counts,
    /// What a task had to do to come to an operation of the order, and the place of that.
    ahead: BTreeMap<Named, usize>,
    read: usize,
    /// Where and why the order is left.
    pub(crate) obstacle: Option<(usize, Obstacle)>,
    done: bool,
}

impl Transfer {
    pub(crate) fn new(order: Vec<Ordered>, mapped: Mapped) -> Self {
        Transfer {
            order,
            mapped,
            at: 0,
            counts: Counts::default(),
            ahead: BTreeMap::new(),
            read: 0,
            obstacle: None,
            done: false,
        }
    }

    fn read(&mut self, kernel: &Kernel) {
        for entry in &kernel.log[self.read..] {
            let (task, verb, object) = match entry {
                Entry::Step(step) => (step.task, step.verb, object_of(kernel, &step.announced)),
                Entry::Choice {
                    task, asked: Some(_), ..
                } => (*task, "choose", String::new()),
                _ => continue,
            };
            if let Some(task) = name_of(kernel, task) {
                self.counts.next(task, object, verb);
            }
        }
        self.read = kernel.log.len();
    }

    /// Why an operation that has happened comes too late in the order: it is one step with an earlier one, or had to be done before
    /// one, and somebody does something to the same object in between.
    fn too_late(&self, at: usize) -> Option<Obstacle> {
        let is = self.mapped.to[at].as_ref()?;
        let task = &self.order[at].name.task;
        let foreign = |between: &usize| {
            let other = self.mapped.to[*between].as_ref();
            other.is_some_and(|other| other.object == is.object && other.task != *task)
        };
        let between = |since: usize| (since + 1..at).find(foreign);
        let same = |other: &Option<Named>| other.as_ref() == Some(is);
        if let Some(with) = self.mapped.to[..at].iter().position(same) {
            let (between, is) = (between(with)?, is.clone());
            return Some(Obstacle::OneStep { with, between, is });
        }
        let before = *self.ahead.get(is)?;
        let between = between(before)?;
        Some(Obstacle::Earlier { before, between })
    }

    /// The next operation of the order that has not happened, and is one of the other program.
    fn next(&mut self) -> Option<Named> {
        while self.at < self.order.len() && self.obstacle.is_none() {
            match &self.mapped.to[self.at] {
                Some(name) if self.counts.of(name) < name.nth => return Some(name.clone()),
                Some(_) => {
                    if let Some(why) = self.too_late(self.at) {
                        self.obstacle = Some((self.at, why));
                        return None;
                    }
                }
                None => {}
            }
            self.at += 1;
        }
        None
    }
}

impl Strategy for Transfer {
    fn begin(&mut self) -> bool {
        (self.at, self.read, self.obstacle) = (0, 0, None);
        self.counts = Counts::default();
        self.ahead.clear();
        !self.done
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let kernel = choice.kernel;
        self.read(kernel);
        let goes_on = choice.current().unwrap_or(&choice.enabled[0]).index;
        let Some(name) = self.next() else {
            return Pick::Task(goes_on);
        };
        let ours = |index: usize| kernel.task_name(index) == name.task;
        if let Some(candidate) = choice.enabled.iter().find(|c| ours(c.index)) {
            let op = kernel.pending_op(candidate.index);
            let object = object_of(kernel, &op.accesses);
            let does = self.counts.after(name.task.clone(), object, op.verb);
            if does != name {
                self.ahead.entry(does).or_insert(self.at);
            }
            return Pick::Task(candidate.index);
        }
        let Some(index) = (0..kernel.tasks.len()).find(|&index| kernel.task_name(index) == name.task) else {
            // Nobody has spawned it yet.
            return Pick::Task(goes_on);
        };
        let obstacle = match kernel.what_next(index) {
            (next, Some(waits_for)) => {
                let is_it = kernel.announced_op(index).is_some_and(|op| {
                    let object = object_of(kernel, &op.accesses);
                    self.counts.after(name.task.clone(), object, op.verb) == name
                });
                let next = if is_it { String::new() } else { next };
                Obstacle::Waits { next, waits_for }
            }
            _ => Obstacle::Ended,
        };
        self.obstacle = Some((self.at, obstacle));
        Pick::Task(goes_on)
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.read(kernel);
        let name = name_of(kernel, task);
        let arm = name.and_then(|task| {
            let next = self.counts.after(task, String::new(), "choose");
            self.order.iter().find(|o| o.name == next)?.arm
        });
        Ok(arm.filter(|&arm| arm < arms).unwrap_or(0))
    }

    fn way(&mut self, kernel: &Kernel, task: TaskId, object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        self.read(kernel);
        // The latest store comes first.
        let latest = 0;
        let name = name_of(kernel, task);
        let here = self.mapped.to.get(self.at).and_then(Option::as_ref);
        let does_it = |here: &Named, name: &str| here.task == name && self.counts.of(here) == here.nth;
        let wanted = (here.zip(name))
            .filter(|(here, name)| self.obstacle.is_none() && does_it(here, name))
            .and_then(|_| self.order[self.at].sees.clone());
        let Some((of, nth)) = wanted else {
            return Ok(Some(latest));
        };
        let fits = |store: StoreName| kernel.task_name(store.task) == of && store.nth == nth;
        let way = ways
            .open
            .iter()
            .position(|way| kernel.happens_before.store_name(object, way.store).is_some_and(fits));
        if way.is_none() {
            self.obstacle = Some((self.at, Obstacle::Sees));
        }
        Ok(Some(way.map_or(latest, |way| way as u32)))
    }

    fn end(&mut self, kernel: &Kernel) {
        self.read(kernel);
        if self.next().is_some() {
            self.obstacle = Some((self.at, Obstacle::Ended));
        }
        self.done = true;
    }
}
