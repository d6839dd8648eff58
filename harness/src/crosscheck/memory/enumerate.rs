//! All execution graphs of a program by the axioms of RC11: every way to add one event after the other, and whoever breaks an
//! axiom is dropped. It knows nothing of the kernel, has no clocks, and looks at each graph whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};

use super::graphs::Graphs;
use super::program::{Program, Token, Value};

/// Its thread, and its place there; the first stores have a thread of their own.
type Id = (usize, usize);

const FIRST: usize = usize::MAX;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Label {
    /// A load, or the load of a read-modify-write, whose store is the next event.
    Read(char),
    Write(char, u32),
    Fence,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Event {
    label: Label,
    ordering: u8,
}

const ORDERINGS: [Ordering; 5] = [Relaxed, Acquire, Release, AcqRel, SeqCst];

fn rank(ordering: Ordering) -> u8 {
    ORDERINGS.iter().position(|o| *o == ordering).expect("std has five") as u8
}

impl Event {
    fn at(&self) -> Option<char> {
        match self.label {
            Label::Read(at) | Label::Write(at, _) => Some(at),
            Label::Fence => None,
        }
    }
    fn acquires(&self) -> bool {
        matches!(ORDERINGS[self.ordering as usize], Acquire | AcqRel | SeqCst)
    }
    fn releases(&self) -> bool {
        matches!(ORDERINGS[self.ordering as usize], Release | AcqRel | SeqCst)
    }
    fn seq_cst(&self) -> bool {
        ORDERINGS[self.ordering as usize] == SeqCst
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Graph {
    events: BTreeMap<Id, Event>,
    rf: BTreeMap<Id, Id>,
    /// Without the first store.
    mo: BTreeMap<char, Vec<Id>>,
    /// The store of a read-modify-write, and its load.
    updates: BTreeMap<Id, Id>,
}

/// What a thread does next.
enum Next {
    Does(Token, u32),
    Ends(Vec<u32>),
    /// An assumption was wrong.
    Stops,
}

/// Goes through the tokens with what has been found. Nothing when it gets to the end of them.
fn walk(tokens: &[Token], values: &mut std::slice::Iter<'_, Option<u32>>, found: &mut Vec<u32>) -> Option<Next> {
    for token in tokens {
        let last = found.last().copied().unwrap_or(0);
        match token {
            Token::Assume { is, value } => {
                if (last == *value) != *is {
                    return Some(Next::Stops);
                }
            }
            Token::If { is, value, then } => {
                if (last == *value) == *is
                    && let Some(next) = walk(then, values, found)
                {
                    return Some(next);
                }
            }
            _ => match values.next() {
                Some(value) => found.extend(*value),
                None => return Some(Next::Does(token.clone(), last)),
            },
        }
    }
    None
}

impl Graph {
    fn value(&self, store: Id) -> u32 {
        match self.events.get(&store) {
            Some(Event {
                label: Label::Write(_, value),
                ..
            }) => *value,
            _ => 0,
        }
    }

    fn next(&self, program: &Program, thread: usize) -> Next {
        let mut values = Vec::new();
        for (id, event) in self.events.range((thread, 0)..=(thread, usize::MAX)) {
            match event.label {
                Label::Read(_) => values.push(Some(self.value(self.rf[id]))),
                Label::Write(..) if self.updates.contains_key(id) => {}
                _ => values.push(None),
            }
        }
        let mut found = Vec::new();
        walk(&program.0[thread], &mut values.iter(), &mut found).unwrap_or(Next::Ends(found))
    }

    fn with(&self, thread: usize, label: Label, ordering: Ordering) -> (Graph, Id) {
        let mut graph = self.clone();
        let nth = graph.events.range((thread, 0)..=(thread, usize::MAX)).count();
        let ordering = rank(ordering);
        graph.events.insert((thread, nth), Event { label, ordering });
        (graph, (thread, nth))
    }

    fn stores(&self, at: char) -> Vec<Id> {
        let others = self.mo.get(&at).into_iter().flatten().copied();
        [(FIRST, 0)].into_iter().chain(others).collect()
    }

    /// All graphs with one event more of this thread.
    fn after(&self, thread: usize, token: &Token, last: u32) -> Vec<Graph> {
        let mut all = Vec::new();
        let update = |at: char, how: &dyn Fn(u32) -> Option<u32>, success, failure, all: &mut Vec<Graph>| {
            for (place, store) in self.stores(at).into_iter().enumerate() {
                let new = how(self.value(store));
                let ordering = if new.is_some() { success } else { failure };
                let (mut graph, read) = self.with(thread, Label::Read(at), ordering);
                graph.rf.insert(read, store);
                if let Some(new) = new {
                    let (mut with_store, write) = graph.with(thread, Label::Write(at, new), success);
                    with_store.updates.insert(write, read);
                    with_store.mo.entry(at).or_default().insert(place, write);
                    graph = with_store;
                }
                all.push(graph);
            }
        };
        match token {
            Token::Load(at, ordering) => update(*at, &|_| None, *ordering, *ordering, &mut all),
            Token::Add(at, by, ordering) => update(*at, &|v| Some(v + by), *ordering, *ordering, &mut all),
            Token::Swap(at, to, ordering) => update(*at, &|_| Some(*to), *ordering, *ordering, &mut all),
            Token::Exchange {
                at,
                from,
                to,
                success,
                failure,
            } => update(*at, &|v| (v == *from).then_some(*to), *success, *failure, &mut all),
            Token::Store(at, value, ordering) => {
                let value = match value {
                    Value::Number(value) => *value,
                    Value::Found(more) => last + more,
                };
                for place in 0..self.stores(*at).len() {
                    let (mut graph, write) = self.with(thread, Label::Write(*at, value), *ordering);
                    graph.mo.entry(*at).or_default().insert(place, write);
                    all.push(graph);
                }
            }
            Token::Fence(ordering) => all.push(self.with(thread, Label::Fence, *ordering).0),
            other => panic!("{other:?} is no event of an atomic"),
        }
        all.retain(Graph::is_consistent);
        all
    }

    fn is_consistent(&self) -> bool {
        let ids: Vec<Id> = self.events.keys().copied().collect();
        let n = ids.len();
        let at = |id: &Id| ids.iter().position(|other| other == id);
        let event = |i: usize| &self.events[&ids[i]];
        let po = Relation::of(n, |a, b| ids[a].0 == ids[b].0 && ids[a].1 < ids[b].1);
        let mut rf = Relation::empty(n);
        let mut mo = Relation::empty(n);
        let mut fr = Relation::empty(n);
        for stores in self.mo.values() {
            for (i, a) in stores.iter().enumerate() {
                for b in &stores[i + 1..] {
                    mo.insert(at(a).unwrap(), at(b).unwrap());
                }
            }
        }
        for (read, store) in &self.rf {
            let r = at(read).unwrap();
            if let Some(w) = at(store) {
                rf.insert(w, r);
            }
            let stores = self.stores(event(r).at().unwrap());
            let place = stores.iter().position(|s| s == store).unwrap();
            for later in &stores[place + 1..] {
                fr.insert(r, at(later).unwrap());
            }
        }
        // Atomicity.
        for (write, read) in &self.updates {
            let stores = self.stores(self.events[write].at().unwrap());
            let place = stores.iter().position(|s| s == write).unwrap();
            if stores[place - 1] != self.rf[read] {
                return false;
            }
        }
        let mut hb = po.clone();
        let fences = |thread: usize, range: std::ops::Range<usize>, releases: bool| -> Vec<usize> {
            let fits = |e: &Event| e.label == Label::Fence && if releases { e.releases() } else { e.acquires() };
            (0..n)
                .filter(|&i| ids[i].0 == thread && range.contains(&ids[i].1) && fits(event(i)))
                .collect()
        };
        for (read, store) in &self.rf {
            let r = at(read).unwrap();
            let mut sinks = fences(read.0, read.1 + 1..usize::MAX, false);
            sinks.extend(event(r).acquires().then_some(r));
            let mut head = *store;
            while let Some(w) = at(&head) {
                let mut sources = fences(head.0, 0..head.1, true);
                sources.extend(event(w).releases().then_some(w));
                for &source in &sources {
                    for &sink in sinks.iter().filter(|sink| **sink != source) {
                        hb.insert(source, sink);
                    }
                }
                match self.updates.get(&head) {
                    Some(read) => head = self.rf[read],
                    None => break,
                }
            }
        }
        let hb = hb.closed();
        let eco = rf.or(&mo).or(&fr).closed();
        if !hb.is_irreflexive() || !eco.is_irreflexive() || !hb.then(&eco).is_irreflexive() {
            return false;
        }
        if !po.or(&rf).closed().is_irreflexive() {
            return false;
        }
        let same = |a: usize, b: usize| event(a).at().is_some() && event(a).at() == event(b).at();
        let scb = po
            .or(&po.then(&hb).then(&po))
            .or(&Relation::of(n, |a, b| hb.has(a, b) && same(a, b)))
            .or(&mo)
            .or(&fr);
        let fence = |a: usize| event(a).seq_cst() && event(a).label == Label::Fence;
        let reflexive = |a: usize, b: usize| a == b || hb.has(a, b);
        let left = Relation::of(n, |a, b| {
            (a == b && event(a).seq_cst()) || (fence(a) && reflexive(a, b))
        });
        let right = Relation::of(n, |a, b| {
            (a == b && event(b).seq_cst()) || (fence(b) && reflexive(a, b))
        });
        let between = hb.or(&hb.then(&eco).then(&hb));
        let of_fences = Relation::of(n, |a, b| fence(a) && fence(b) && between.has(a, b));
        left.then(&scb).then(&right).or(&of_fences).closed().is_irreflexive()
    }
}

/// A relation among so many events.
#[derive(Clone, Debug)]
struct Relation(Vec<u64>);

impl Relation {
    fn empty(n: usize) -> Self {
        assert!(n <= 64, "a small program");
        Relation(vec![0; n])
    }
    fn of(n: usize, has: impl Fn(usize, usize) -> bool) -> Self {
        let mut all = Relation::empty(n);
        for a in 0..n {
            (0..n).filter(|&b| has(a, b)).for_each(|b| all.insert(a, b));
        }
        all
    }
    fn insert(&mut self, a: usize, b: usize) {
        self.0[a] |= 1 << b;
    }
    fn has(&self, a: usize, b: usize) -> bool {
        self.0[a] >> b & 1 == 1
    }
    fn or(&self, other: &Relation) -> Relation {
        Relation(self.0.iter().zip(&other.0).map(|(a, b)| a | b).collect())
    }
    fn then(&self, other: &Relation) -> Relation {
        let n = self.0.len();
        let row = |a: usize| (0..n).filter(|&b| self.has(a, b)).fold(0, |row, b| row | other.0[b]);
        Relation((0..n).map(row).collect())
    }
    fn closed(&self) -> Relation {
        let mut all = self.clone();
        for k in 0..all.0.len() {
            let through = all.0[k];
            for row in &mut all.0 {
                if *row >> k & 1 == 1 {
                    *row |= through;
                }
            }
        }
        all
    }
    fn is_irreflexive(&self) -> bool {
        (0..self.0.len()).all(|a| !self.has(a, a))
    }
}

/// All graphs of a program without mutexes.
pub(super) fn enumerate(program: &Program) -> Graphs {
    let mut layer = BTreeSet::from([Graph::default()]);
    let mut all = Graphs::default();
    while !layer.is_empty() {
        let mut following = BTreeSet::new();
        for graph in layer {
            let mut found = Vec::new();
            let mut stops = false;
            let mut goes_on = false;
            for thread in 0..program.0.len() {
                match graph.next(program, thread) {
                    Next::Does(token, last) => {
                        goes_on = true;
                        following.extend(graph.after(thread, &token, last));
                    }
                    Next::Ends(values) => found.push(values),
                    Next::Stops => stops = true,
                }
            }
            if !goes_on && !stops {
                all.full += 1;
                all.outcomes.insert(found);
            }
        }
        layer = following;
    }
    all
}
