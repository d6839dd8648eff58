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

use std::panic::Location;

use super::op::ObjectId;
use super::place::{Block, Owner, Place, Saw, USES, mix};
use super::state::Kernel;

impl Kernel {
    /// The operation on an atomic that runs has read this store, or made this one.
    pub(crate) fn saw_stores(&mut self, object: ObjectId, read: Option<usize>, made: Option<usize>) {
        let Some(step) = self.last_step else { return };
        debug_assert!(
            self.saw_stores.last().is_none_or(|last| last.step <= step),
            "steps come in their order"
        );
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
        self.learn(|facts| &mut facts.uses_the_heap);
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
        self.places.is_used(object, self.current, key);
        (object, true)
    }

    /// The current task uses an object that is known by pasts. Gives the number by which strategies may know it, if that is
    /// another one.
    pub(crate) fn uses(&mut self, object: ObjectId) -> Option<ObjectId> {
        let me = self.current;
        if self.places.past_of(me, object).is_some() {
            return None;
        }
        let key = self.past();
        self.places.is_used(object, me, key);
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
            pasts.entry(at, &self.log[at], &self.saw_stores, &self.orders);
        }
        pasts.log = pasts.log.max(end);
        let task = &self.tasks[self.current];
        let past = pasts.task(task.id);
        mix(mix(past, USES), self.places.use_of(self.current))
    }

    /// The execution is over: who was known by another number has the one of this execution from here on.
    pub(crate) fn settle_names(&mut self) {
        for (known, met) in std::mem::take(&mut self.places.here) {
            self.numbering.pasts.join(known, met);
            self.numbering.spare.push(known);
        }
    }
}
