//! Rust's memory model: which stores a load may see, and where a store may go among the others.
//!
//! Rust documents C++20's model. This is it as RC11 has it, one event after the other, each after what it reads from: every
//! execution whose `po ∪ rf` has no cycle comes up in such an order, so nothing is lost but loads that read from the
//! future, which no model of a real language wants to explain.
//!
//! * **Coherence.** The stores of an atomic have an order of their own, `mo`. Who knows a store, because it or a load of it
//!   happens before, sees this one or a later one, and stores after it.
//! * **Atomicity.** The store of a read-modify-write comes right after what it has read.
//! * **Synchronization.** A store publishes what its task knew, or knew at its last release fence, and with it what the
//!   stores published that its read-modify-writes continue (a release sequence, as in C++20: a plain store ends it). A load
//!   that acquires learns it, a relaxed one at the next acquire fence.
//! * **Sequential consistency** of what is declared so, fences included: [`psc`](super::psc). A read-modify-write is a load and
//!   a store there, and what the load acquires comes before the store, which is a little more than C++20 asks for.
//!
//! The latest store is always among what a load may see, and the end of `mo` among the places of a store.
//!
//! After Lahav, Vafeiadis, Kang, Hur and Dreyer, "Repairing Sequential Consistency in C/C++11", PLDI 2017, with the changes
//! of C++20 (P0668, P0982).

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use smallvec::{SmallVec, smallvec};

use super::op::ObjectId;
use super::psc::{Event, Place, Ranks, SeqCst};
use super::vector_clock::{Clock, acquires, includes, join, releases};

/// What an operation is, which may depend on the store that it reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reads {
    /// It loads, and that is all.
    Only(Ordering),
    /// It stores in the same step.
    Updates(Ordering),
}

/// One of the ways in which an operation may go on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Way {
    /// The store that a load reads, or the one that a store follows, by its place in `mo`.
    at: usize,
    /// The number of that store.
    pub(crate) store: usize,
    /// What it is if it reads.
    pub(crate) reads: Option<Reads>,
}

/// The ways in which an operation may go on.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ways {
    /// At least one, that with the latest store first.
    pub(crate) open: Vec<Way>,
    /// Those of a read-modify-write where another one already stores right after what it would read.
    pub(crate) taken: Vec<Way>,
    /// The number of the latest store that its task knows.
    pub(crate) known: usize,
}

/// A store of an atomic by whose it is, which stays what it is when others store more or less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct StoreName {
    /// By its index.
    pub(crate) task: usize,
    /// Which of its stores to this atomic, counting from 1; 0 is the value that the atomic began with.
    pub(crate) nth: u32,
}

/// A store of an atomic; the first one is the value that it began with.
#[derive(Debug)]
struct Store {
    /// Its number among the stores of the atomic, as they were made.
    nth: usize,
    event: usize,
    /// It belongs to a read-modify-write, so it follows what that has read.
    updates: bool,
    /// The number of the store right before it whose value it has stored again.
    repeats: Option<usize>,
    published: Clock,
    /// Who knows it: whoever stored or read it, and since when.
    known_to: SmallVec<[(usize, u32); 4]>,
    known_to_all: bool,
    /// The row of the trace that made it, if one is recorded.
    row: usize,
}

#[derive(Debug)]
struct Location {
    /// In `mo`.
    stores: Vec<Store>,
}

/// What a task has done to an atomic.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AtomicAccess {
    /// By its index.
    pub(crate) task: usize,
    /// Whether it has stored, or only loaded.
    pub(crate) stores: bool,
    /// The place of the store in `mo`: of its own, or of the one that it has read.
    pub(crate) place: usize,
    /// The row of the trace, if one is recorded.
    pub(crate) row: usize,
}

/// Where each event is in the order of the stores of its object. `new`: one more, which reads the store at this place, or stores
/// right after it.
fn ranks(locations: &BTreeMap<ObjectId, Location>, events: &[Event], new: Option<(ObjectId, usize, bool)>) -> Ranks {
    let mut ranks: Ranks = smallvec![0; events.len()];
    for (object, location) in locations {
        for (place, store) in location.stores.iter().enumerate() {
            let moves = new.is_some_and(|(of, at, stores)| of == *object && stores && place > at);
            ranks[store.event] = 2 * (place + usize::from(moves));
        }
    }
    for (at, event) in events.iter().enumerate() {
        if let Place::Load { of, .. } = event.place {
            ranks[at] = ranks[of] + 1;
        }
    }
    ranks.extend(new.map(|(_, at, stores)| 2 * at + 1 + usize::from(stores)));
    ranks
}

/// The atomics of an execution.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    locations: BTreeMap<ObjectId, Location>,
    events: Vec<Event>,
    seq_cst: SeqCst,
    /// The last operation that has not seen the latest store, and that store.
    missed: Option<(usize, usize)>,
}

/// A store that a later operation has not seen, because nothing orders the two.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Unordered {
    pub(crate) object: ObjectId,
    /// Their rows in the trace.
    pub(crate) store: usize,
    pub(crate) operation: usize,
    /// What would have ordered them: the one task has read there what the other had stored.
    pub(crate) through: Option<Through>,
}

/// A store that has been read: its row, and that of the load.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Through {
    pub(crate) object: ObjectId,
    pub(crate) store: (usize, Ordering),
    pub(crate) load: (usize, Ordering),
    /// Whether the store publishes what comes before it, and the load, or a fence behind it, would learn what was published.
    pub(crate) publishes: bool,
    pub(crate) learns: bool,
}

/// What a task knows, as an operation on an atomic begins and ends.
pub(super) struct View<'a> {
    pub(super) task: usize,
    /// Of the trace, if one is recorded.
    pub(super) row: usize,
    /// Of the operation.
    pub(super) time: u32,
    pub(super) now: &'a mut Clock,
    pub(super) fence_acquire: &'a mut Clock,
    pub(super) fence_release: &'a Clock,
}

impl View<'_> {
    /// The operation, which has known so much before.
    fn event(&self, ordering: Ordering, before: Clock, place: Place) -> Event {
        Event {
            task: self.task,
            time: self.time,
            ordering,
            row: self.row,
            before,
            after: self.now.clone(),
            place,
        }
    }
}

impl Location {
    /// The place of the last store that somebody knows who knows this.
    fn known(&self, task: usize, now: &Clock) -> usize {
        let known = |store: &Store| {
            store.known_to_all
                || store
                    .known_to
                    .iter()
                    .any(|&(other, time)| other == task || includes(now, other, time))
        };
        self.stores.iter().rposition(known).unwrap_or(0)
    }

    /// The number of the store that has left the value of the one at this place: those after it have stored it again.
    fn origin(&self, mut at: usize) -> usize {
        while at > 0 && self.stores[at].repeats == Some(self.stores[at - 1].nth) {
            at -= 1;
        }
        self.stores[at].nth
    }

    /// The place of the store with this number.
    fn place(&self, nth: usize) -> usize {
        self.stores
            .iter()
            .position(|s| s.nth == nth)
            .expect("stores are numbered")
    }
}

impl Memory {
    pub(super) fn has(&self, object: ObjectId) -> bool {
        self.locations.contains_key(&object)
    }

    /// An atomic begins with a value.
    pub(super) fn begins(&mut self, object: ObjectId, view: &View<'_>) {
        let event = self.events.len();
        let first = Store {
            nth: 0,
            event,
            updates: false,
            repeats: None,
            published: Clock::new(),
            known_to: smallvec![(view.task, view.time)],
            known_to_all: false,
            row: view.row,
        };
        let location = Location { stores: vec![first] };
        self.locations.insert(object, location);
        self.happened(view.event(Ordering::Relaxed, view.now.clone(), Place::Store(object)));
    }

    /// An atomic has begun with a value, and there is nobody who does not know that.
    pub(super) fn began(&mut self, object: ObjectId) {
        let event = self.events.len();
        let first = Store {
            nth: 0,
            event,
            updates: false,
            repeats: None,
            published: Clock::new(),
            known_to: smallvec![],
            known_to_all: true,
            row: 0,
        };
        self.locations.insert(object, Location { stores: vec![first] });
        self.happened(Event {
            task: 0,
            time: 0,
            ordering: Ordering::Relaxed,
            row: 0,
            before: Clock::new(),
            after: Clock::new(),
            place: Place::Store(object),
        });
    }

    /// What an operation has done to memory is there.
    fn happened(&mut self, event: Event) {
        self.events.push(event);
        let (locations, events) = (&self.locations, &self.events);
        self.seq_cst.add(events, || ranks(locations, events, None));
    }

    /// The ways in which a load or a read-modify-write may go on. `reads` says what it is if it reads the store of this number.
    pub(super) fn sources(&self, object: ObjectId, task: usize, now: &Clock, reads: impl Fn(usize) -> Reads) -> Ways {
        let location = &self.locations[&object];
        let (stores, known) = (&location.stores, location.known(task, now));
        let mut ways = Ways {
            known: stores[known].nth,
            ..Ways::default()
        };
        for at in (known..stores.len()).rev() {
            let store = stores[at].nth;
            let reads = Some(reads(store));
            let way = Way { at, store, reads };
            let updates = matches!(reads, Some(Reads::Updates(_)));
            if updates && stores.get(at + 1).is_some_and(|next| next.updates) {
                ways.taken.push(way);
            } else if self.allows(object, task, now, way, Ordering::Relaxed) {
                ways.open.push(way);
            }
        }
        ways
    }

    /// The ways in which a store may go on.
    pub(super) fn places(&self, object: ObjectId, task: usize, now: &Clock, ordering: Ordering) -> Ways {
        let stores = &self.locations[&object].stores;
        let known = self.locations[&object].known(task, now);
        let ways = (known..stores.len()).rev().map(|at| Way {
            at,
            store: stores[at].nth,
            reads: None,
        });
        Ways {
            open: ways
                .filter(|way| self.allows(object, task, now, *way, ordering))
                .collect(),
            taken: Vec::new(),
            known: stores[known].nth,
        }
    }

    /// The ways in which the wait for a later store than this one may go on, which does not store the same value again.
    pub(super) fn later(&self, object: ObjectId, task: usize, now: &Clock, than: usize) -> Ways {
        let location = &self.locations[&object];
        let first = location.known(task, now).max(location.place(than) + 1);
        let reads = Some(Reads::Only(Ordering::Relaxed));
        let way = |at: usize| Way {
            at,
            store: location.stores[at].nth,
            reads,
        };
        let seen = [than, location.origin(location.place(than))];
        let changed = |at: &usize| !seen.contains(&location.origin(*at));
        let all = (first..location.stores.len()).rev().filter(changed).map(way);
        Ways {
            open: all
                .filter(|way| self.allows(object, task, now, *way, Ordering::Relaxed))
                .collect(),
            taken: Vec::new(),
            known: than,
        }
    }

    /// A task has waited for this store, and sees it or a later one next. That alone synchronizes nothing.
    pub(super) fn awaits(&mut self, object: ObjectId, way: Way, view: &View<'_>) {
        let location = self.locations.get_mut(&object).expect("it has begun");
        let store = &mut location.stores[way.at];
        if !store.known_to.iter().any(|(task, _)| *task == view.task) {
            store.known_to.push((view.task, view.time));
        }
        let of = store.event;
        self.happened(view.event(Ordering::Relaxed, view.now.clone(), Place::Load { object, of }));
    }

    /// Whether an operation leaves read-modify-writes and sequential consistency as they are. `stores`: the ordering of a plain
    /// store.
    fn allows(&self, object: ObjectId, task: usize, now: &Clock, way: Way, stores: Ordering) -> bool {
        let location = &self.locations[&object];
        let next = location.stores.get(way.at + 1);
        let (writes, ordering) = match way.reads {
            Some(Reads::Only(ordering)) => (false, ordering),
            Some(Reads::Updates(ordering)) => (true, ordering),
            None => (true, stores),
        };
        if next.is_none() {
            // Nothing comes after it, so it closes no circle.
            return true;
        }
        if writes && next.is_some_and(|next| next.updates) {
            return false;
        }
        if self.seq_cst.is_empty() {
            return true;
        }
        let mut after = now.clone();
        if way.reads.is_some() && acquires(ordering) {
            join(&mut after, &location.stores[way.at].published);
        }
        let event = Event {
            task,
            time: now.get(task).copied().unwrap_or(0) + 1,
            ordering,
            row: 0,
            // A read-modify-write stores after it has read.
            before: if writes { after.clone() } else { now.clone() },
            after,
            place: match writes {
                true => Place::Store(object),
                false => Place::Load {
                    object,
                    of: location.stores[way.at].event,
                },
            },
        };
        let new = (object, way.at, writes);
        self.seq_cst
            .allows(&self.events, &event, || ranks(&self.locations, &self.events, Some(new)))
    }

    /// An operation goes on in this way. Gives the number of the store that it reads.
    pub(super) fn reads(&mut self, object: ObjectId, way: Way, view: &mut View<'_>) -> usize {
        let Some(Reads::Only(ordering) | Reads::Updates(ordering)) = way.reads else {
            unreachable!("a plain store reads nothing")
        };
        let before = view.now.clone();
        let location = self.locations.get_mut(&object).expect("it has begun");
        let latest = location.stores.len() - 1;
        if way.at < latest {
            self.missed = Some((self.events.len(), location.stores[latest].event));
        }
        let store = &mut location.stores[way.at];
        let known = if acquires(ordering) {
            &mut *view.now
        } else {
            &mut *view.fence_acquire
        };
        join(known, &store.published);
        if !store.known_to.iter().any(|(task, _)| *task == view.task) {
            store.known_to.push((view.task, view.time));
        }
        let (nth, of, continued) = (store.nth, store.event, store.published.clone());
        match way.reads {
            Some(Reads::Updates(_)) => {
                // It stores after it has read.
                self.insert(object, way.at + 1, ordering, Some(continued), view);
            }
            _ => self.happened(view.event(ordering, before, Place::Load { object, of })),
        }
        nth
    }

    /// A plain store goes to this place.
    pub(super) fn stores(&mut self, object: ObjectId, way: Way, ordering: Ordering, view: &View<'_>) {
        self.insert(object, way.at + 1, ordering, None, view);
    }

    fn insert(&mut self, object: ObjectId, at: usize, ordering: Ordering, continued: Option<Clock>, view: &View<'_>) {
        let event = self.events.len();
        let mut published = match releases(ordering) {
            true => view.now.clone(),
            false => view.fence_release.clone(),
        };
        let updates = continued.is_some();
        if let Some(continued) = continued {
            join(&mut published, &continued);
        }
        let location = self.locations.get_mut(&object).expect("it has begun");
        let nth = location.stores.len();
        let store = Store {
            nth,
            event,
            updates,
            repeats: None,
            published,
            known_to: smallvec![(view.task, view.time)],
            known_to_all: false,
            row: view.row,
        };
        location.stores.insert(at, store);
        self.happened(view.event(ordering, view.now.clone(), Place::Store(object)));
    }

    pub(super) fn fence(&mut self, ordering: Ordering, before: Clock, view: &View<'_>) {
        self.happened(view.event(ordering, before, Place::Fence));
    }

    /// What has been done to each atomic, as it was done. The value that it began with is left out.
    pub(super) fn accesses(&self) -> impl Iterator<Item = (ObjectId, AtomicAccess)> {
        let mut places = vec![0; self.events.len()];
        for location in self.locations.values() {
            for (place, store) in location.stores.iter().enumerate() {
                places[store.event] = place;
            }
        }
        self.events.iter().enumerate().filter_map(move |(at, event)| {
            let object = event.object()?;
            let (stores, place) = match event.place {
                Place::Load { of, .. } => (false, places[of]),
                _ => (true, places[at]),
            };
            let access = AtomicAccess {
                task: event.task,
                stores,
                place,
                row: event.row,
            };
            (!stores || place > 0).then_some((object, access))
        })
    }

    /// The row of the trace that made the latest store, if one is recorded.
    pub(super) fn latest_row(&self, object: ObjectId) -> usize {
        let stores = &self.locations[&object].stores;
        stores[stores.len() - 1].row
    }

    /// What the store of this number is whatever the others are.
    pub(super) fn store_name(&self, object: ObjectId, nth: usize) -> StoreName {
        let location = &self.locations[&object];
        let task = |store: &Store| self.events[store.event].task;
        let owner = task(&location.stores[location.place(nth)]);
        let earlier = location
            .stores
            .iter()
            .filter(|s| (1..=nth).contains(&s.nth) && task(s) == owner);
        StoreName {
            task: owner,
            nth: earlier.count() as u32,
        }
    }

    /// The number of the latest store.
    pub(super) fn latest(&self, object: ObjectId) -> usize {
        let stores = &self.locations[&object].stores;
        stores[stores.len() - 1].nth
    }

    /// The last store that was made has stored again what the one right before it had: nobody who waits for a change is to see
    /// one.
    pub(super) fn repeats(&mut self, object: ObjectId, before: usize) {
        let location = self.locations.get_mut(&object).expect("it has begun");
        let last = location.stores.len() - 1;
        let at = location.place(last);
        location.stores[at].repeats = Some(before);
    }

    /// The number of the store that has left the value of this one.
    pub(super) fn origin(&self, object: ObjectId, nth: usize) -> usize {
        let location = &self.locations[&object];
        location.origin(location.place(nth))
    }

    /// Nobody could go on, and the clock has moved: stores become visible in the end, so everybody knows the latest.
    pub(super) fn settles(&mut self) {
        for location in self.locations.values_mut() {
            let latest = location.stores.last_mut().expect("it has begun with one");
            latest.known_to_all = true;
        }
    }

    /// The number that the next store has.
    pub(super) fn next(&self, object: ObjectId) -> usize {
        self.locations[&object].stores.len()
    }

    /// What the last operation has not seen that did not see the latest store.
    pub(super) fn unordered(&self) -> Option<Unordered> {
        let (operation, store) = self.missed?;
        let (late, early) = (&self.events[operation], &self.events[store]);
        let mut reads = self.events[..operation].iter().rev().filter(|e| e.task == late.task);
        let through = reads.find_map(|read| {
            let Place::Load { object, of } = read.place else {
                return None;
            };
            let from = &self.events[of];
            let after = from.task == early.task && from.time >= early.time && from.task != late.task;
            let stores = &self.locations[&object].stores;
            let published = stores.iter().find(|s| s.event == of).map(|s| &s.published);
            let fenced = |e: &Event| e.place == Place::Fence && e.task == late.task && e.time > read.time;
            let fences = self.events[..operation].iter().filter(|e| fenced(e));
            after.then_some(Through {
                object,
                store: (from.row, from.ordering),
                load: (read.row, read.ordering),
                publishes: published.is_some_and(|clock| includes(clock, early.task, early.time)),
                learns: acquires(read.ordering) || fences.into_iter().any(|fence| acquires(fence.ordering)),
            })
        });
        Some(Unordered {
            object: early.object()?,
            store: early.row,
            operation: late.row,
            through,
        })
    }

    /// Whether this way is not the one with the latest store.
    pub(super) fn is_stale(&self, object: ObjectId, way: Way) -> bool {
        way.at + 1 < self.locations[&object].stores.len()
    }

    /// What distinguishes this execution from others: the events of each task, what each load has read, and the order of the
    /// stores of each atomic.
    #[cfg(test)]
    pub(crate) fn graph(&self) -> String {
        let name = |event: usize| {
            let task = self.events[event].task;
            if self.events[event].time == 0 {
                return "first".to_owned();
            }
            let nth = self.events[..event]
                .iter()
                .filter(|e| e.task == task && e.time > 0)
                .count();
            format!("{task}.{nth}")
        };
        let mut lines: Vec<String> = Vec::new();
        for (at, event) in self.events.iter().enumerate().filter(|(_, e)| e.time > 0) {
            lines.push(match event.place {
                Place::Load { of, .. } => format!("{} reads {}", name(at), name(of)),
                _ => name(at),
            });
        }
        lines.sort();
        for location in self.locations.values() {
            let order: Vec<String> = location.stores.iter().map(|s| name(s.event)).collect();
            lines.push(order.join(" < "));
        }
        lines.sort();
        lines.join("\n")
    }
}
