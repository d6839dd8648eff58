//! What is known of memory in one execution, and digests of what has happened before; [`places`](super::places) says what for.

use std::collections::BTreeMap;
use std::panic::Location;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::log::{Entry, Step};
use super::op::{Access, Accesses, Class, ObjectId, TaskId};

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
    /// The tasks, by their indices, that have used an object that is known by pasts.
    pub(super) users: BTreeMap<ObjectId, SmallVec<[usize; 4]>>,
    /// How many of them each task has used.
    pub(super) uses: BTreeMap<usize, u64>,
    /// The numbers that are another one's in this execution.
    pub(super) here: BTreeMap<u32, u32>,
    pub(super) pasts: Pasts,
    /// Where an object was made that could not be told from another one.
    pub(crate) unsure: Option<&'static Location<'static>>,
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
    pub(super) tasks: BTreeMap<TaskId, u64>,
    /// Of all accesses of a class to an object, the sum of the digests of their steps.
    pub(super) objects: BTreeMap<ObjectId, Vec<(Class, u64)>>,
    pub(super) stores: BTreeMap<(ObjectId, usize), u64>,
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
    words.bytes().fold(0, |digest, byte| mix(digest, u64::from(byte)))
}

impl Pasts {
    pub(super) fn task(&self, task: TaskId) -> u64 {
        let begin = mix(1, u64::from(task.0));
        self.tasks.get(&task).copied().unwrap_or(begin)
    }

    pub(super) fn entry(&mut self, at: usize, entry: &Entry, saw: &[Saw]) {
        match entry {
            Entry::Step(step) => self.step(step, saw.iter().filter(|s| s.step == at)),
            Entry::Spawn { parent, child } => {
                let past = mix(self.task(*parent), u64::from(child.0));
                self.tasks.insert(*child, mix(past, IS_SPAWNED));
                self.tasks.insert(*parent, mix(past, SPAWNS));
            }
            Entry::Join { task, target } => {
                let past = mix(mix(self.task(*task), JOINS), self.task(*target));
                self.tasks.insert(*task, past);
            }
            // An arm that says which store is read is no property of the execution: the store is.
            Entry::Choice { task, arm, .. } => {
                if !saw.iter().any(|s| s.several && s.step + 1 == at) {
                    let past = mix(mix(self.task(*task), CHOOSES), u64::from(*arm));
                    self.tasks.insert(*task, past);
                }
            }
            Entry::Barrier { .. } => {
                let all = (self.tasks.iter()).fold(0_u64, |all, (task, past)| {
                    all.wrapping_add(mix(*past, u64::from(task.0)))
                });
                for past in self.tasks.values_mut() {
                    *past = mix(mix(*past, WAITS), all);
                }
            }
        }
    }

    /// What a step does to what it has announced: that is certain as soon as it has run.
    fn step<'a>(&mut self, step: &Step, saw: impl Iterator<Item = &'a Saw> + Clone) {
        let did = |announced: &Access| step.accesses.iter().find(|a| a.object == announced.object).copied();
        let accesses: Accesses = step.announced.iter().filter_map(did).collect();
        let mut digest = mix(mix(self.task(step.task), STEPS), text(step.verb));
        for &Access { object, class } in &accesses {
            let before = match saw.clone().find(|s| s.object == object) {
                Some(Saw { read, .. }) => read.and_then(|nth| self.stores.get(&(object, nth)).copied()),
                None => {
                    let conflicts = |(other, _): &&(Class, u64)| !other.commutes(class);
                    let earlier = self.objects.get(&object).into_iter().flatten().filter(conflicts);
                    Some(earlier.fold(0_u64, |sum, (_, digests)| sum.wrapping_add(*digests)))
                }
            };
            // Which object it is follows from what came before, and its number may change.
            digest = mix(digest, before.unwrap_or(0));
        }
        for &Access { object, class } in &accesses {
            let all = self.objects.entry(object).or_default();
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
        self.tasks.insert(step.task, digest);
    }
}
