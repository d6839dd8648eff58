//! Why a program fails: the orders of operations that every failing execution of it has, and no passing one.
//!
//! The program is explored once more, all of it if it is small enough, and of each execution it is noted which of two conflicting
//! operations came first. From that follow the smallest sets of constraints with which an execution fails. Then these are imposed on
//! executions at random, which all have to fail, and after that the opposite of each, with which none may. So what is said has been
//! seen twice, by two searches that have nothing in common.
//!
//! | file | what it holds |
//! |---|---|
//! | `found` | what the caller gets |
//! | `told` | the failure, run once more |
//! | `survey` | all executions |
//! | `ways`, `cover` | the smallest sets of constraints |
//! | `proof` | the constraints imposed, and their opposites |
//! | `nearest` | the passing execution that is most like the failing one |
//! | `words`, `text` | what operations are called, and what is said of them |

mod cover;
pub(crate) mod found;
mod nearest;
mod proof;
mod survey;
mod text;
mod told;
mod ways;
mod words;

pub use found::{Cause, Constraint, Nearest, Operation, Shape, Way};

use super::again::as_found;
use super::aside::aside;
use super::failure::Failure;
use super::options::Options;
use super::search::announce;
use super::share::Common;
use crate::engine::current::Program;
use crate::explore::events::{Does, Event, EventName, Sort};
use crate::kernel::{Class, FailureKind};
use proof::proof;
use survey::Survey;
use told::Told;
use ways::{Atom, Way as Found, ways};
use words::Names;

/// What completes something that is completed once.
const COMPLETES: &str = "set";

/// How often an execution that was not foreseen is added to what has been seen.
const ROUNDS: usize = 16;

/// Finds out why the program fails: the failure is known already, and is told whatever happens here.
pub(super) fn add_to(failure: &mut Failure, check: Options, program: Program) {
    let copy = failure.clone();
    let found = aside(check, program, move |common| {
        let found = explain(common, &copy);
        if common.check.aloud {
            announce(&common.check);
            let _ = Told::of(common, &copy);
        }
        Ok(found)
    });
    if let Ok(Some((cause, nearest))) = found {
        failure.cause = Some(cause);
        failure.nearest = nearest;
    }
}

fn explain(common: &mut Common, failure: &Failure) -> Option<(Cause, Option<Nearest>)> {
    let weak = as_found(common, failure);
    let told = Told::of(common, failure)?;
    let mut survey = Survey::of(common, &told, weak)?;
    let (mut found, mut others, mut tried);
    let mut rounds = 0;
    loop {
        (found, others) = ways(&survey, &told);
        tried = proof(
            common,
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
    // What was cut short by the clock would not be the same again.
    if common.late() || survey.count(true) == 0 {
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
    let nearest = nearest::nearest(common, &survey, &told, &failure.trace);
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
    let completes = |of: EventName| {
        let same = |e: &&Event| e.name.task == of.task && e.name.object == of.object;
        told.events.iter().filter(same).any(|e| e.verb == COMPLETES)
    };
    let both_complete = |&(first, then): &(EventName, EventName)| {
        first.object == then.object && first.task != then.task && completes(first) && completes(then)
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
    } else if told.drops_what_is_used || befores.iter().any(|(first, _)| first.sort == Sort::Release) {
        Shape::EarlyRelease
    } else if befores.iter().any(both_complete) {
        Shape::DoubleCompletion
    } else if befores.iter().any(comes_between) {
        Shape::AtomicityViolation
    } else {
        Shape::OrderViolation
    }
}
