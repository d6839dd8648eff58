//! The execution that passes and is most like the one that fails, and the two beside each other.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::beside::{aligned, parts_at};
use super::super::explain::failed;
use super::super::share::Common;
use super::super::tell::trace_of;
use super::found::{Constraint, Nearest, Operation};
use super::survey::{Passing, Survey};
use super::told::Told;
use super::words::Names;
use crate::engine::controlled::explore;
use crate::explore::events::Events;
use crate::explore::{follow::Follow, near::Near};
use crate::kernel::Strategy;
use crate::trace::Trace;

pub(super) fn nearest(common: &Common, survey: &Survey, told: &Told, failing: &Trace) -> Option<Nearest> {
    let passing = survey.nearest.as_ref()?;
    let trace = run(common, survey, told, passing)?;
    let names = Names { survey, told, failing };
    let aligned = aligned(failing, &trace);
    Some(Nearest {
        reversed: reversed(&told.events, &passing.events, &names),
        parts_at: parts_at(&aligned),
        aligned,
        trace,
    })
}

fn run(common: &Common, survey: &Survey, told: &Told, passing: &Passing) -> Option<Trace> {
    let strategy: Rc<RefCell<dyn Strategy>> = match &passing.order {
        Some(order) => Rc::new(RefCell::new(Near::new(order.clone(), &told.log))),
        None => Rc::new(RefCell::new(Follow::new(&passing.log))),
    };
    let mut session = common.session(&[]);
    session.numbering = survey.numbering.clone();
    let mut trace = None;
    explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
        let same = Events::of(kernel).distance(&passing.events) == (0, 0);
        trace = (same && !failed(kernel)).then(|| trace_of(kernel));
        ControlFlow::Break(())
    });
    trace
}

/// Pairs that both executions have, each in another order, as the failing one has them.
fn reversed(failing: &Events, passing: &Events, names: &Names<'_>) -> Vec<Constraint> {
    let pairs = failing.reversed(passing);
    let mut pairs: Vec<(Operation, Operation)> = pairs
        .map(|(first, then)| (names.operation(first), names.operation(then)))
        .collect();
    pairs.sort_by_key(|(first, then)| (first.row, then.row));
    pairs
        .into_iter()
        .map(|(first, then)| Constraint::Before { first, then })
        .collect()
}
