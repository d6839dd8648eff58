//! Execution graphs: the events of an execution in the order in which the search has added them (their stamps), what each has
//! read, and the order of the changes of each object.

use std::collections::{BTreeMap, BTreeSet};

use crate::kernel::{Accesses, ObjectId, Past, TaskId, includes, join};

/// An event, by its stamp, or what an object began with.
pub(super) type From = Option<usize>;

/// What an event does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Does {
    /// A branch of the program itself.
    Choice {
        arm: u32,
    },
    /// Nothing that others could see.
    Nothing,
    Load {
        at: ObjectId,
        from: From,
    },
    Store {
        at: ObjectId,
    },
    /// A read-modify-write.
    Update {
        at: ObjectId,
        from: From,
    },
    /// An operation on locks, tokens, counts: it follows the one before it on these objects, like a read-modify-write.
    Sync {
        at: ObjectId,
        from: From,
        /// Which way it has gone, if it has several, and it is settled: a branch that is a part of it.
        arm: Option<u32>,
    },
}

impl Does {
    pub(super) fn at(&self) -> Option<ObjectId> {
        match *self {
            Does::Choice { .. } | Does::Nothing => None,
            Does::Load { at, .. } | Does::Store { at } | Does::Update { at, .. } | Does::Sync { at, .. } => Some(at),
        }
    }

    /// What it reads, if it reads.
    pub(super) fn from(&self) -> Option<From> {
        match *self {
            Does::Load { from, .. } | Does::Update { from, .. } | Does::Sync { from, .. } => Some(from),
            Does::Choice { .. } | Does::Nothing | Does::Store { .. } => None,
        }
    }

    /// Which of several ways it has gone, if that is settled.
    pub(super) fn arm(&self) -> Option<u32> {
        match *self {
            Does::Sync { arm, .. } => arm,
            _ => None,
        }
    }

    fn reads_mut(&mut self) -> Option<&mut From> {
        match self {
            Does::Load { from, .. } | Does::Update { from, .. } | Does::Sync { from, .. } => Some(from),
            Does::Choice { .. } | Does::Nothing | Does::Store { .. } => None,
        }
    }

    /// Whether it has a place in the order of changes.
    pub(super) fn changes(&self) -> bool {
        self.follows() || matches!(self, Does::Store { .. })
    }

    /// Whether it comes right after what it has read in the order of changes.
    pub(super) fn follows(&self) -> bool {
        matches!(self, Does::Update { .. } | Does::Sync { .. })
    }
}

#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) task: TaskId,
    /// What is in the past of its task before it.
    pub(super) before: Past,
    /// `po ∪ rf`: what is in its past, with itself.
    pub(super) past: Past,
    pub(super) does: Does,
    /// The latest change of its object that its task knew, if it is an atomic.
    pub(super) known: From,
    /// What it has done to locks and the like.
    pub(super) touches: Accesses,
}

impl Node {
    /// The next event of a task, after this past. It has read nothing yet, as far as its own past goes.
    pub(super) fn after(task: TaskId, before: Past, does: Does, known: From) -> Self {
        let mut past = before.clone();
        let index = task.0 as usize;
        past.resize(past.len().max(index + 1), 0);
        past[index] += 1;
        Node {
            task,
            before,
            past,
            does,
            known,
            touches: Accesses::new(),
        }
    }

    /// Its number among the events of its task, from 1.
    pub(super) fn serial(&self) -> u32 {
        self.past[self.task.0 as usize]
    }

    pub(super) fn is_in(&self, past: &Past) -> bool {
        includes(past, self.task.0 as usize, self.serial())
    }

    /// Its past, if it reads from an event with this past.
    pub(super) fn past_with(&self, from: Option<&Past>) -> Past {
        let mut past = self.before.clone();
        let own = self.serial();
        let task = self.task.0 as usize;
        past.resize(past.len().max(task + 1), 0);
        past[task] = own;
        if let Some(from) = from {
            join(&mut past, from);
        }
        past
    }
}

#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// By their stamps.
    pub(super) nodes: Vec<Node>,
    /// The changes of each object, in order, without what it began with.
    pub(super) order: BTreeMap<ObjectId, Vec<usize>>,
    /// Operations that an earlier one has been put in front of, so that they cannot go on.
    pub(super) blocked: BTreeSet<usize>,
}

impl Graph {
    pub(super) fn changes(&self, at: ObjectId) -> &[usize] {
        self.order.get(&at).map_or(&[], Vec::as_slice)
    }

    /// The place of a change, from 1; 0 is what the object began with.
    pub(super) fn place(&self, at: ObjectId, change: From) -> usize {
        change.map_or(0, |stamp| {
            1 + self
                .changes(at)
                .iter()
                .position(|s| *s == stamp)
                .expect("it is a change of that object")
        })
    }

    /// Takes an event out of the order of changes.
    pub(super) fn forget(&mut self, stamp: usize) {
        if let Some(at) = self.nodes[stamp].does.at()
            && let Some(changes) = self.order.get_mut(&at)
        {
            changes.retain(|other| *other != stamp);
        }
    }

    /// Puts a change right behind another one.
    pub(super) fn insert(&mut self, at: ObjectId, after: From, stamp: usize) {
        let place = self.place(at, after);
        self.order.entry(at).or_default().insert(place, stamp);
    }

    /// A graph with the events that `keep` says, and the numbers that they have in it. What is kept reads from what is kept.
    pub(super) fn cut(&self, keep: impl Fn(usize) -> bool) -> (Graph, Vec<From>) {
        let mut stamps: Vec<From> = vec![None; self.nodes.len()];
        let mut graph = Graph::default();
        for (stamp, node) in self.nodes.iter().enumerate().filter(|(stamp, _)| keep(*stamp)) {
            stamps[stamp] = Some(graph.nodes.len());
            graph.nodes.push(node.clone());
        }
        let new = |from: &mut From| *from = from.and_then(|stamp| stamps[stamp]);
        for node in &mut graph.nodes {
            if let Some(from) = node.does.reads_mut() {
                new(from);
            }
            new(&mut node.known);
        }
        for (at, changes) in &self.order {
            let changes: Vec<usize> = changes.iter().filter_map(|stamp| stamps[*stamp]).collect();
            graph.order.insert(*at, changes);
        }
        graph.blocked = self.blocked.iter().filter_map(|stamp| stamps[*stamp]).collect();
        (graph, stamps)
    }

    /// Whether whatever follows what it has read comes right after it.
    pub(super) fn is_atomic(&self, at: ObjectId) -> bool {
        let mut last = None;
        self.changes(at).iter().all(|stamp| {
            let does = &self.nodes[*stamp].does;
            let fits = !does.follows() || does.from() == Some(last);
            last = Some(*stamp);
            fits
        })
    }

    /// The stamps, each after those in its past, and one that is in the past of nothing at the end.
    pub(super) fn plan(&self, last: Option<usize>) -> Vec<usize> {
        let mut plan: Vec<usize> = (0..self.nodes.len()).filter(|s| !self.blocked.contains(s)).collect();
        let size = |stamp: &usize| self.nodes[*stamp].past.iter().sum::<u32>();
        plan.sort_by_key(|stamp| (Some(*stamp) == last, size(stamp), *stamp));
        plan
    }
}

/// A graph that is to be run. At first, the one without events.
#[derive(Clone, Debug, Default)]
pub(super) struct Item {
    pub(super) graph: Graph,
    /// What is new in it, and in the past of nothing else.
    pub(super) last: Option<Last>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Last {
    pub(super) stamp: usize,
    /// What a plain store comes right after.
    pub(super) after: From,
    /// Whether older events may read it.
    pub(super) revisits: bool,
}
