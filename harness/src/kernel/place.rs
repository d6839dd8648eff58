//! What is known of memory in one execution, and digests of what has happened before; [`places`](super::places) says what for.

use std::collections::BTreeMap;
use std::panic::Location;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::log::{Entry, Step};
use super::op::{Access, Accesses, Class, ObjectId, TaskId};
use super::order::Order;

/// Memory that the kernel knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(crate) enum Owner {
    /// What an `Arc` holds, by the number of its counts.
    Shared(ObjectId),
    /// A future that a task runs.
    Future(TaskId),
    /// The stack of a task.
    Stack(TaskId),
    /// A static, by its distance from the beginning of the program or library that it belongs to.
    Static(usize),
}

/// A place in such memory, and which of the objects it is that have been there.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub(super) struct Place {
    pub(super) owner: Owner,
    pub(super) offset: usize,
    pub(super) nth: u32,
}

impl Place {
    /// Words that are the same whatever the numbers are.
    pub(super) fn text(&self, object: impl Fn(ObjectId) -> String, task: impl Fn(u32) -> String) -> String {
        let owner = match self.owner {
            Owner::Shared(counts) => object(counts),
            Owner::Future(id) => format!("{} future", task(id.0)),
            Owner::Stack(id) => format!("{} stack", task(id.0)),
            Owner::Static(at) => format!("static {at}"),
        };
        format!("{owner}+{}.{}", self.offset, self.nth)
    }
}

/// What is known of memory in one execution.
#[derive(Debug, Default)]
pub(crate) struct Places {
    /// By the address.
    pub(super) blocks: BTreeMap<usize, Block>,
    /// The objects that have been at a place so far.
    pub(super) used: BTreeMap<(Owner, usize), u32>,
    /// The tasks, by their indices, that have used an object that is known by pasts, and the past of each at its first use.
    /// By the number of the object.
    users: Vec<SmallVec<[(usize, u64); 2]>>,
    /// How many of them each task has used, by its index.
    uses: Vec<u64>,
    /// The numbers that are another one's in this execution.
    pub(super) here: BTreeMap<u32, u32>,
    pub(super) pasts: Pasts,
    /// Where an object was made that could not be told from another one.
    pub(crate) unsure: Option<&'static Location<'static>>,
}

/// The entry at an index, of a list that is as long as it has to be.
fn entry_of<T: Default>(list: &mut Vec<T>, at: usize) -> &mut T {
    if list.len() <= at {
        list.resize_with(at + 1, T::default);
    }
    &mut list[at]
}

impl Places {
    /// Another execution begins.
    pub(super) fn clear(&mut self) {
        // Without `..`, so that nothing is forgotten.
        let Places {
            blocks,
            used,
            users,
            uses,
            here,
            pasts,
            unsure,
        } = self;
        blocks.clear();
        used.clear();
        users.clear();
        uses.clear();
        here.clear();
        pasts.clear();
        *unsure = None;
    }

    /// How many objects that are known by pasts a task, by its index, has used, with this one.
    pub(super) fn use_of(&mut self, task: usize) -> u64 {
        let uses = entry_of(&mut self.uses, task);
        *uses += 1;
        *uses
    }

    /// A task, by its index, uses an object that is known by pasts for the first time.
    pub(super) fn is_used(&mut self, object: ObjectId, task: usize, past: u64) {
        entry_of(&mut self.users, object.0 as usize).push((task, past));
    }

    /// The past with which a task, by its index, has used an object first, if the object is known by pasts.
    pub(crate) fn past_of(&self, task: usize, object: ObjectId) -> Option<u64> {
        let users = self.users.get(object.0 as usize)?;
        users.iter().find(|(user, _)| *user == task).map(|(_, past)| *past)
    }
}

/// So much memory, and whose it is.
#[derive(Debug)]
pub(super) struct Block {
    pub(super) length: usize,
    pub(super) owner: Owner,
}

/// An operation on an atomic, where loads may see other stores than the latest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saw {
    /// The step, as a place in the log.
    pub(super) step: usize,
    pub(super) object: ObjectId,
    /// The stores, by their numbers.
    pub(super) read: Option<usize>,
    pub(super) made: Option<usize>,
    /// The entry behind the step says in which of several ways it has gone on.
    pub(super) several: bool,
}

/// Digests of what happens before the next step of each task.
#[derive(Debug, Default)]
pub(super) struct Pasts {
    /// So much of the log has been digested.
    pub(super) log: usize,
    /// By the number of the task.
    tasks: Vec<Option<u64>>,
    /// Of all accesses of a class to an object, the sum of the digests of their steps; by the number of the object.
    objects: Vec<SmallVec<[(Class, u64); 2]>>,
    stores: BTreeMap<(ObjectId, usize), u64>,
}

// What a number that is mixed in stands for: an arm of one task must not look like the spawn of another.
const SPAWNS: u64 = 1;
const IS_SPAWNED: u64 = 2;
const JOINS: u64 = 3;
const CHOOSES: u64 = 4;
const WAITS: u64 = 5;
const STEPS: u64 = 6;
/// A use, by its number.
pub(super) const USES: u64 = 7;

/// Mixes a number into a digest, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014).
pub(super) fn mix(digest: u64, number: u64) -> u64 {
    let mut z = (digest ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn text(words: &str) -> u64 {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    let bytes = words.as_bytes().chunks(8);
    bytes.fold(0, |digest, eight| mix(digest, number(eight)))
}

/// What the step at this place in the log has seen.
fn seen_by(saw: &[Saw], step: usize) -> &[Saw] {
    let from = saw.partition_point(|s| s.step < step);
    let number = saw[from..].iter().take_while(|s| s.step == step).count();
    &saw[from..from + number]
}

impl Pasts {
    fn clear(&mut self) {
        let Pasts {
            log,
            tasks,
            objects,
            stores,
        } = self;
        *log = 0;
        tasks.clear();
        objects.clear();
        stores.clear();
    }

    pub(super) fn task(&self, task: TaskId) -> u64 {
        let begin = mix(1, u64::from(task.0));
        self.tasks.get(task.0 as usize).copied().flatten().unwrap_or(begin)
    }

    fn set(&mut self, task: TaskId, past: u64) {
        *entry_of(&mut self.tasks, task.0 as usize) = Some(past);
    }

    /// Takes in an entry of the log. `gates` are what keeps the execution in its part of a search, which is nothing that the
    /// program does.
    pub(super) fn entry(&mut self, at: usize, entry: &Entry, saw: &[Saw], gates: &[Order]) {
        match entry {
            Entry::Step(step) => self.step(step, seen_by(saw, at), gates),
            Entry::Spawn { parent, child } => {
                let past = mix(self.task(*parent), u64::from(child.0));
                self.set(*child, mix(past, IS_SPAWNED));
                self.set(*parent, mix(past, SPAWNS));
            }
            Entry::Join { task, target } => {
                let past = mix(mix(self.task(*task), JOINS), self.task(*target));
                self.set(*task, past);
            }
            // An arm that says which store is read is no property of the execution: the store is.
            Entry::Choice { task, arm, .. } => {
                let step = at.checked_sub(1);
                if !step.is_some_and(|step| seen_by(saw, step).iter().any(|s| s.several)) {
                    let past = mix(mix(self.task(*task), CHOOSES), u64::from(*arm));
                    self.set(*task, past);
                }
            }
            Entry::Barrier { .. } => {
                let pasts = (0_u64..).zip(&self.tasks);
                let all = pasts.fold(0_u64, |all, (task, past)| match past {
                    Some(past) => all.wrapping_add(mix(*past, task)),
                    None => all,
                });
                for past in self.tasks.iter_mut().flatten() {
                    *past = mix(mix(*past, WAITS), all);
                }
            }
        }
    }

    /// What a step does to what it has announced: that is certain as soon as it has run.
    fn step(&mut self, step: &Step, saw: &[Saw], gates: &[Order]) {
        let is_gate = |access: &&Access| gates.iter().any(|order| order.gate == access.object);
        let did = |announced: &Access| step.accesses.iter().find(|a| a.object == announced.object).copied();
        let accesses: Accesses = step.announced.iter().filter(|a| !is_gate(a)).filter_map(did).collect();
        let mut digest = mix(mix(self.task(step.task), STEPS), text(step.verb));
        for &Access { object, class } in &accesses {
            let before = match saw.iter().find(|s| s.object == object) {
                Some(Saw { read, .. }) => read.and_then(|nth| self.stores.get(&(object, nth)).copied()),
                None => {
                    let conflicts = |(other, _): &&(Class, u64)| !other.commutes(class);
                    let earlier = self
                        .objects
                        .get(object.0 as usize)
                        .into_iter()
                        .flatten()
                        .filter(conflicts);
                    Some(earlier.fold(0_u64, |sum, (_, digests)| sum.wrapping_add(*digests)))
                }
            };
            // Which object it is follows from what came before, and its number may change.
            digest = mix(digest, before.unwrap_or(0));
        }
        for &Access { object, class } in &accesses {
            let all = entry_of(&mut self.objects, object.0 as usize);
            match all.iter_mut().find(|(other, _)| *other == class) {
                Some((_, digests)) => *digests = digests.wrapping_add(digest),
                None => all.push((class, digest)),
            }
        }
        for Saw { object, made, .. } in saw {
            if let Some(made) = made {
                self.stores.insert((*object, *made), digest);
            }
        }
        self.set(step.task, digest);
    }
}
