//! Whether the operations that are declared sequentially consistent are: the axiom `acyclic(psc_base ∪ psc_F)` of RC11, with
//! C++20's strongly-happens-before.
//!
//! `scb = po ∪ po;hb;po ∪ hb|loc ∪ mo ∪ fr`,
//! `psc_base = ([SC] ∪ [Fsc];hb?) ; scb ; ([SC] ∪ hb?;[Fsc])`, `psc_F = [Fsc] ; (hb ∪ hb;eco;hb) ; [Fsc]`.
//!
//! A read-modify-write is one event here, a store as far as `mo` is concerned; what it has read is right before it.

use std::sync::atomic::Ordering;

use smallvec::{SmallVec, smallvec};

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

    pub(super) fn is_seq_cst(&self) -> bool {
        self.ordering == Ordering::SeqCst
    }

    fn is_seq_cst_fence(&self) -> bool {
        self.is_seq_cst() && self.place == Place::Fence
    }
}

/// A set of events; up to 128 of them need no memory of its own.
#[derive(Clone, Debug)]
struct Set(SmallVec<[u64; 2]>);

impl Set {
    fn empty(events: usize) -> Self {
        Set(smallvec![0; events.div_ceil(64)])
    }

    fn insert(&mut self, event: usize) {
        self.0[event / 64] |= 1 << (event % 64);
    }

    fn contains(&self, event: usize) -> bool {
        self.0[event / 64] >> (event % 64) & 1 == 1
    }

    fn meets(&self, other: &Set) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&event| self.contains(event))
    }
}

/// Whether an event knows another one.
fn hb(x: &Event, y: &Event) -> bool {
    match x.task == y.task {
        true => x.time < y.time,
        false => includes(&y.after, x.task, x.time),
    }
}

/// Whether the axiom holds with `last` after all other events, for which it holds. `order` gives the stores of an atomic in `mo`; a
/// store that is not among them yet, which can only be the last event, has the place `new` in it.
pub(super) fn holds(
    events: &[Event],
    last: &Event,
    order: impl Fn(ObjectId) -> Vec<usize>,
    new: Option<(ObjectId, usize)>,
) -> bool {
    // A circle would go from a sequentially consistent event through the last one.
    if !last.is_seq_cst() && !events.iter().any(|e| e.is_seq_cst_fence() && hb(e, last)) {
        return true;
    }
    let all = events.len() + 1;
    let event = |at: usize| events.get(at).unwrap_or(last);
    // Twice the place of a store in `mo`, and one more for its loads.
    let mut ranks: SmallVec<[usize; 64]> = smallvec![0; all];
    let rank = |object: ObjectId, ranks: &mut [usize]| {
        let mut stores = order(object);
        if let Some((_, place)) = new.filter(|(of, _)| *of == object) {
            stores.insert(place, all - 1);
        }
        for (place, &store) in stores.iter().enumerate() {
            ranks[store] = 2 * place;
        }
        for at in 0..all {
            match event(at).place {
                Place::Load { object: of, of: store } if of == object => ranks[at] = ranks[store] + 1,
                _ => {}
            }
        }
    };
    let Some(object) = last.object() else { return true };
    rank(object, &mut ranks);
    // And from there to one that comes later, and on to a sequentially consistent one.
    let on = |y: &Event| y.is_seq_cst() || events.iter().any(|e| e.is_seq_cst_fence() && hb(y, e));
    let later = |at: usize| event(at).object() == Some(object) && ranks[at] > ranks[all - 1];
    if !(0..events.len()).any(|at| later(at) && on(event(at))) {
        return true;
    }
    let mut ranked: SmallVec<[ObjectId; 8]> = smallvec![object];
    for at in 0..all {
        if let Some(object) = event(at).object().filter(|object| !ranked.contains(object)) {
            ranked.push(object);
            rank(object, &mut ranks);
        }
    }
    let hb = |a: usize, b: usize| hb(event(a), event(b));
    let same = |a: usize, b: usize| event(a).object().is_some() && event(a).object() == event(b).object();
    let eco = |a: usize, b: usize| same(a, b) && ranks[a] < ranks[b];
    let scb = |a: usize, b: usize| {
        let (x, y) = (event(a), event(b));
        match x.task == y.task {
            // Of two events of a task the later one does not come before the other in anything.
            true => x.time < y.time,
            false => {
                includes(&y.before, x.task, x.time + 1)
                    || (same(a, b) && (hb(a, b) || (eco(a, b) && matches!(y.place, Place::Store(_)))))
            }
        }
    };
    let nodes: SmallVec<[usize; 16]> = (0..all).filter(|&at| event(at).is_seq_cst()).collect();
    let is_fence = |node: usize| event(node).is_seq_cst_fence();
    // Where a way to each of them may end.
    let mut ends = Set::empty(all);
    let befores: SmallVec<[Set; 16]> = nodes
        .iter()
        .map(|&node| {
            let mut before = Set::empty(all);
            for at in (0..all).filter(|&at| at == node || (is_fence(node) && hb(at, node))) {
                before.insert(at);
                ends.insert(at);
            }
            before
        })
        .collect();
    let steps = |start: usize, by: &dyn Fn(usize, usize) -> bool, into: &mut Set| {
        ends.iter()
            .filter(|&end| by(start, end))
            .for_each(|end| into.insert(end));
    };
    // Where the ways of this node go on.
    let follow = |node: usize| {
        let (mut base, mut between) = (Set::empty(all), Set::empty(all));
        steps(node, &scb, &mut base);
        if is_fence(node) {
            for start in (0..all).filter(|&at| hb(node, at)) {
                steps(start, &scb, &mut base);
                steps(start, &eco, &mut between);
            }
        }
        let to = |(to, other): (usize, &usize)| {
            let fences = is_fence(node) && is_fence(*other);
            base.meets(&befores[to]) || (fences && (hb(node, *other) || between.meets(&befores[to])))
        };
        (0..nodes.len())
            .map(|at| to((at, &nodes[at])))
            .collect::<SmallVec<[bool; 16]>>()
    };
    // Whether a way leads from one of these nodes to one of those.
    let leads = |from: &dyn Fn(usize) -> bool, to: &dyn Fn(usize) -> bool| {
        let mut stack: SmallVec<[usize; 16]> = (0..nodes.len()).filter(|&at| from(at)).collect();
        let mut seen: SmallVec<[bool; 16]> = (0..nodes.len()).map(from).collect();
        while let Some(at) = stack.pop() {
            if to(nodes[at]) {
                return true;
            }
            for (next, follows) in follow(nodes[at]).into_iter().enumerate() {
                if follows && !seen[next] {
                    seen[next] = true;
                    stack.push(next);
                }
            }
        }
        false
    };
    // What is new goes through the last event: to where a step leads from it, and from itself or from a fence that it knows.
    let (mut base, mut between) = (Set::empty(all), Set::empty(all));
    steps(all - 1, &scb, &mut base);
    steps(all - 1, &eco, &mut between);
    let of_itself = |at: usize| base.meets(&befores[at]);
    let of_fences = |at: usize| base.meets(&befores[at]) || (is_fence(nodes[at]) && between.meets(&befores[at]));
    !(leads(&of_fences, &|node| is_fence(node) && hb(node, all - 1))
        || (last.is_seq_cst() && leads(&of_itself, &|node| node == all - 1)))
}
