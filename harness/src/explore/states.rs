//! Every state of a program once: a search of the graph of its states, whose edges are the picks of who goes next.
//!
//! Two prefixes of executions have come to one state if one can be turned into the other by swapping neighbouring steps that
//! commute ([`Configuration`]); what follows is then the same. An execution goes along a known way to a pick that has not been
//! tried, takes it, and goes on through new states to the end or to a state all of whose picks have been tried. So there are at
//! most as many executions as picks. A load sees the latest store.

use std::collections::BTreeMap;

use super::configuration::{Configuration, Numbers};
use crate::kernel::{Choice, End, Kernel, ObjectId, Pick, Strategy, TaskId};

/// What can be picked at a state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Move {
    /// This task takes its next step.
    Task(TaskId),
    /// The task that runs takes this arm of a `choose`.
    Arm(TaskId, u32),
}

/// A pick, and the state that it leads to once that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Edge {
    pub(crate) does: Move,
    pub(crate) to: usize,
}

/// Where an edge leads that has not been tried.
const UNKNOWN: usize = usize::MAX;

/// A state; the first one is where the search begins.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) edges: Vec<Edge>,
    /// How many of them have been tried.
    tried: usize,
    /// The state from which it was met first, and the edge.
    from: Option<(usize, usize)>,
    /// If an execution ends here, whether it fails.
    pub(crate) fails: Option<bool>,
}

/// What a state is known by: its configuration, and the task that asks for an arm, if one does, or that the execution is over.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum At {
    Between(Vec<u32>),
    Asks(TaskId, Vec<u32>),
    Over(Vec<u32>),
}

#[derive(Debug)]
pub(crate) struct States {
    /// What comes before the first state.
    prefix: Vec<Move>,
    most: usize,
    pub(crate) nodes: Vec<Node>,
    known: BTreeMap<At, usize>,
    numbers: Numbers,
    /// States with picks that have not been tried, the latest last.
    open: Vec<usize>,
    /// The way that the current execution goes before it comes to something new: edges, backwards.
    way: Vec<(usize, usize)>,
    /// Decisions of the current execution that belong to the prefix.
    passed: usize,
    here: Configuration,
    /// The edge that has been taken last.
    taken: Option<(usize, usize)>,
    /// The state in which the last execution has ended.
    ended: Option<usize>,
    /// There are more states than so many.
    full: bool,
    begun: bool,
}

impl States {
    /// The states that come after these picks, up to `most` of them.
    pub(crate) fn after(prefix: Vec<Move>, most: usize) -> Self {
        States {
            prefix,
            most,
            nodes: Vec::new(),
            known: BTreeMap::new(),
            numbers: Numbers::default(),
            open: Vec::new(),
            way: Vec::new(),
            passed: 0,
            here: Configuration::default(),
            taken: None,
            ended: None,
            full: false,
            begun: false,
        }
    }

    /// Whether there are more states than the search may look at.
    pub(crate) fn is_full(&self) -> bool {
        self.full
    }

    /// The execution that is over has failed, or has not.
    pub(crate) fn judge(&mut self, fails: bool) {
        if let Some(node) = self.ended.and_then(|at| self.nodes.get_mut(at)) {
            node.fails = Some(fails);
        }
    }

    /// The edges by which a state was met first.
    pub(crate) fn way_to(&self, mut state: usize) -> Vec<(usize, usize)> {
        let mut way = Vec::new();
        while let Some((from, edge)) = self.nodes[state].from {
            way.push((from, edge));
            state = from;
        }
        way.reverse();
        way
    }

    /// The execution is at this state, from which these picks lead on. Its number; an error, if the same picks have led to
    /// another state before.
    fn arrive(&mut self, at: At, moves: impl FnOnce() -> Vec<Move>) -> Result<usize, String> {
        let (next, from) = (self.nodes.len(), self.taken);
        let state = *self.known.entry(at).or_insert(next);
        if state == next {
            let edge = |does| Edge { does, to: UNKNOWN };
            let edges: Vec<Edge> = moves().into_iter().map(edge).collect();
            if !edges.is_empty() {
                self.open.push(next);
            }
            self.nodes.push(Node {
                edges,
                tried: 0,
                from,
                fails: None,
            });
            self.full |= self.nodes.len() > self.most;
        }
        if let Some((from, edge)) = from {
            let edge = &mut self.nodes[from].edges[edge];
            if edge.to != UNKNOWN && edge.to != state {
                return Err("the same picks have led to another state before".to_owned());
            }
            edge.to = state;
        }
        Ok(state)
    }

    /// The pick at this state; nothing, if all have been tried and none is to be taken again.
    fn pick(&mut self, state: usize) -> Result<Option<usize>, String> {
        let edge = match self.way.pop() {
            Some((from, _)) if from != state => {
                return Err("the same picks have led to another state before".to_owned());
            }
            Some((_, edge)) => edge,
            None if self.full => return Ok(None),
            None => {
                let node = &mut self.nodes[state];
                if node.tried == node.edges.len() {
                    return Ok(None);
                }
                node.tried += 1;
                node.tried - 1
            }
        };
        self.taken = Some((state, edge));
        Ok(Some(edge))
    }

    /// The next pick of the prefix, if it is not over.
    fn prescribed(&mut self) -> Option<Move> {
        let next = self.prefix.get(self.passed).copied();
        self.passed += usize::from(next.is_some());
        next
    }

    fn configuration(&mut self, kernel: &Kernel) -> Vec<u32> {
        self.here.read(&kernel.log, &mut self.numbers);
        self.here.name()
    }

    fn end_here(&mut self, name: Vec<u32>) {
        self.ended = self.arrive(At::Over(name), Vec::new).ok();
    }
}

impl Strategy for States {
    fn begin(&mut self) -> bool {
        (self.passed, self.taken, self.ended) = (0, None, None);
        self.here = Configuration::default();
        if self.nodes.is_empty() {
            // Where the prefix cannot be followed, nothing is found.
            return !std::mem::replace(&mut self.begun, true);
        }
        while self
            .open
            .last()
            .is_some_and(|&at| self.nodes[at].tried == self.nodes[at].edges.len())
        {
            self.open.pop();
        }
        let Some(&next) = self.open.last().filter(|_| !self.full) else {
            return false;
        };
        self.way = self.way_to(next);
        self.way.reverse();
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let candidate = |does: Move| match does {
            Move::Task(task) => choice.enabled.iter().find(|c| c.task == task),
            Move::Arm(..) => None,
        };
        let gone = || Pick::Diverged("the task that was picked cannot go on here".to_owned());
        if let Some(next) = self.prescribed() {
            return candidate(next).map_or_else(gone, |c| Pick::Task(c.index));
        }
        let name = self.configuration(choice.kernel);
        if choice.kernel.tasks[0].panic.is_some() {
            // What the others do after it is no part of what is told.
            self.end_here(name);
            self.judge(true);
            return Pick::Redundant;
        }
        let moves = || choice.enabled.iter().map(|c| Move::Task(c.task)).collect();
        let picked = self
            .arrive(At::Between(name), moves)
            .and_then(|state| Ok((state, self.pick(state)?)));
        match picked {
            Ok((state, Some(edge))) => {
                candidate(self.nodes[state].edges[edge].does).map_or_else(gone, |c| Pick::Task(c.index))
            }
            Ok((_, None)) => Pick::Redundant,
            Err(why) => Pick::Diverged(why),
        }
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        match self.prescribed() {
            Some(Move::Arm(_, arm)) if arm < arms => return Ok(arm),
            Some(_) => return Err(format!("the program calls choose({arms}) here")),
            None => {}
        }
        // The step that runs is not over, and what it does later is no part of this state.
        let mut so_far = self.here.clone();
        so_far.read(&kernel.log, &mut self.numbers);
        let moves = || (0..arms).map(|arm| Move::Arm(task, arm)).collect();
        let state = self.arrive(At::Asks(task, so_far.name()), moves)?;
        match self.pick(state)? {
            Some(edge) => Ok(edge as u32),
            // The next state is known, and the execution can only be left there.
            None => {
                self.taken = Some((state, 0));
                Ok(0)
            }
        }
    }

    fn end(&mut self, kernel: &Kernel) {
        let cut = matches!(
            kernel.ending,
            Some(End::Redundant | End::Diverged(_) | End::Restart) | None
        );
        if !cut && self.passed == self.prefix.len() {
            let name = self.configuration(kernel);
            self.end_here(name);
        }
    }

    fn restart(&mut self) {
        *self = States::after(std::mem::take(&mut self.prefix), self.most);
    }

    fn renumber(&mut self, from: ObjectId, to: ObjectId) -> bool {
        self.here.renumber(from, to);
        true
    }

    fn complete(&self) -> bool {
        !self.full && self.nodes.iter().all(|node| node.tried == node.edges.len())
    }
}
