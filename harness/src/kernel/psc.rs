//! Whether the operations that are declared sequentially consistent are: the axiom `acyclic(psc_base ∪ psc_F)` of RC11, with
//! C++20's strongly-happens-before.
//!
//! `scb = po ∪ po;hb;po ∪ hb|loc ∪ mo ∪ fr`,
//! `psc_base = ([SC] ∪ [Fsc];hb?) ; scb ; ([SC] ∪ hb?;[Fsc])`, `psc_F = [Fsc] ; (hb ∪ hb;eco;hb) ; [Fsc]`.
//!
//! A read-modify-write is one event here, a store as far as `mo` is concerned; what it has read is right before it.
//!
//! Nothing that is so between two events changes with a later one, which happens before none of them. So the relation is kept from
//! event to event, with all that follows from it: what is new with an event goes into it, or through it to what is after it in `mo`.

use std::sync::atomic::Ordering;

use smallvec::SmallVec;

use super::op::ObjectId;
use super::vector_clock::{Clock, includes};

/// What an event does to memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    Fence,
    /// A store, or a read-modify-write.
    Store(ObjectId),
    /// A load of what this event has stored.
    Load {
        object: ObjectId,
        of: usize,
    },
}

#[derive(Debug)]
pub(super) struct Event {
    pub(super) task: usize,
    /// Of its task. No two events of a task have the same, nor has any that releases something.
    pub(super) time: u32,
    pub(super) ordering: Ordering,
    /// Of the trace, if one is recorded.
    pub(super) row: usize,
    /// What its task knew before.
    pub(super) before: Clock,
    /// What its task knew after.
    pub(super) after: Clock,
    pub(super) place: Place,
}

impl Event {
    pub(super) fn object(&self) -> Option<ObjectId> {
        match self.place {
            Place::Fence => None,
            Place::Store(object) | Place::Load { object, .. } => Some(object),
        }
    }

    fn is_seq_cst(&self) -> bool {
        self.ordering == Ordering::SeqCst
    }

    fn is_fence(&self) -> bool {
        self.place == Place::Fence
    }

    fn stores(&self) -> bool {
        matches!(self.place, Place::Store(_))
    }
}

/// The place of each event in the order of the stores of its object, `mo`: an even number for a store, the next one for those who
/// have read it.
pub(super) type Ranks = SmallVec<[usize; 64]>;

/// A set of events that are declared sequentially consistent, by their numbers; up to 64 need no memory of their own.
#[derive(Clone, Debug, Default)]
struct Set(SmallVec<[u64; 1]>);

impl Set {
    fn insert(&mut self, number: usize) {
        let word = number / 64;
        if self.0.len() <= word {
            self.0.resize(word + 1, 0);
        }
        self.0[word] |= 1 << (number % 64);
    }

    fn contains(&self, number: usize) -> bool {
        self.0
            .get(number / 64)
            .is_some_and(|word| word >> (number % 64) & 1 == 1)
    }

    fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    fn meets(&self, other: &Set) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn extend(&mut self, other: &Set) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), 0);
        }
        for (word, other) in self.0.iter_mut().zip(&other.0) {
            *word |= other;
        }
    }
}

/// Whether an event knows another one.
fn hb(x: &Event, y: &Event) -> bool {
    match x.task == y.task {
        true => x.time < y.time,
        false => includes(&y.after, x.task, x.time),
    }
}

/// The events so far, the last one of which may not have happened.
struct Events<'a> {
    others: &'a [Event],
    last: &'a Event,
    ranks: &'a Ranks,
}

impl Events<'_> {
    fn get(&self, at: usize) -> &Event {
        self.others.get(at).unwrap_or(self.last)
    }

    fn all(&self) -> impl Iterator<Item = usize> {
        0..=self.others.len()
    }

    fn hb(&self, a: usize, b: usize) -> bool {
        hb(self.get(a), self.get(b))
    }

    fn eco(&self, a: usize, b: usize) -> bool {
        let object = self.get(a).object();
        object.is_some() && object == self.get(b).object() && self.ranks[a] < self.ranks[b]
    }

    fn scb(&self, a: usize, b: usize) -> bool {
        let (x, y) = (self.get(a), self.get(b));
        match x.task == y.task {
            // Of two events of a task the later one does not come before the other in anything.
            true => x.time < y.time,
            false => {
                let same = x.object().is_some() && x.object() == y.object();
                includes(&y.before, x.task, x.time + 1)
                    || (same && (hb(x, y) || (y.stores() && self.ranks[a] < self.ranks[b])))
            }
        }
    }

    /// Whether an event that is sequentially consistent comes right before the last one, which is, too.
    fn leads_to_last(&self, node: usize) -> bool {
        let last = self.others.len();
        match (self.get(node).is_fence(), self.last.is_fence()) {
            // What orders them otherwise has a part in which one happens before the other.
            (true, true) => {
                self.hb(node, last) || {
                    let ends = || self.all().filter(|&end| self.hb(end, last));
                    let mut starts = self.all().filter(|&start| self.hb(node, start));
                    starts.any(|start| ends().any(|end| self.eco(start, end)))
                }
            }
            (true, false) => {
                let mut starts = self.all().filter(|&start| start == node || self.hb(node, start));
                starts.any(|start| self.scb(start, last))
            }
            (false, true) => {
                let mut ends = self.all().filter(|&end| end == last || self.hb(end, last));
                ends.any(|end| self.scb(node, end))
            }
            (false, false) => self.scb(node, last),
        }
    }
}

/// The order of what is declared sequentially consistent. It has no circle.
#[derive(Debug, Default)]
pub(super) struct SeqCst {
    /// The events, and all of them that come after each.
    nodes: Vec<(usize, Set)>,
}

impl SeqCst {
    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// Whether there is no circle with `last` after all other events. `ranks`: of all of them, that one too.
    pub(super) fn allows(&self, others: &[Event], last: &Event, ranks: impl FnOnce() -> Ranks) -> bool {
        // A circle would go from a sequentially consistent event through the last one to another.
        let fences = self.fences_before(others, last);
        if !last.is_seq_cst() && fences.is_empty() {
            return true;
        }
        let events = &Events {
            others,
            last,
            ranks: &ranks(),
        };
        let (first, of_fences) = self.after_last(events);
        if self.lead(&first, &fences) || self.lead(&of_fences, &fences) {
            return false;
        }
        !last.is_seq_cst() || first.is_empty() || !self.lead(&first, &self.before_last(events))
    }

    /// The last of these events has happened. `ranks`: of all of them.
    pub(super) fn add(&mut self, events: &[Event], ranks: impl FnOnce() -> Ranks) {
        let (last, others) = events.split_last().expect("it has happened");
        let fences = self.fences_before(others, last);
        if !last.is_seq_cst() && fences.is_empty() {
            return;
        }
        let events = &Events {
            others,
            last,
            ranks: &ranks(),
        };
        let (first, of_fences) = self.after_last(events);
        for node in (0..self.nodes.len()).filter(|&node| fences.contains(node)) {
            self.link(node, &first);
            self.link(node, &of_fences);
        }
        if last.is_seq_cst() {
            let before = self.before_last(events);
            let node = self.nodes.len();
            self.nodes.push((others.len(), Set::default()));
            self.link(node, &first);
            let mut this = Set::default();
            this.insert(node);
            for other in (0..node).filter(|&other| before.contains(other)) {
                self.link(other, &this);
            }
        }
    }

    /// These come after this one.
    fn link(&mut self, node: usize, to: &Set) {
        if to.is_empty() {
            return;
        }
        let mut all = to.clone();
        for (other, (_, after)) in self.nodes.iter().enumerate() {
            if to.contains(other) {
                all.extend(after);
            }
        }
        for (other, (_, after)) in self.nodes.iter_mut().enumerate() {
            if other == node || after.contains(node) {
                after.extend(&all);
            }
        }
    }

    /// Whether one of these is one of those, or comes before it.
    fn lead(&self, from: &Set, to: &Set) -> bool {
        let mut nodes = self.nodes.iter().enumerate();
        from.meets(to) || nodes.any(|(node, (_, after))| from.contains(node) && after.meets(to))
    }

    fn fences_before(&self, others: &[Event], last: &Event) -> Set {
        let mut fences = Set::default();
        for (node, &(at, _)) in self.nodes.iter().enumerate() {
            if others[at].is_fence() && hb(&others[at], last) {
                fences.insert(node);
            }
        }
        fences
    }

    fn before_last(&self, events: &Events<'_>) -> Set {
        let mut before = Set::default();
        for (node, &(at, _)) in self.nodes.iter().enumerate() {
            if events.leads_to_last(at) {
                before.insert(node);
            }
        }
        before
    }

    /// Where a step leads from the last event: what comes after it, and what comes after a fence that happens before it.
    fn after_last(&self, events: &Events<'_>) -> (Set, Set) {
        let (mut first, mut of_fences) = (Set::default(), Set::default());
        let last = events.others.len();
        for (at, event) in events.others.iter().enumerate().filter(|&(at, _)| events.eco(last, at)) {
            for (node, &(other, _)) in self.nodes.iter().enumerate() {
                let into_fence = events.get(other).is_fence() && events.hb(at, other);
                if event.stores() && (at == other || into_fence) {
                    first.insert(node);
                } else if into_fence {
                    of_fences.insert(node);
                }
            }
        }
        (first, of_fences)
    }
}
