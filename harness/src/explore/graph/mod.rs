//! Every consistent execution graph of Rust's memory model once, by running the program again and again.
//!
//! A run first repeats the events that it is to have, each after those in its past, and then goes on by a fixed rule: the first
//! task that can take a step takes it, a load reads the latest store, a store comes last, a `choose` takes its first arm. What
//! else an event could have been is left for later runs, and so are the graphs in which something older reads what has just been
//! stored (a backward revisit). Such a graph keeps what is older than the one that reads and what is in the past of the store;
//! the rest goes, and only if all of that is as it would be had it been added last, so that no graph comes up twice.
//!
//! After Kokologiannakis, Marmanis, Gladstein and Vafeiadis, "Truly Stateless, Optimal Dynamic Partial Next Reduction",
//! POPL 2022. The past (`po ∪ rf`) of an event has no circle, so each graph can be run with every store before its loads.
//!
//! Locks, tokens and counts take part as read-modify-writes of their object, each behind the one before. One that an earlier
//! operation was put in front of, and that cannot go on then, stays where it is, blocked, until something later lets it; if it
//! could go on at the end after all, the run was useless, because there is another one where it does. A deadline does not let
//! it go on: what that waives is a token of its own task or a message to it, which nobody else takes.
//!
//! Objects that one operation touches together are one object here, which the search learns, and begins again. Orders of operations
//! that commute are the same execution, and all but one of them useless ([`canonical`]). When nobody but spinning tasks is left they go round once more, or the clock moves for those who
//! sleep; everything before is in the past of everything after. Who spins on an atomic waits for a store later than the one that
//! it has seen, and that wait is a load. Who spins on several objects waits for one of them, and which one is a branch; if it
//! turns out that it should have been another one, the run was useless.
//!
//! What is not told in these terms (timers that fire early, attempts to lock that end in time, and to take what others take, too,
//! loops that look at nothing the kernel knows) ends the search with a reason: [`Graphs::unsupported`].

mod canonical;
mod descents;
mod execution;
mod frontier;
mod lineage;
mod merged;
mod revisit;
mod saved;
mod takers;
mod tree;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use canonical::Canonical;
use execution::{Does, From, Graph, Item, Last, Node};
pub(crate) use frontier::{Frontier, Next};
use lineage::Lineage;
use revisit::revisits;
use takers::Takers;
use tree::Tree;

use crate::kernel::{
    Access, Accesses, Blocked, Choice, Class, End, Entry, Gate, Kernel, ObjectId, Op, Past, Pick, Reads, Step,
    Strategy, TaskId, Way, Ways, includes, join,
};

/// What the operation that runs has turned out to be.
#[derive(Clone, Debug)]
struct Taken {
    object: ObjectId,
    way: Way,
    /// The store that it reads or follows.
    from: From,
    ways: Ways,
}

#[derive(Debug, Default)]
pub(crate) struct Graphs {
    tree: Tree,
    /// What this execution has found.
    stack: Vec<Item>,
    graph: Graph,
    last: Option<Last>,
    /// The stamps that are repeated, and how many have been.
    plan: Vec<usize>,
    at: usize,
    /// How much of the log has been read.
    read: usize,
    /// What is in the past of each task.
    pasts: BTreeMap<TaskId, Past>,
    lineage: Lineage,
    canonical: Canonical,
    /// The stores of each atomic, as they were made.
    stores: BTreeMap<ObjectId, Vec<From>>,
    taken: Option<Taken>,
    /// How many ways the operation that runs has, if it is new and has asked.
    asked: Option<u32>,
    /// How objects began, if otherwise than usual.
    gates: BTreeMap<ObjectId, Gate>,
    /// What has been touched.
    touched: BTreeSet<ObjectId>,
    /// Who has come to take from which queue.
    takers: BTreeMap<ObjectId, Takers>,
    /// What timers touched before any task did, so that it began otherwise in this execution only.
    set_by_timers: BTreeSet<ObjectId>,
    /// The event that runs is the one with this stamp, or a new one.
    running: Option<usize>,
    unsupported: Option<&'static str>,
    /// Objects that are one with another, which may be one with a third.
    merged: BTreeMap<ObjectId, ObjectId>,
    /// Something has been learnt that the search has to know from its start.
    learned: bool,
    /// Nobody can go on but those that are put off.
    useless: bool,
    /// It has itself seen to the end of the execution.
    stopped: bool,
    /// The operation that runs cannot go on as it is to, so there is no such execution.
    inconsistent: bool,
    over: bool,
}

impl Graphs {
    /// All of them, depth first.
    #[cfg(test)]
    pub(crate) fn new() -> Self {
        Graphs::of(Frontier::whole(Vec::new()), Next::Last)
    }

    /// What is left of a search.
    pub(crate) fn of(frontier: Frontier, order: Next) -> Self {
        let mut graphs = Graphs::default();
        for &(one, other) in &frontier.merged {
            graphs.unite(one, other);
        }
        Graphs {
            over: frontier.is_empty(),
            tree: Tree::new(frontier, order),
            ..graphs
        }
    }

    /// What is left now, with all that has been learnt. After [`Next::Largest`], what has been run is in it, too.
    pub(crate) fn into_frontier(self) -> Frontier {
        let mut frontier = self.tree.into_frontier();
        frontier.merged = self.merged.into_iter().collect();
        frontier
    }

    /// About how many executions there are, after [`Next::Descents`].
    pub(crate) fn estimate(&self) -> Option<f64> {
        self.tree.estimate()
    }

    /// Why the search has ended before it was complete.
    pub(crate) fn unsupported(&self) -> Option<&'static str> {
        self.unsupported
    }

    fn give_up(&mut self, why: &'static str) {
        self.unsupported.get_or_insert(why);
    }

    /// Reads what has happened since the last look.
    fn read(&mut self, kernel: &Kernel) {
        self.read_until(kernel, kernel.log.len());
    }

    fn read_until(&mut self, kernel: &Kernel, end: usize) {
        while self.read < end && self.unsupported.is_none() && !self.learned {
            let entry = &kernel.log[self.read];
            self.read += 1;
            match entry {
                Entry::Spawn { parent, child } => {
                    let past = self.pasts.get(parent).cloned().unwrap_or_default();
                    self.pasts.insert(*child, past);
                    self.lineage.spawn(*parent, *child);
                    self.canonical.spawn(*parent, *child);
                }
                Entry::Join { task, target } => {
                    let past = self.pasts.get(target).cloned().unwrap_or_default();
                    join(self.pasts.entry(*task).or_default(), &past);
                    self.canonical.join(*task, *target);
                }
                // Told when it was chosen.
                Entry::Choice { .. } => {}
                Entry::Barrier { blocked, fired, .. } => {
                    self.put_off_what_waits(blocked);
                    if self.at == self.plan.len() {
                        self.could_have_come_earlier(kernel, blocked);
                    }
                    self.everything_is_past(kernel);
                    self.fired(kernel, fired);
                }
                Entry::Step(step) => self.step(kernel, step),
            }
        }
    }

    /// What comes now comes after everything that has been.
    fn everything_is_past(&mut self, kernel: &Kernel) {
        let all = self.all_that_has_been();
        for task in &kernel.tasks {
            self.pasts.insert(task.id, all.clone());
        }
        self.canonical
            .everything_is_past(kernel.tasks.iter().map(|task| task.id));
    }

    fn all_that_has_been(&self) -> Past {
        let mut all = Past::new();
        for past in self.pasts.values() {
            join(&mut all, past);
        }
        all
    }

    /// Nobody can go on: the last event of the plan is put off, if it was to come now.
    fn put_off_what_waits(&mut self, blocked: &[Blocked]) {
        let all = self.all_that_has_been();
        while let Some(&stamp) = self.plan.get(self.at) {
            let node = &self.graph.nodes[stamp];
            let knows_all = (0..all.len()).all(|task| all[task] == 0 || includes(&node.before, task, all[task]));
            match node.does {
                Does::Choice { .. } if node.is_in(&all) => {}
                // What comes after the clock has moved has all of that in its past.
                Does::Sync { .. } if !knows_all && blocked.iter().any(|b| b.task == node.task) => {
                    if self.last.take_if(|last| last.stamp == stamp).is_none() {
                        return;
                    }
                    self.graph.blocked.insert(stamp);
                }
                _ => return,
            }
            self.at += 1;
        }
    }

    /// What timers have done as the clock moved comes right after all that has been. What nobody has touched before begins so.
    fn fired(&mut self, kernel: &Kernel, fired: &[Access]) {
        let all = self.pasts.get(&kernel.tasks[0].id).cloned().unwrap_or_default();
        for access in fired {
            if !self.touched.contains(&access.object) {
                self.set_by_timers.insert(access.object);
                continue;
            }
            let changes = self.graph.changes(self.object(access.object));
            let last = changes
                .iter()
                .rfind(|stamp| self.graph.nodes[**stamp].is_in(&all))
                .copied();
            if let Some(last) = last {
                self.graph.nodes[last].touches.push(*access);
            }
        }
    }

    /// The number that the next event of a task has.
    fn serial(&self, task: TaskId) -> u32 {
        let past = self.pasts.get(&task);
        past.and_then(|past| past.get(task.0 as usize)).copied().unwrap_or(0) + 1
    }

    fn node(&self, task: TaskId, does: Does, known: From) -> Node {
        let before = self.pasts.get(&task).cloned().unwrap_or_default();
        let mut node = Node::after(task, before, does, known);
        let from = does.from().flatten().map(|from| &self.graph.nodes[from].past);
        node.past = node.past_with(from);
        node
    }

    fn step(&mut self, kernel: &Kernel, step: &Step) {
        self.touched.extend(step.accesses.iter().map(|a| a.object));
        let taken = self.taken.take();
        let (does, known) = match (step.accesses.as_slice(), &taken) {
            ([], _) => (Does::Nothing, None),
            ([access], Some(taken)) if taken.object == access.object => {
                let (at, from) = (taken.object, taken.from);
                let does = match taken.way.reads {
                    Some(Reads::Only(_)) => Does::Load { at, from },
                    Some(Reads::Updates(_)) => Does::Update { at, from },
                    None => Does::Store { at },
                };
                (does, self.stores[&at][taken.ways.known])
            }
            // It goes round once more, because nobody else can do anything.
            (
                [
                    Access {
                        object,
                        class: Class::Changed,
                    },
                ],
                None,
            ) if self.stores.contains_key(object) => (Does::Nothing, None),
            ([_, _, ..], _) if step.accesses.iter().any(|a| a.class == Class::Changed) => {
                return self.give_up("a task spins on what the kernel does not see");
            }
            (accesses, _) if accesses.iter().any(|a| kernel.is_elsewhere(a.object)) => {
                return self.give_up(
                    "it yields where it does not come round again, or runs futures of other crates, so that what stands \
                     between two operations is a step",
                );
            }
            (accesses, _) if accesses.iter().any(|a| self.stores.contains_key(&a.object)) => {
                return self.give_up("an operation touches an atomic and something else");
            }
            (accesses, _) => {
                let touched: Accesses = accesses.iter().chain(&step.announced).copied().collect();
                self.merge(&touched);
                if self.learned {
                    // What has been one object until now is none any more: the search begins again.
                    return;
                }
                let at = self.object(accesses[0].object);
                let does = match self.running {
                    Some(stamp) => {
                        let planned = self.graph.nodes[stamp].does;
                        let (from, arm) = (planned.from().flatten(), planned.arm());
                        Does::Sync { at, from, arm }
                    }
                    None => {
                        let from = self.graph.changes(at).last().copied();
                        let arm = self.asked.map(|_| 0);
                        Does::Sync { at, from, arm }
                    }
                };
                (does, None)
            }
        };
        let mut node = self.node(step.task, does, known);
        if matches!(does, Does::Sync { .. }) {
            node.touches.clone_from(&step.accesses);
        }
        self.pasts.insert(step.task, node.past.clone());
        let stamp = self.running.unwrap_or(self.graph.nodes.len());
        let chain = does.at().filter(|_| matches!(does, Does::Sync { .. }));
        let from = does.from().flatten().filter(|_| chain.is_none());
        self.canonical.add(step.task, Some(stamp), from, chain, &node.touches);
        match self.running.take() {
            Some(stamp) => self.repeated(stamp, node, taken),
            None => self.added(kernel, step, node, taken),
        }
    }

    /// An event of the plan has happened.
    fn repeated(&mut self, stamp: usize, node: Node, taken: Option<Taken>) {
        let does = node.does;
        if self.graph.nodes[stamp].does.at() != does.at() {
            return self.give_up("an operation touched another object under the same choices");
        }
        self.graph.nodes[stamp] = node;
        let last = self.last.take_if(|last| last.stamp == stamp);
        self.order(stamp, does, last.map(|last| last.after), taken.as_ref());
        if let Some(last) = last
            && last.revisits
            && does.changes()
        {
            self.revisit(stamp);
        }
    }

    /// Puts an event that has happened among the changes of its object. `after`: what a plain store that is new comes after.
    fn order(&mut self, stamp: usize, does: Does, after: Option<From>, taken: Option<&Taken>) {
        let Some(at) = does.at() else { return };
        if !does.changes() {
            return;
        }
        if taken.is_some() {
            self.stores.entry(at).or_insert_with(|| vec![None]).push(Some(stamp));
        }
        if !self.graph.changes(at).contains(&stamp) {
            let after = match does.from() {
                Some(from) => from,
                None => after.unwrap_or_else(|| self.graph.changes(at).last().copied()),
            };
            self.graph.insert(at, after, stamp);
        }
    }

    /// What reads from an event that is in the graph already, and the last in the order of the past.
    fn revisit(&mut self, w: usize) {
        let node = &self.graph.nodes[w];
        let at = node.does.at();
        let reads_it = |other: &Node| other.does.at() == at && other.does.from().is_some() && !other.is_in(&node.past);
        if !self.graph.nodes.iter().any(reads_it) {
            return;
        }
        let mut graph = self.graph.clone();
        graph.forget(w);
        revisits(&graph, w, &mut self.stack);
    }

    /// The graph with this event instead, which does something else. `stamp`: where it is, if it is the last one.
    fn instead(&self, node: &Node, does: Does, stamp: Option<usize>) -> Graph {
        let mut graph = self.graph.clone();
        if let Some(stamp) = stamp {
            graph.forget(stamp);
            graph.nodes.truncate(stamp);
        }
        let mut node = Node { does, ..node.clone() };
        let from = does.from().flatten().map(|from| &graph.nodes[from].past);
        node.past = node.past_with(from);
        graph.nodes.push(node);
        graph
    }

    /// A new event has happened, in the way that the rule says.
    fn added(&mut self, kernel: &Kernel, step: &Step, node: Node, taken: Option<Taken>) {
        let does = node.does;
        let stamp = self.graph.nodes.len();
        self.graph.nodes.push(node.clone());
        self.order(stamp, does, None, taken.as_ref());
        if does.changes() {
            self.revisit(stamp);
        }
        if let Some(taken) = taken {
            let at = taken.object;
            for way in &taken.ways.taken {
                let from = self.stores[&at][way.store];
                let graph = self.instead(&node, Does::Update { at, from }, Some(stamp));
                revisits(&graph, stamp, &mut self.stack);
            }
            for way in taken.ways.open.iter().skip(1) {
                let from = self.stores[&at][way.store];
                let (does, revisits) = match way.reads {
                    Some(Reads::Only(_)) => (Does::Load { at, from }, false),
                    Some(Reads::Updates(_)) => (Does::Update { at, from }, true),
                    None => (Does::Store { at }, false),
                };
                let last = Some(Last {
                    stamp,
                    after: from,
                    revisits,
                });
                let graph = self.instead(&node, does, Some(stamp));
                self.stack.push(Item { graph, last });
            }
        } else if matches!(does, Does::Sync { .. }) {
            // What a task drops as it panics was never announced.
            let announced = if step.announced.is_empty() {
                &step.accesses
            } else {
                &step.announced
            };
            self.earlier(kernel, &node, announced, step.late.is_some(), Some(stamp));
            self.other_ways(&node, stamp);
        }
    }

    /// An operation on a lock or the like could have come earlier, in front of another one. `late`: its deadline has passed.
    /// `stamp`: where it is, if it has happened.
    fn earlier(&mut self, kernel: &Kernel, node: &Node, announced: &[Access], late: bool, stamp: Option<usize>) {
        let Some(first) = announced.first() else {
            return self.give_up("an operation touches more than it has announced");
        };
        let at = self.object(first.object);
        let mut gates = self.gates.clone();
        let mut from = None;
        for before in self.graph.changes(at).to_vec() {
            if Some(before) == stamp {
                break;
            }
            // Behind the last one is where it is now, or where it waits.
            let admits = |a: &Access| {
                let gate = gates.get(&a.object).copied().unwrap_or_default();
                match a.class {
                    Class::Changed => kernel.would_find_changed(node.task, a.object, &gate),
                    class => gate.admits(class),
                }
            };
            let is_past = self.graph.nodes[before].is_in(&node.before);
            // A deadline waives the first condition.
            let mut conditions = announced.iter().skip(usize::from(late)).filter(|a| a.class.blocks());
            if !is_past && conditions.all(admits) {
                let graph = self.instead(node, Does::Sync { at, from, arm: None }, stamp);
                revisits(&graph, graph.nodes.len() - 1, &mut self.stack);
            }
            for access in &self.graph.nodes[before].touches {
                gates.entry(access.object).or_default().apply(access.class);
            }
            from = Some(before);
        }
    }

    /// What waits, because nobody can go on, could have come in front of what it waits for.
    fn could_have_come_earlier(&mut self, kernel: &Kernel, waiting: &[Blocked]) {
        let put_off = self.put_off();
        for waiting in waiting.iter().filter(|waiting| !put_off.contains(&waiting.task)) {
            // No store is later than what a spinning task has seen, however many there are.
            let spins = waiting.announced.iter().any(|a| a.class == Class::Changed);
            if spins || waiting.announced.is_empty() {
                continue;
            }
            self.merge(&waiting.announced);
            if self.learned {
                return;
            }
            let node = self.node(waiting.task, Does::Nothing, None);
            self.earlier(kernel, &node, &waiting.announced, waiting.late.is_some(), None);
        }
    }

    /// Whether an operation waits behind one that others have followed. There is another graph where it waits behind these.
    fn is_put_off_for_nothing(&self) -> bool {
        let mut blocked = self.graph.blocked.iter().map(|stamp| self.graph.nodes[*stamp].does);
        blocked.any(|does| match (does.at(), does.from()) {
            (Some(at), Some(from)) => self.graph.changes(at).last().copied() != from,
            _ => false,
        })
    }

    /// The tasks whose operation an earlier one has been put in front of.
    fn put_off(&self) -> BTreeSet<TaskId> {
        self.graph.blocked.iter().map(|s| self.graph.nodes[*s].task).collect()
    }
}

/// Whether an operation waits first for what others may take instead.
fn waits_for_others(op: &Op) -> bool {
    let first = op.accesses.first().map(|access| access.class);
    matches!(first, Some(Class::Acquire | Class::ShareAcquire | Class::Push { .. }))
}

impl Strategy for Graphs {
    fn begin(&mut self) -> bool {
        if self.over {
            return false;
        }
        let item = match self.learned {
            true => Item::default(),
            false => self.tree.next(),
        };
        self.stack.clear();
        self.lineage.clear();
        self.canonical.clear();
        self.plan = item.graph.plan(item.last.map(|last| last.stamp));
        self.graph = item.graph;
        self.last = item.last;
        self.at = 0;
        self.read = 0;
        self.pasts.clear();
        self.stores.clear();
        self.touched.clear();
        self.takers.clear();
        for object in std::mem::take(&mut self.set_by_timers) {
            self.gates.remove(&object);
        }
        self.taken = None;
        self.asked = None;
        self.running = None;
        self.useless = false;
        self.stopped = false;
        self.inconsistent = false;
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.read(choice.kernel);
        if choice.kernel.clock.is_some() {
            self.give_up("timers may fire early");
        }
        for candidate in choice.enabled {
            let op = choice.kernel.pending_op(candidate.index);
            if op.deadline.is_some() && waits_for_others(op) {
                self.give_up("an attempt to lock ends in time");
            }
            self.takes(candidate.task, op);
        }
        if self.unsupported.is_some() {
            self.stopped = true;
            return Pick::Redundant;
        }
        // One that has learned how its steps are counts for nothing, and what a loop waits for in it may never come.
        if self.learned || choice.kernel.learns {
            return Pick::Restart;
        }
        for candidate in choice.enabled {
            for access in &choice.kernel.pending_op(candidate.index).accesses {
                if !self.touched.contains(&access.object) {
                    let gate = choice.kernel.object(access.object).gate;
                    self.gates.insert(access.object, gate);
                }
            }
        }
        while let Some(&stamp) = self.plan.get(self.at) {
            let node = &self.graph.nodes[stamp];
            self.at += 1;
            if matches!(node.does, Does::Choice { .. }) {
                continue;
            }
            let task = node.task;
            if let Some(candidate) = choice.enabled.iter().find(|c| c.task == task) {
                self.running = Some(stamp);
                return Pick::Task(candidate.index);
            }
            if matches!(node.does, Does::Sync { .. }) && self.last.take_if(|last| last.stamp == stamp).is_some() {
                self.graph.blocked.insert(stamp);
                continue;
            }
            self.stopped = true;
            self.give_up("an operation that could go on under the same choices cannot now");
            return Pick::Redundant;
        }
        let put_off = self.put_off();
        let free = choice.enabled.iter().filter(|c| !put_off.contains(&c.task));
        match free.min_by_key(|c| self.lineage.rank(c.task)) {
            Some(candidate) => Pick::Task(candidate.index),
            None => {
                self.useless = true;
                self.stopped = true;
                Pick::Redundant
            }
        }
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        if kernel.is_asked && kernel.nested == 0 {
            return self.way_of_step(kernel, arms);
        }
        self.read(kernel);
        if kernel.nested > 0 {
            self.give_up("a branch inside of an operation");
        }
        let serial = self.serial(task);
        let planned = self
            .graph
            .nodes
            .iter()
            .position(|node| node.task == task && node.serial() == serial);
        if let Some(stamp) = planned {
            let Does::Choice { arm } = self.graph.nodes[stamp].does else {
                return Err("a branch was an operation before".to_owned());
            };
            let past = self.node(task, Does::Choice { arm }, None).past;
            self.pasts.insert(task, past);
            self.canonical.add(task, None, None, None, &Accesses::new());
            return Ok(arm);
        }
        let node = self.node(task, Does::Choice { arm: 0 }, None);
        for arm in (1..arms).rev() {
            let mut graph = self.graph.clone();
            let does = Does::Choice { arm };
            graph.nodes.push(Node { does, ..node.clone() });
            self.stack.push(Item { graph, last: self.last });
        }
        self.pasts.insert(task, node.past.clone());
        self.canonical.add(task, None, None, None, &Accesses::new());
        self.graph.nodes.push(node);
        Ok(0)
    }

    fn way(&mut self, kernel: &Kernel, _task: TaskId, object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        if kernel.nested > 1 {
            self.give_up("an atomic is touched inside of an operation");
        }
        let stores = self.stores.entry(object).or_insert_with(|| vec![None]);
        let at = match self.running {
            None => Some(0),
            Some(stamp) => {
                let does = &self.graph.nodes[stamp].does;
                let from = match does.from() {
                    Some(from) => from,
                    None => match self.last.filter(|last| last.stamp == stamp) {
                        Some(last) => last.after,
                        None => {
                            let changes = self.graph.changes(object);
                            let place = self.graph.place(object, Some(stamp)) - 1;
                            let happened = |s: &&usize| stores.contains(&Some(**s));
                            changes[..place].iter().rev().find(happened).copied()
                        }
                    },
                };
                ways.open.iter().position(|way| stores[way.store] == from)
            }
        };
        let Some(at) = at else {
            // A revisit does not look at sequential consistency.
            self.stopped = true;
            self.inconsistent = true;
            return Ok(None);
        };
        let way = ways.open[at];
        self.taken = Some(Taken {
            object,
            way,
            from: stores[way.store],
            ways: ways.clone(),
        });
        Ok(Some(at as u32))
    }

    fn end(&mut self, kernel: &Kernel) {
        if !self.inconsistent {
            self.read(kernel);
        }
        match &kernel.ending {
            Some(End::Complete) => {
                let left = self.plan[self.at..].iter().map(|stamp| &self.graph.nodes[*stamp].does);
                if left.into_iter().any(|does| does.at().is_some()) {
                    self.give_up("it came to an end earlier than before under the same choices");
                }
            }
            Some(End::Deadlock) => {
                self.put_off_what_waits(&kernel.blocked);
                self.could_have_come_earlier(kernel, &kernel.blocked);
                self.useless = self.is_put_off_for_nothing();
            }
            // Nobody can go on who has not been put off, or waits for what does not change.
            Some(End::Redundant) if self.useless || !self.stopped => {
                self.put_off_what_waits(&kernel.blocked);
                self.could_have_come_earlier(kernel, &kernel.blocked);
            }
            Some(End::Redundant) => {}
            _ => self.tree.frontier.truncated = true,
        }
        self.useless |= !self.canonical.counts(&self.lineage);
        self.tree.add(std::mem::take(&mut self.stack), self.graph.nodes.len());
        self.over = self.unsupported.is_some() || (self.tree.is_over() && !self.learned);
    }

    fn is_useless(&self) -> bool {
        self.useless
    }

    /// The graphs that are left have been made with both numbers, so the search begins again.
    fn renumber(&mut self, from: ObjectId, to: ObjectId) -> bool {
        let renamed = |object: ObjectId| if object == from { to } else { object };
        for (one, other) in std::mem::take(&mut self.merged) {
            self.unite(renamed(one), renamed(other));
        }
        false
    }

    fn restart(&mut self) {
        let merged = std::mem::take(&mut self.merged);
        let whole = Frontier::whole(merged.into_iter().collect());
        *self = Graphs::of(whole, self.tree.order.clone());
    }

    fn has_learnt(&self) -> bool {
        self.learned
    }

    fn complete(&self) -> bool {
        self.over && self.unsupported.is_none() && !self.tree.frontier.truncated && self.tree.frontier.is_empty()
    }
}
