//! How an object is known that nobody has registered: its constructor is a `const fn`, so that the kernel hears of it when it
//! is used first.
//!
//! It needs one number in all executions that can be compared, whoever comes first. Where it lies tells:
//!
//! | it lies in | its number belongs to |
//! |---|---|
//! | what an `Arc` of the facade holds | that `Arc`, and its place in it |
//! | the future of a task, or a static | the same |
//! | the stack of a task | the task, and the distance from the bottom of its stack |
//! | memory that the kernel knows nothing of: a `Box`, a `Vec`, std's `Arc` | the *past* of a use |
//!
//! Several objects may lie in one place, one after the other. Whoever uses the later one comes after all uses of the earlier
//! one, so they are counted.
//!
//! **By its past.** The first time a task uses such an object, what it has done until then, and what that depends on, is
//! digested into a key: equivalent executions have the same. A task that comes later has a key of its own, so an object has
//! as many as there are tasks that use it. A key that is known gives the object its number, and is otherwise added to what the
//! object is known by. If a known one gives another number than the one by which the object was met in this execution, both are
//! the same object: whoever has met it was where it had to be made before, so it is in every execution that has both pasts.
//! Strategies are told to take one number for the other ([`Strategy::renumber`](super::Strategy::renumber)).
//!
//! No step is needed for any of this, so there is no interleaving more than with an object that is registered when it is made.
//!
//! What [`into_std`](crate::sync::Arc::into_std) has given away is freed unseen. If its memory is then used for something else,
//! objects in it are still taken for parts of it.

use std::collections::BTreeMap;
use std::panic::Location;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;

use super::log::{Entry, Step};
use super::op::{Access, Accesses, Class, ObjectId, TaskId};
use super::state::Kernel;

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
    owner: Owner,
    offset: usize,
    nth: u32,
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
    blocks: BTreeMap<usize, Block>,
    /// The objects that have been at a place so far.
    used: BTreeMap<(Owner, usize), u32>,
    /// The tasks, by their indices, that have used an object that is known by pasts.
    users: BTreeMap<ObjectId, SmallVec<[usize; 4]>>,
    /// How many of them each task has used.
    uses: BTreeMap<usize, u64>,
    /// The numbers that are another one's in this execution.
    here: BTreeMap<u32, u32>,
    pasts: Pasts,
    /// Where an object was made that could not be told from another one.
    pub(crate) unsure: Option<&'static Location<'static>>,
}

#[derive(Debug)]
struct Block {
    length: usize,
    owner: Owner,
}

/// An operation on an atomic, where loads may see other stores than the latest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Saw {
    /// The step, as a place in the log.
    step: usize,
    object: ObjectId,
    /// The stores, by their numbers.
    read: Option<usize>,
    made: Option<usize>,
    /// The entry behind the step says in which of several ways it has gone on.
    several: bool,
}

/// Digests of what happens before the next step of each task.
#[derive(Debug, Default)]
struct Pasts {
    /// So much of the log has been digested.
    log: usize,
    tasks: BTreeMap<TaskId, u64>,
    /// Of all accesses of a class to an object, the sum of the digests of their steps.
    objects: BTreeMap<ObjectId, Vec<(Class, u64)>>,
    stores: BTreeMap<(ObjectId, usize), u64>,
}

/// Mixes a number into a digest, after Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators" (OOPSLA 2014).
fn mix(digest: u64, number: u64) -> u64 {
    let mut z = (digest ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn text(words: &str) -> u64 {
    words.bytes().fold(0, |digest, byte| mix(digest, u64::from(byte)))
}

impl Pasts {
    fn task(&self, task: TaskId) -> u64 {
        let begin = mix(1, u64::from(task.0));
        self.tasks.get(&task).copied().unwrap_or(begin)
    }

    fn entry(&mut self, at: usize, entry: &Entry, saw: &[Saw]) {
        match entry {
            Entry::Step(step) => self.step(step, saw.iter().filter(|s| s.step == at)),
            Entry::Spawn { parent, child } => {
                let past = mix(self.task(*parent), u64::from(child.0));
                self.tasks.insert(*child, past);
                self.tasks.insert(*parent, mix(past, 1));
            }
            Entry::Join { task, target } => {
                let past = mix(self.task(*task), self.task(*target));
                self.tasks.insert(*task, past);
            }
            // An arm that says which store is read is no property of the execution: the store is.
            Entry::Choice { task, arm, .. } => {
                if !saw.iter().any(|s| s.several && s.step + 1 == at) {
                    let past = mix(self.task(*task), u64::from(*arm));
                    self.tasks.insert(*task, past);
                }
            }
            Entry::Barrier { .. } => {
                let all = (self.tasks.iter()).fold(0_u64, |all, (task, past)| {
                    all.wrapping_add(mix(*past, u64::from(task.0)))
                });
                for past in self.tasks.values_mut() {
                    *past = mix(*past, all);
                }
            }
        }
    }

    /// What a step does to what it has announced: that is certain as soon as it has run.
    fn step<'a>(&mut self, step: &Step, saw: impl Iterator<Item = &'a Saw> + Clone) {
        let did = |announced: &Access| step.accesses.iter().find(|a| a.object == announced.object).copied();
        let accesses: Accesses = step.announced.iter().filter_map(did).collect();
        let mut digest = mix(self.task(step.task), text(step.verb));
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

impl Kernel {
    /// The operation on an atomic that runs has read this store, or made this one.
    pub(crate) fn saw_stores(&mut self, object: ObjectId, read: Option<usize>, made: Option<usize>) {
        let Some(step) = self.last_step else { return };
        self.saw_stores.push(Saw {
            step,
            object,
            read,
            made,
            several: self.log.len() > step + 1,
        });
    }

    /// From here on, what lies in this memory is known by it.
    pub(crate) fn owns(&mut self, owner: Owner, address: usize, length: usize) {
        if length > 0 {
            self.places.blocks.insert(address, Block { length, owner });
        }
    }

    /// This memory is another one's now.
    pub(crate) fn frees(&mut self, address: usize) {
        self.places.blocks.remove(&address);
    }

    /// The memory that something lies in, and where in it.
    fn owner_of(&self, address: usize) -> Option<(Owner, usize)> {
        let block = self.places.blocks.range(..=address).next_back();
        if let Some((&begin, block)) = block
            && address - begin < block.length
        {
            return Some((block.owner, address - begin));
        }
        self.living().find_map(|task| {
            let (bottom, size) = task.stack?;
            (address < bottom && bottom - address < size).then(|| (Owner::Stack(task.id), bottom - address))
        })
    }

    /// Registers an object that the current task uses, and that nobody has used before. True if it is known by pasts: then every
    /// task that uses it has to [say so](Self::uses).
    pub(crate) fn find(
        &mut self,
        kind: &'static str,
        location: &'static Location<'static>,
        address: usize,
    ) -> (ObjectId, bool) {
        if let Some((owner, offset)) = self.owner_of(address) {
            let used = self.places.used.entry((owner, offset)).or_default();
            let place = Place {
                owner,
                offset,
                nth: *used,
            };
            *used += 1;
            let numbering = &mut self.numbering;
            let number = *numbering.places.entry(place).or_insert_with(|| {
                numbering.objects += 1;
                numbering.objects - 1
            });
            self.install(number, kind, location, self.current);
            return (ObjectId(number), false);
        }
        let key = self.past();
        let known = self.known_by(key);
        let is_free = |number: u32| self.objects.get(number as usize).is_none_or(Option::is_none);
        let number = match known {
            Some(number) if is_free(number) => number,
            _ => {
                if known.is_some() {
                    self.places.unsure.get_or_insert(location);
                }
                self.numbering.spare()
            }
        };
        if known.is_none() {
            self.numbering.pasts.add(key, number);
        }
        self.install(number, kind, location, self.current);
        let object = ObjectId(number);
        self.places.users.entry(object).or_default().push(self.current);
        (object, true)
    }

    /// The current task uses an object that is known by pasts. Gives the number by which strategies may know it, if that is
    /// another one.
    pub(crate) fn uses(&mut self, object: ObjectId) -> Option<ObjectId> {
        let me = self.current;
        let users = self.places.users.entry(object).or_default();
        if users.contains(&me) {
            return None;
        }
        let key = self.past();
        self.places.users.entry(object).or_default().push(me);
        let Some(other) = self.known_by(key) else {
            self.numbering.pasts.add(key, object.0);
            return None;
        };
        if other == object.0 {
            return None;
        }
        if self.objects.get(other as usize).is_some_and(Option::is_some) {
            let location = self.object(object).location;
            self.places.unsure.get_or_insert(location);
            return None;
        }
        self.places.here.insert(other, object.0);
        Some(ObjectId(other))
    }

    /// The number that an object has in this execution that is known by this past.
    fn known_by(&self, key: u64) -> Option<u32> {
        let mut number = self.numbering.pasts.get(key)?;
        while let Some(&other) = self.places.here.get(&number) {
            number = other;
        }
        Some(number)
    }

    /// What the current task has done until now, and all that this depends on. Each use of another object has its own.
    fn past(&mut self) -> u64 {
        // What a step does is not certain while it runs.
        let running = self.last_step.filter(|_| self.nested > 0);
        let end = running.unwrap_or(self.log.len());
        let pasts = &mut self.places.pasts;
        for at in pasts.log..end {
            pasts.entry(at, &self.log[at], &self.saw_stores);
        }
        pasts.log = pasts.log.max(end);
        let task = &self.tasks[self.current];
        let past = pasts.task(task.id);
        let uses = self.places.uses.entry(self.current).or_default();
        *uses += 1;
        mix(past, *uses)
    }

    /// The execution is over: who was known by another number has the one of this execution from here on.
    pub(crate) fn settle_names(&mut self) {
        for (known, met) in std::mem::take(&mut self.places.here) {
            self.numbering.pasts.join(known, met);
            self.numbering.spare.push(known);
        }
    }
}
