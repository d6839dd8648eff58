//! Why a program fails: the orders of operations that every failing execution of it has, and no passing one.
//!
//! The program is explored once more, all of it if it is small enough, and of each execution it is noted which of two conflicting
//! operations came first. From that follow the smallest sets of constraints with which an execution fails. Then these are imposed on
//! executions at random, which all have to fail, and after that the opposite of each, with which none may. So what is said has been
//! seen twice, by two searches that have nothing in common.
//!
//! | file | what it holds |
//! |---|---|
//! | `told` | the failure, run once more |
//! | `survey` | all executions |
//! | `ways`, `cover` | the smallest sets of constraints |
//! | `proof` | the constraints imposed, and their opposites |
//! | `nearest` | the passing execution that is most like the failing one |
//! | `words`, `text` | what operations are called, and what is said of them |

mod cover;
mod nearest;
mod proof;
mod survey;
mod text;
mod told;
mod ways;
mod words;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use serde::{Deserialize, Serialize};

pub use nearest::Nearest;

use super::apart::apart;
use super::failure::Failure;
use super::options::Options;
use super::share::Common;
use super::tally::Tally;
use crate::engine::current::Program;
use crate::explore::events::{Does, EventName};
use crate::kernel::{Class, FailureKind, MemoryModel, Numbering, Progress};
use proof::proof;
use survey::Survey;
use told::Told;
use ways::{Atom, Way as Found, ways};
use words::Names;

/// What decides whether a program fails: which operations come before which.
///
/// `Display` is the text under the timeline, without a line end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Cause {
    /// How the program fails, that of the failure itself first: an execution in which all constraints of a way hold fails. Empty, if
    /// all executions fail, or no small set of constraints tells those that fail from those that do not.
    pub ways: Vec<Way>,
    /// Failing executions that have been looked at, each standing for all that are equivalent to it.
    pub failing: u64,
    /// Passing ones.
    pub passing: u64,
    /// Failing ones in which no way holds.
    pub others: u64,
    /// Whether all executions of the program have been looked at.
    pub complete: bool,
    /// Executions at random on which the constraints of a way were imposed and in which they held. All have failed.
    pub imposed: u64,
    /// Executions at random in which no way held, most of them with the opposite of a constraint imposed.
    pub opposed: u64,
    /// Those of them that have failed. None, if the ways are all there are.
    pub opposed_failing: u64,
}

/// One way of failing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Way {
    /// A smallest set: without one of them, there is a passing execution in which the others hold.
    pub constraints: Vec<Constraint>,
    /// Failing executions in which they hold.
    pub failing: u64,
    /// What the field calls it.
    pub shape: Shape,
}

/// What the field calls a way of failing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Shape {
    /// Somebody comes between two operations of another task that belong together.
    AtomicityViolation,
    /// Two operations come in the wrong order.
    OrderViolation,
    /// A signal is sent before the one who waits for it is there.
    MissedSignal,
    /// Tasks take locks in different orders.
    LockOrderCycle,
    /// A load does not see a store that it needs.
    StaleRead,
    /// A branch of the program itself.
    Branch,
}

impl Shape {
    /// The words of the field: `atomicity violation`.
    pub fn words(self) -> &'static str {
        match self {
            Shape::AtomicityViolation => "atomicity violation",
            Shape::OrderViolation => "order violation",
            Shape::MissedSignal => "missed signal",
            Shape::LockOrderCycle => "lock-order cycle",
            Shape::StaleRead => "stale read",
            Shape::Branch => "a branch of the program",
        }
    }
}

/// What holds of some executions and not of others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Constraint {
    /// The first operation happens, and the other one later, or never. Under Rust's memory model, of an atomic: a store comes before a
    /// load that sees it or what has replaced it, and a load that misses a store comes before that.
    Before {
        /// The first one.
        first: Operation,
        /// The later one.
        then: Operation,
    },
    /// A [`choose`](crate::choose) takes an arm.
    Arm {
        /// Which one it is.
        choose: Operation,
        /// The arm.
        arm: u32,
    },
}

/// One operation of a task on an object, known by its number among those.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Operation {
    /// The name of the task.
    pub task: String,
    /// The name of the object; empty for a [`choose`](crate::choose).
    pub object: String,
    /// The how-manieth operation of the task on the object it is, counting from 1. Releases are counted for themselves.
    pub nth: u32,
    /// Whether it releases a lock.
    pub releases: bool,
    /// What the timeline says of it; or what it is called, where it does not happen there, or the way of failing is another one.
    pub text: String,
    /// The number of its row in the timeline of the failure, if it happens there and the failure fails in this way.
    pub step: Option<usize>,
    /// The index of that row in [`Trace::rows`](crate::trace::Trace::rows).
    pub row: Option<usize>,
}

/// How often an execution that was not foreseen is added to what has been seen.
const ROUNDS: usize = 16;

/// Finds out why the program fails, on an OS thread of its own: the failure is known already, and is told whatever happens here.
pub(super) fn add_to(failure: &mut Failure, check: &Options, program: Program) {
    if failure.kind == FailureKind::Nondeterminism || failure.schedule.unfinished {
        return;
    }
    let mut check = check.clone();
    check.progress = Arc::default();
    check.keep_going = true;
    check.shard = None;
    check.aloud = false;
    let found = Arc::new(Mutex::new(None));
    let (asked, theirs, copy) = (check.clone(), Arc::clone(&found), failure.clone());
    let progress = Arc::new(Progress::default());
    let decisions = Arc::clone(&progress);
    let (_, broken) = apart(&asked, progress, "controlled", move || {
        let limits = check.limits();
        let common = Common {
            check,
            program,
            limits,
            numbering: Numbering::default(),
            decisions,
            started: Instant::now(),
        };
        *theirs.lock().unwrap_or_else(PoisonError::into_inner) = explain(common, &copy);
        Tally::default().report(&asked_name(&copy), Instant::now(), None)
    });
    if broken.is_none()
        && let Some((cause, nearest)) = found.lock().unwrap_or_else(PoisonError::into_inner).take()
    {
        failure.cause = Some(cause);
        failure.nearest = nearest;
    }
}

fn asked_name(failure: &Failure) -> Options {
    Options::new(failure.name.clone())
}

fn explain(mut common: Common, failure: &Failure) -> Option<(Cause, Option<Nearest>)> {
    let weak = common.check.memory_model == MemoryModel::Rust
        && common.check.preemption_bound.is_none()
        && failure.schedule.learned.orders_weakly;
    if !weak {
        common.check.memory_model = MemoryModel::SequentiallyConsistent;
        common.limits.memory_model = MemoryModel::SequentiallyConsistent;
    }
    let told = Told::of(&common, failure)?;
    let mut survey = Survey::of(&common, &told, weak)?;
    let (mut found, mut others, mut tried);
    let mut rounds = 0;
    loop {
        (found, others) = ways(&survey, &told);
        tried = proof(
            &common,
            &survey.numbering,
            &found,
            survey.whole && others == 0 && !found.is_empty(),
        );
        match tried.against.take() {
            None => break,
            Some(_) if rounds == ROUNDS => return None,
            Some((fails, events)) => survey.learn(fails, events),
        }
        rounds += 1;
    }
    if survey.count(true) == 0 {
        return None;
    }
    let names = Names {
        survey: &survey,
        told: &told,
        failing: &failure.trace,
    };
    let way = |way: &Found| Way {
        constraints: (way.atoms.iter())
            .map(|atom| names.constraint(*atom, way.holds(&told.events)))
            .collect(),
        failing: way.failing,
        shape: shape(way, failure, &told),
    };
    let cause = Cause {
        ways: found.iter().map(way).collect(),
        failing: survey.count(true),
        passing: survey.count(false),
        others,
        complete: survey.whole,
        imposed: tried.imposed,
        opposed: tried.opposed,
        opposed_failing: tried.failed,
    };
    let nearest = Nearest::of(&common, &survey, &told, &failure.trace);
    Some((cause, nearest))
}

/// What the field calls it.
fn shape(way: &Found, failure: &Failure, told: &Told) -> Shape {
    let event = |name| told.events.get(name);
    let befores: Vec<_> = (way.atoms.iter())
        .filter_map(|atom| match *atom {
            Atom::Before(first, then) => Some((first, then)),
            Atom::Arm(..) => None,
        })
        .collect();
    let misses = |(first, then)| match (event(first), event(then)) {
        (Some(load), Some(store)) => load.does == Does::Loads && load.row > store.row,
        _ => false,
    };
    let comes_between = |&(_, inner): &(EventName, EventName)| {
        let outer = |&(first, then): &(EventName, EventName)| first.task == inner.task && then.task != inner.task;
        befores.iter().any(|pair| {
            outer(pair)
                && befores
                    .iter()
                    .any(|(first, then)| first.task == pair.1.task && then.task == inner.task)
        })
    };
    let locks = |&(first, then): &(EventName, EventName)| {
        let waited_for = event(then).is_none();
        let does = event(first).map(|e| e.does);
        waited_for && matches!(does, Some(Does::Accesses(Class::Acquire | Class::ShareAcquire)))
    };
    if befores.is_empty() {
        Shape::Branch
    } else if befores.iter().any(|pair| misses(*pair)) {
        Shape::StaleRead
    } else if failure.kind == FailureKind::Deadlock && befores.len() > 1 && befores.iter().all(locks) {
        Shape::LockOrderCycle
    } else if failure.kind == FailureKind::LostWakeup {
        Shape::MissedSignal
    } else if befores.iter().any(comes_between) {
        Shape::AtomicityViolation
    } else {
        Shape::OrderViolation
    }
}
