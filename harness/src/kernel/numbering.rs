//! Numbers of tasks and objects that are the same in every execution, and what the program turned out to use.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::keys::Keys;
use super::op::ObjectId;
use super::place::Place;

/// What the program turned out to use, see [`Kernel::learn`](super::Kernel::learn). Its steps depend on it, so whoever follows a
/// schedule has to know it from the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Facts {
    /// The program has an `UnsafeCell`, so happens-before clocks are kept.
    pub(crate) uses_cells: bool,
    /// The program asks whether a task is finished, so exits are visible operations.
    pub(crate) observes_exit: bool,
    /// The program aborts tasks, so the first poll of one is a visible operation.
    pub(crate) aborts: bool,
    /// The program runs futures of other crates, whose state the kernel cannot see: what stands between two
    /// operations may touch it, and is a step of its own.
    pub(crate) runs_foreign_futures: bool,
    /// The program looks at locks without waiting, so releases are visible operations.
    pub(crate) tests_locks: bool,
    /// A task waits or reads again while it shares a lock, or looks whether it could, so it can tell that a writer waits.
    pub(crate) writers_queue: bool,
    /// Something else than a wake-up happens inside an opaque operation, so it may touch anything.
    pub(crate) nests_anything: bool,
    /// The program yields or spins, so it is watched what each iteration touches.
    pub(crate) spins: bool,
    /// The program yields and does not come round again, so it marks a step that the kernel cannot see: a yield is a step
    /// that others may come between.
    pub(crate) marks_steps: bool,
    /// The program looks at how many owners an `Arc` has, so clones and drops of them are visible operations.
    pub(crate) counts_owners: bool,
    /// Some access to an atomic was not sequentially consistent, while there was more than one task: if Rust's memory model is
    /// asked for, loads may see other stores than the latest.
    pub(crate) orders_weakly: bool,
    /// What a task that spins waits for is one of the objects that it looks at, and which one is a branch of its own: only a
    /// search of execution graphs needs to know.
    pub(crate) looks_at_one: bool,
    /// A task panics where it has taken no step since it began or waited, and what it drops then others can see: its going on
    /// is a step, which that belongs to.
    pub(crate) unwinds_alone: bool,
    /// What an `Arc` holds does something when the last owner drops it, so it matters who that is.
    pub(crate) drops_operate: bool,
    /// An object without a name lies in memory that the kernel knows nothing of. It may have been there before the execution that
    /// meets it first; then the next one says so.
    pub(crate) uses_the_heap: bool,
    /// The program looks at how many ends a channel of tokio has, so to make one more is a visible operation.
    pub(crate) counts_ends: bool,
    /// A thread parks, and waits may be ended by what a platform does without a reason: then a wait of std's that parks, too, may
    /// take the token.
    pub(crate) parks: bool,
}

impl Facts {
    fn all(&mut self) -> [&mut bool; 17] {
        // Without `..`, so that none is forgotten.
        let Facts {
            uses_cells,
            observes_exit,
            aborts,
            runs_foreign_futures,
            tests_locks,
            writers_queue,
            nests_anything,
            spins,
            marks_steps,
            counts_owners,
            orders_weakly,
            looks_at_one,
            unwinds_alone,
            drops_operate,
            uses_the_heap,
            counts_ends,
            parks,
        } = self;
        [
            uses_cells,
            observes_exit,
            aborts,
            runs_foreign_futures,
            tests_locks,
            writers_queue,
            nests_anything,
            spins,
            marks_steps,
            counts_owners,
            orders_weakly,
            looks_at_one,
            unwinds_alone,
            drops_operate,
            uses_the_heap,
            counts_ends,
            parks,
        ]
    }

    /// One bit for each.
    pub(super) fn bits(mut self) -> u32 {
        let bits = self.all().map(|fact| u32::from(*fact)).into_iter().enumerate();
        bits.fold(0, |all, (at, bit)| all | bit << at)
    }

    pub(super) fn of_bits(bits: u32) -> Self {
        let mut facts = Facts::default();
        for (at, fact) in facts.all().into_iter().enumerate() {
            *fact = bits >> at & 1 == 1;
        }
        facts
    }
}

/// A map whose keys are no texts, as a list.
mod pairs {
    use std::collections::BTreeMap;

    use serde::{Deserialize, Deserializer, Serializer};

    use crate::kernel::place::Place;

    pub(super) fn serialize<S: Serializer>(map: &BTreeMap<Place, u32>, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(map)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<Place, u32>, D::Error> {
        Ok(Vec::deserialize(deserializer)?.into_iter().collect())
    }
}

/// What survives from one execution to the next: the numbering of tasks and objects, and what the
/// program turned out to use.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Numbering {
    pub(super) task_children: Vec<Vec<u32>>,
    pub(super) task_objects: Vec<Vec<u32>>,
    /// The wake-up tokens of each task. They are created by whoever asks first, so they must not take
    /// numbers from the list of the task's own objects.
    pub(super) flags: Vec<[Option<u32>; 4]>,
    /// Objects that are known by their name alone.
    pub(super) shared: BTreeMap<String, u32>,
    /// Objects that are known by where they lie.
    #[serde(default, with = "pairs")]
    pub(super) places: BTreeMap<Place, u32>,
    /// Objects that are known by what came before their use.
    #[serde(default)]
    pub(super) pasts: Keys,
    /// Numbers that no object has any more.
    #[serde(default)]
    pub(super) spare: Vec<u32>,
    pub(super) tasks: u32,
    pub(super) objects: u32,
    /// Some task has done a visible operation.
    pub(super) operates: bool,
    /// Some task has polled a future.
    #[serde(default)]
    pub(crate) polls: bool,
    pub(crate) facts: Facts,
}

impl Numbering {
    /// Whether the program has tasks and none of them has ever done anything visible.
    pub(crate) fn sees_nothing(&self) -> bool {
        self.tasks > 1 && !self.operates
    }

    /// A number that no object of the program has, or will have.
    pub(crate) fn reserve(&mut self) -> ObjectId {
        self.objects += 1;
        ObjectId(self.objects - 1)
    }

    /// A number for an object that is known by what came before its use.
    pub(super) fn spare(&mut self) -> u32 {
        self.spare.pop().unwrap_or_else(|| self.reserve().0)
    }

    /// Whether objects are known by what came before their use, so that whoever goes on has to know that.
    pub(crate) fn knows_pasts(&self) -> bool {
        !self.pasts.is_empty()
    }

    /// Whether this is one of them, whose number may become another one.
    #[cfg(test)]
    pub(crate) fn is_known_by_past(&self, object: ObjectId) -> bool {
        self.pasts.key_of(object.0).is_some()
    }

    /// A search begins from which nothing leads back to what has run: objects that are known by pasts are to be met anew.
    pub(crate) fn forget_pasts(&mut self) {
        self.spare.extend(std::mem::take(&mut self.pasts).numbers());
    }

    /// The object that is known by this past.
    pub(crate) fn known_by(&self, past: u64) -> Option<ObjectId> {
        self.pasts.get(past).map(ObjectId)
    }

    /// What an object is whatever its number is: whose it is, and the how-manieth.
    pub(crate) fn origin(&self, object: ObjectId) -> String {
        let place = |lists: &[Vec<u32>], number: u32| {
            let place = |list: &Vec<u32>| list.iter().position(|entry| *entry == number);
            (0_u32..)
                .zip(lists)
                .find_map(|(owner, list)| Some((owner, place(list)?)))
        };
        let task = |mut task: u32| {
            let mut path = String::new();
            while let Some((parent, nth)) = place(&self.task_children, task) {
                path = format!("/{nth}{path}");
                task = parent;
            }
            path
        };
        let name = |(name, number): (&String, &u32)| (*number == object.0).then(|| name.clone());
        if let Some((owner, nth)) = place(&self.task_objects, object.0) {
            return format!("{}.{nth}", task(owner));
        }
        let flags = (0_u32..).zip(&self.flags);
        let mut flags = flags.flat_map(|(owner, flags)| (0..).zip(flags).map(move |(nth, flag)| (owner, nth, *flag)));
        if let Some((owner, nth, _)) = flags.find(|(_, _, flag)| *flag == Some(object.0)) {
            return format!("{}!{nth}", task(owner));
        }
        if let Some((place, _)) = self.places.iter().find(|(_, number)| **number == object.0) {
            return place.text(|object| self.origin(object), task);
        }
        if let Some(key) = self.pasts.key_of(object.0) {
            return format!("{key:x}");
        }
        self.shared.iter().find_map(name).unwrap_or_default()
    }

    pub(super) fn entry(lists: &mut Vec<Vec<u32>>, next: &mut u32, owner: u32, nth: u32) -> u32 {
        if lists.len() <= owner as usize {
            lists.resize_with(owner as usize + 1, Vec::new);
        }
        let list = &mut lists[owner as usize];
        if list.len() <= nth as usize {
            debug_assert_eq!(list.len(), nth as usize, "children and objects are numbered in order");
            list.push(*next);
            *next += 1;
        }
        list[nth as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::Facts;

    #[test]
    fn every_fact_has_a_bit_of_its_own() {
        let none = serde_json::to_value(Facts::default()).unwrap();
        let names: Vec<String> = none.as_object().unwrap().keys().cloned().collect();
        for name in names {
            let mut one = none.clone();
            one[&name] = true.into();
            let facts: Facts = serde_json::from_value(one).unwrap();
            assert_eq!(facts.bits().count_ones(), 1, "{name}");
            assert_eq!(Facts::of_bits(facts.bits()), facts, "{name}");
        }
    }
}
