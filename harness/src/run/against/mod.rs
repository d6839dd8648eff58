//! The failing order of operations tried on another program, mostly the repaired one: how far it can be followed there, and what forbids
//! its next step. That is why a repair works.
//!
//! | file | what it holds |
//! |---|---|
//! | `found` | what the caller gets |
//! | `text` | what is said of it |

pub(crate) mod found;
mod text;

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

pub use found::{Forbids, Stop, Tried};

use super::again::{again, as_found};
use super::aside::aside;
use super::beside::{aligned, parts_at};
use super::explain::{explain, failed};
use super::failure::Failure;
use super::options::Options;
use super::share::Common;
use super::tell::trace_of;
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::pos::Pos;
use crate::explore::transfer::{Mapped, Obstacle, Ordered, Transfer, order_of};
use crate::kernel::{End, FailureKind, Numbering, Strategy};
use crate::trace::Trace;

/// Executions of the other program that tell which operations it has, and steps of a failure that is not too long to be tried.
const SAMPLE: usize = 100;
const LONGEST: usize = 1_000;

/// How often the other program may teach something, so that it is run again.
const ROUNDS: usize = 16;

/// Tries the order of the failure on the other program: the failure is known already, and is told whatever happens here.
pub(super) fn add_to(failure: &mut Failure, check: Options, program: Program, other: Program) {
    let copy = failure.clone();
    let found = aside(check, program, move |common| Ok(attempt(common, &copy, other)));
    failure.tried = found.ok().flatten();
}

fn attempt(common: &mut Common, failure: &Failure, other: Program) -> Option<Tried> {
    as_found(common, failure);
    let (order, _) = again(common, failure, |kernel| order_of(kernel))?;
    if order.len() > LONGEST {
        return None;
    }
    common.program = other;
    let (seen, numbering) = sample(common)?;
    let mapped = Mapped::of(&order, &seen);
    let counts = |at: &usize| !order[*at].releases && is_numbered(&order[*at], &failure.trace);
    let steps = (0..order.len()).filter(counts).count();
    let has = (0..order.len())
        .filter(counts)
        .filter(|&at| mapped.to[at].is_some())
        .count();
    let (obstacle, trace, fails) = follow(common, &order, mapped, numbering)?;
    let aligned = aligned(&failure.trace, &trace);
    Some(Tried {
        name: None,
        instead_of: failure.kind,
        fails,
        has,
        steps,
        stops: obstacle.map(|(at, why)| stop(&order, at, why, &failure.trace)),
        parts_at: parts_at(&aligned),
        aligned,
        trace,
    })
}

/// What the other program does in some executions, by names; and the numbering that knows what it has taught. None if it does
/// something else each time, or there is no time left.
fn sample(common: &Common) -> Option<(Vec<Vec<Ordered>>, Numbering)> {
    let mut session = common.session(&[]);
    let mut seen = Vec::new();
    for record in [false, true] {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Pos::new(common.check.seed)));
        let (mut left, mut rounds) = (SAMPLE, 0);
        explore(&common.program, &mut session, &strategy, record, &mut |kernel| {
            left -= 1;
            match kernel.ending {
                Some(End::Restart) => {
                    (left, rounds) = (SAMPLE, rounds + 1);
                    seen.clear();
                }
                Some(End::Diverged(_) | End::Redundant) | None => {}
                Some(_) if record => seen.push(order_of(kernel)),
                Some(_) => {}
            }
            if left == 0 || rounds > ROUNDS || common.late() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
    }
    (!seen.is_empty() && !common.late()).then_some((seen, session.numbering))
}

type Followed = (Option<(usize, Obstacle)>, Trace, Option<FailureKind>);

fn follow(common: &Common, order: &[Ordered], mapped: Mapped, numbering: Numbering) -> Option<Followed> {
    let mut session: Session = common.session(&[]);
    session.numbering = numbering;
    for _ in 0..ROUNDS {
        let transfer = Rc::new(RefCell::new(Transfer::new(order.to_vec(), mapped.clone())));
        let strategy: Rc<RefCell<dyn Strategy>> = transfer.clone();
        let (mut told, mut learns) = (None, false);
        explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
            learns = kernel.ending == Some(End::Restart);
            let over = !learns && !matches!(kernel.ending, Some(End::Diverged(_) | End::Redundant) | None);
            if over {
                let kind = failed(kernel).then(|| explain(kernel).map(|(kind, _)| kind)).flatten();
                told = Some((trace_of(kernel), kind));
            }
            ControlFlow::Break(())
        });
        if !learns {
            let (trace, kind) = told?;
            let obstacle = transfer.borrow_mut().obstacle.take();
            return Some((obstacle, trace, kind));
        }
    }
    None
}

/// Whether the step has a number in the timeline.
fn is_numbered(step: &Ordered, failing: &Trace) -> bool {
    step.row
        .and_then(|row| failing.rows.get(row))
        .is_some_and(|row| row.numbered())
}

fn stop(order: &[Ordered], at: usize, why: Obstacle, failing: &Trace) -> Stop {
    let row = |at: usize| order[at].row.filter(|&row| row < failing.rows.len());
    let number = |at: usize| row(at).map(|row| failing.number(row));
    let named = &order[at].name;
    Stop {
        task: named.task.clone(),
        text: row(at)
            .map(|row| failing.rows[row].text.clone())
            .filter(|text| !text.is_empty())
            .unwrap_or_else(|| format!("{} {}", named.verb, named.object).trim().to_owned()),
        step: number(at),
        row: row(at),
        why: match why {
            Obstacle::Waits { next, waits_for } => Forbids::Waits { next, waits_for },
            Obstacle::OneStep { with, between, is } => Forbids::OneStep {
                verb: is.verb.to_owned(),
                with: number(with),
                between: number(between),
            },
            Obstacle::Earlier { before, between } => Forbids::Earlier {
                before: number(before),
                between: number(between),
            },
            Obstacle::Ended => Forbids::Ends,
            Obstacle::Sees => Forbids::Sees,
        },
    }
}
