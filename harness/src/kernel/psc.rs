//! Whether the operations that are declared sequentially consistent are: the axiom `acyclic(psc_base ∪ psc_F)` of RC11, with
//! C++20's strongly-happens-before.
//!
//! `scb = po ∪ po;hb;po ∪ hb|loc ∪ mo ∪ fr`,
//! `psc_base = ([SC] ∪ [Fsc];hb?) ; scb ; ([SC] ∪ hb?;[Fsc])`, `psc_F = [Fsc] ; (hb ∪ hb;eco;hb) ; [Fsc]`.
//!
//! A read-modify-write is one event here, a store as far as `mo` is concerned; what it has read is right before it.

use std::sync::atomic::Ordering;

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

/// A set of events.
#[derive(Clone, Debug)]
struct Set(Vec<u64>);

impl Set {
    fn empty(events: usize) -> Self {
        Set(vec![0; events.div_ceil(64)])
    }

    fn insert(&mut self, event: usize) {
        self.0[event / 64] |= 1 << (event % 64);
    }

    fn contains(&self, event: usize) -> bool {
        self.0[event / 64] >> (event % 64) & 1 == 1
    }

    fn extend(&mut self, other: &Set) {
        for (a, b) in self.0.iter_mut().zip(&other.0) {
            *a |= b;
        }
    }

    fn meets(&self, other: &Set) -> bool {
        self.0.iter().zip(&other.0).any(|(a, b)| a & b != 0)
    }

    fn iter(&self) -> impl Iterator<Item = usize> {
        (0..self.0.len() * 64).filter(|&event| self.contains(event))
    }
}

/// Whether the axiom holds with `last` after all other events. `order` gives the stores of an atomic in `mo`; a store that is
/// not among them yet, which can only be the last event, has the place `new` in it.
pub(super) fn holds(
    events: &[Event],
    last: &Event,
    order: impl Fn(ObjectId) -> Vec<usize>,
    new: Option<(ObjectId, usize)>,
) -> bool {
    let all = events.len() + 1;
    let event = |at: usize| events.get(at).unwrap_or(last);
    // Twice the place of a store in `mo`, and one more for its loads.
    let mut ranks = vec![0; all];
    let mut ranked: Vec<ObjectId> = Vec::new();
    for at in 0..all {
        let Some(object) = event(at).object().filter(|object| !ranked.contains(object)) else {
            continue;
        };
        ranked.push(object);
        let mut stores = order(object);
        if let Some((_, place)) = new.filter(|(of, _)| *of == object) {
            stores.insert(place, all - 1);
        }
        for (place, &store) in stores.iter().enumerate() {
            ranks[store] = 2 * place;
        }
    }
    for at in 0..all {
        if let Place::Load { of, .. } = event(at).place {
            ranks[at] = ranks[of] + 1;
        }
    }
    let po = |a: usize, b: usize| event(a).task == event(b).task && event(a).time < event(b).time;
    let hb = |a: usize, b: usize| {
        let (x, y) = (event(a), event(b));
        match x.task == y.task {
            true => x.time < y.time,
            false => includes(&y.after, x.task, x.time),
        }
    };
    let same = |a: usize, b: usize| event(a).object().is_some() && event(a).object() == event(b).object();
    let eco = |a: usize, b: usize| same(a, b) && ranks[a] < ranks[b];
    let scb = |a: usize, b: usize| {
        let (x, y) = (event(a), event(b));
        po(a, b)
            || (x.task != y.task && includes(&y.before, x.task, x.time + 1))
            || (same(a, b) && (hb(a, b) || (eco(a, b) && matches!(y.place, Place::Store(_)))))
    };
    let nodes: Vec<usize> = (0..all).filter(|&at| event(at).is_seq_cst()).collect();
    let set = |of: &dyn Fn(usize) -> bool| {
        let mut set = Set::empty(all);
        (0..all).filter(|&at| of(at)).for_each(|at| set.insert(at));
        set
    };
    let befores: Vec<Set> = nodes
        .iter()
        .map(|&node| set(&|at| at == node || (event(node).is_seq_cst_fence() && hb(at, node))))
        .collect();
    let mut edges = vec![Vec::new(); nodes.len()];
    for (from, &node) in nodes.iter().enumerate() {
        let is_fence = event(node).is_seq_cst_fence();
        let starts = set(&|at| at == node || (is_fence && hb(node, at)));
        let mut base = Set::empty(all);
        let mut between = Set::empty(all);
        for start in starts.iter() {
            base.extend(&set(&|at| scb(start, at)));
            if is_fence {
                between.extend(&set(&|at| start != node && eco(start, at)));
            }
        }
        for (to, &other) in nodes.iter().enumerate() {
            let both = is_fence && event(other).is_seq_cst_fence();
            if base.meets(&befores[to]) || (both && (hb(node, other) || between.meets(&befores[to]))) {
                edges[from].push(to);
            }
        }
    }
    is_acyclic(&edges)
}

/// Whether nothing leads back to where it came from: all nodes can be taken away, each after those that lead to it.
fn is_acyclic(edges: &[Vec<usize>]) -> bool {
    let mut into = vec![0; edges.len()];
    edges.iter().flatten().for_each(|&to| into[to] += 1);
    let mut free: Vec<usize> = (0..edges.len()).filter(|&at| into[at] == 0).collect();
    let mut taken = 0;
    while let Some(at) = free.pop() {
        taken += 1;
        for &to in &edges[at] {
            into[to] -= 1;
            if into[to] == 0 {
                free.push(to);
            }
        }
    }
    taken == edges.len()
}
