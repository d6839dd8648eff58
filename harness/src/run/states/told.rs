//! The states in words: every pick of the graph is taken once more, in an execution with names and rows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::error::Error;
use super::super::share::Common;
use super::super::tell::{tell_of, trace_of};
use super::found::{End, Pick, State, States};
use super::graph::Graph;
use crate::engine::controlled::{SharedStrategy, explore};
use crate::explore::states::{Move, States as Found};
use crate::explore::walk::Walk;
use crate::kernel::{End as Ending, Kernel, TaskId};
use crate::trace::{ObjectStanding, Row, RowKind, Standing, TaskStanding, Trace};

/// One execution along picks, with its rows.
pub(in crate::run) struct Told {
    pub(in crate::run) walk: Walk,
    pub(in crate::run) trace: Trace,
    /// The tasks of the execution, as its trace knows them.
    pub(in crate::run) tasks: Vec<TaskId>,
    /// How it ended, if it did.
    pub(in crate::run) end: Option<End>,
    /// Why it could not be followed.
    wrong: Option<String>,
}

/// Runs the program along these picks, and stops after them.
///
/// # Errors
/// If it does something else.
pub(in crate::run) fn run(common: &mut Common, moves: Vec<Move>) -> Result<Told, Error> {
    let walk = Rc::new(RefCell::new(Walk::along(moves)));
    let strategy: SharedStrategy = walk.clone();
    let mut session = common.session(&[]);
    let mut told = None;
    explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
        told = Some(told_of(common, kernel));
        ControlFlow::Break(())
    });
    common.numbering = session.numbering;
    drop(strategy);
    let walk = Rc::into_inner(walk).expect("the engine has given it back").into_inner();
    let (trace, tasks, end, wrong) = told.unwrap_or_default();
    let told = Told {
        walk,
        trace,
        tasks,
        end,
        wrong,
    };
    match (&told.wrong, told.walk.impossible) {
        (Some(why), None) if !why.is_empty() => Err(Error::Diverged { message: why.clone() }),
        _ => Ok(told),
    }
}

type Parts = (Trace, Vec<TaskId>, Option<End>, Option<String>);

fn told_of(common: &Common, kernel: &mut Kernel) -> Parts {
    let tasks = kernel.tasks.iter().map(|task| task.id).collect();
    if let Some(Ending::Diverged(why)) = &kernel.ending {
        let why = why.clone();
        return (trace_of(kernel), tasks, None, Some(why));
    }
    if let Some(failure) = tell_of(&common.check, kernel, 0) {
        let end = End::Failed {
            kind: failure.kind,
            message: failure.message,
            forbidden_outcome: None,
        };
        return (failure.trace, tasks, Some(end), None);
    }
    let end = End::Passed {
        outcome: kernel.outcome.clone().unwrap_or_default(),
    };
    (trace_of(kernel), tasks, Some(end), None)
}

/// Tells all states of a graph.
pub(super) fn tell(common: &mut Common, graph: Graph) -> Result<States, Error> {
    let found = graph.states;
    let mut teller = Teller {
        states: States {
            tasks: Vec::new(),
            objects: Vec::new(),
            start: Vec::new(),
            states: (found.nodes.iter()).map(|_| State::default()).collect(),
            executions: graph.executions,
        },
        ids: BTreeMap::new(),
        told: found.nodes.iter().map(|node| vec![false; node.edges.len()]).collect(),
        stood: vec![false; found.nodes.len()],
    };
    if found.nodes[0].edges.is_empty() {
        teller.run(common, &found, Vec::new())?;
    }
    for state in 0..found.nodes.len() {
        while teller.told[state].contains(&false) {
            let mut way = found.way_to(state);
            let mut at = state;
            // As far as there is something to tell.
            while let Some(edge) = teller.told[at].iter().position(|told| !told) {
                way.push((at, edge));
                teller.told[at][edge] = true;
                at = found.nodes[at].edges[edge].to;
            }
            teller.run(common, &found, way)?;
        }
    }
    for (state, node) in teller.states.states.iter_mut().zip(&found.nodes) {
        if node.fails != state.end.as_ref().map(End::fails) {
            let message = "an execution did not end as it did before under the same picks".to_owned();
            return Err(Error::Diverged { message });
        }
    }
    Ok(teller.states)
}

struct Teller {
    states: States,
    /// The tasks by what they are in every execution.
    ids: BTreeMap<TaskId, usize>,
    told: Vec<Vec<bool>>,
    /// The states whose values and standing are known.
    stood: Vec<bool>,
}

impl Teller {
    /// Runs the program along these edges, and notes what is new.
    fn run(&mut self, common: &mut Common, found: &Found, way: Vec<(usize, usize)>) -> Result<(), Error> {
        let moves = way
            .iter()
            .map(|&(state, edge)| found.nodes[state].edges[edge].does)
            .collect();
        let told = run(common, moves)?;
        if told.walk.taken() < way.len() {
            let message = "an execution could not go on as it did before under the same picks".to_owned();
            return Err(Error::Diverged { message });
        }
        let tasks: Vec<usize> = told
            .tasks
            .iter()
            .enumerate()
            .map(|(at, id)| self.task(*id, &told.trace, at))
            .collect();
        let objects: Vec<usize> = told.trace.objects.iter().map(|name| self.object(name)).collect();
        let rows: Vec<Row> = told
            .trace
            .rows
            .iter()
            .map(|row| in_terms_of(row, &tasks, &objects))
            .collect();
        let begins = |decision: usize| {
            told.walk
                .rows
                .get(decision)
                .copied()
                .unwrap_or(rows.len())
                .min(rows.len())
        };
        let mut stands = Stands::default();
        let mut seen = 0;
        for decision in 0..=way.len() {
            let upto = begins(decision);
            for row in &rows[seen..upto] {
                stands.go_on(row);
            }
            if decision == 0 {
                self.states.start = kept(&rows[..upto]);
            }
            let state = match way.get(decision) {
                Some(&(state, _)) => state,
                None => way.last().map_or(0, |&(state, edge)| found.nodes[state].edges[edge].to),
            };
            if !std::mem::replace(&mut self.stood[state], true) {
                self.states.states[state].values = stands.values.clone().into_iter().collect();
                self.states.states[state].standing = stands.standing();
            }
            seen = upto;
        }
        for (decision, &(state, edge)) in way.iter().enumerate() {
            let edges = &found.nodes[state].edges;
            let picks = &mut self.states.states[state].picks;
            if picks.is_empty() {
                *picks = edges.iter().map(|edge| Pick::to(edge.to)).collect();
            }
            if picks[edge].rows.is_empty() {
                let (task, arm) = match edges[edge].does {
                    Move::Task(task) => (task, None),
                    Move::Arm(task, arm) => (task, Some(arm)),
                };
                let task = self.ids.get(&task).copied().unwrap_or(0);
                let rows = kept(&rows[begins(decision)..begins(decision + 1)]);
                let pick = &mut picks[edge];
                (pick.task, pick.arm) = (task, arm);
                pick.text = text(&rows, task, arm);
                pick.rows = rows;
            }
        }
        if let Some(mut end) = told.end {
            if let End::Failed { message, .. } = &mut end {
                *message = without_numbers(message, &told.trace);
            }
            let last = way.last().map_or(0, |&(state, edge)| found.nodes[state].edges[edge].to);
            self.states.states[last].end.get_or_insert(end);
        }
        Ok(())
    }

    fn task(&mut self, id: TaskId, trace: &Trace, at: usize) -> usize {
        let (tasks, next) = (&mut self.states.tasks, self.ids.len());
        *self.ids.entry(id).or_insert_with(|| {
            tasks.push(trace.tasks.get(at).cloned().unwrap_or_default());
            next
        })
    }

    fn object(&mut self, name: &String) -> usize {
        let objects = &mut self.states.objects;
        objects.iter().position(|known| known == name).unwrap_or_else(|| {
            objects.push(name.clone());
            objects.len() - 1
        })
    }
}

impl Pick {
    fn to(to: usize) -> Self {
        Pick {
            task: 0,
            arm: None,
            text: String::new(),
            rows: Vec::new(),
            to,
        }
    }
}

/// What a pick does: the first thing that its task does, or which arm it takes.
pub(in crate::run) fn text(rows: &[Row], task: usize, arm: Option<u32>) -> String {
    let says = |row: &&Row| row.task == task && row.kind != RowKind::Clock && !row.text.is_empty();
    match (rows.iter().find(says), arm) {
        (Some(row), None) => row.text.clone(),
        (Some(row), Some(_)) if row.text.starts_with("choose(") => row.text.clone(),
        (_, Some(arm)) => format!("goes the way {}", arm + 1),
        (None, None) => "goes on".to_owned(),
    }
}

/// What is the same in every execution that goes from the one state to the other.
fn kept(rows: &[Row]) -> Vec<Row> {
    let keeps = |row: &&Row| !matches!(row.kind, RowKind::Preempted | RowKind::Waits);
    let rows = rows.iter().filter(keeps).cloned();
    rows.map(|row| Row { standing: None, ..row }).collect()
}

/// A row with the numbers that all states have for tasks and objects.
fn in_terms_of(row: &Row, tasks: &[usize], objects: &[usize]) -> Row {
    let task = |task: &usize| tasks.get(*task).copied().unwrap_or(*task);
    let standing = row.standing.as_ref().map(|standing| {
        let of_task = |t: &TaskStanding| TaskStanding {
            task: task(&t.task),
            ..t.clone()
        };
        let of_object = |o: &ObjectStanding| ObjectStanding {
            holders: o.holders.iter().map(task).collect(),
            waiters: o.waiters.iter().map(task).collect(),
            ..o.clone()
        };
        Box::new(Standing {
            tasks: standing.tasks.iter().map(of_task).collect(),
            objects: standing.objects.iter().map(of_object).collect(),
        })
    });
    let value = |(object, value): &(usize, String)| Some((*objects.get(*object)?, value.clone()));
    Row {
        task: task(&row.task),
        values: row.values.iter().filter_map(value).collect(),
        standing,
        after: Vec::new(),
        ..row.clone()
    }
}

/// How things stand after some rows.
#[derive(Default)]
struct Stands {
    values: BTreeMap<usize, String>,
    tasks: BTreeMap<usize, TaskStanding>,
    objects: BTreeMap<String, ObjectStanding>,
}

impl Stands {
    fn go_on(&mut self, row: &Row) {
        self.values.extend(row.values.iter().cloned());
        if let Some(standing) = &row.standing {
            self.tasks
                .extend(standing.tasks.iter().map(|task| (task.task, task.clone())));
            let objects = standing.objects.iter();
            self.objects
                .extend(objects.map(|object| (object.object.clone(), object.clone())));
        }
    }

    /// Objects at rest are left out.
    fn standing(&self) -> Standing {
        let says = |object: &&ObjectStanding| {
            let rests = matches!(object.state.as_str(), "" | "free" | "not set" | "empty");
            !rests || !object.holders.is_empty() || !object.waiters.is_empty()
        };
        Standing {
            tasks: self.tasks.values().cloned().collect(),
            objects: self.objects.values().filter(says).cloned().collect(),
        }
    }
}

/// A message with what the steps say in place of their numbers.
fn without_numbers(message: &str, trace: &Trace) -> String {
    let numbered: Vec<&Row> = trace.rows.iter().filter(|row| row.numbered()).collect();
    let mut text = String::new();
    let mut rest = message;
    while let Some(at) = rest.find("step ") {
        let (before, number) = rest.split_at(at + "step ".len());
        let digits = number.bytes().take_while(u8::is_ascii_digit).count();
        let row = number[..digits]
            .parse::<usize>()
            .ok()
            .and_then(|n| numbered.get(n.checked_sub(1)?));
        match row {
            Some(row) => {
                let task = trace.tasks.get(row.task).map_or("", String::as_str);
                let line = row.text.lines().next().unwrap_or_default();
                text.push_str(&before[..at]);
                text.push_str(&format!("{task}'s `{line}`"));
            }
            None => {
                text.push_str(before);
                text.push_str(&number[..digits]);
            }
        }
        rest = &number[digits..];
    }
    text + rest
}
