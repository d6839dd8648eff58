//! The execution that passes and is most like the one that fails, and the two beside each other.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::explain::failed;
use super::super::share::Common;
use super::super::tell::trace_of;
use super::found::{Constraint, Nearest, Operation};
use super::survey::{Passing, Survey};
use super::told::Told;
use super::words::Names;
use crate::engine::controlled::explore;
use crate::explore::events::{Event, Events};
use crate::explore::{follow::Follow, near::Near};
use crate::kernel::Strategy;
use crate::trace::{Row, Trace};

/// Rows that are aligned, at most; of longer executions only the beginning that they share.
const ROWS: usize = 1_000;

pub(super) fn nearest(common: &Common, survey: &Survey, told: &Told, failing: &Trace) -> Option<Nearest> {
    let passing = survey.nearest.as_ref()?;
    let trace = run(common, survey, told, passing)?;
    let names = Names { survey, told, failing };
    let aligned = aligned(failing, &trace);
    let parts_at = aligned.iter().position(|pair| !matches!(pair, (Some(_), Some(_))));
    Some(Nearest {
        reversed: reversed(&told.events, &passing.events, &names),
        aligned,
        parts_at,
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

/// Pairs that both executions have, each in another order. Only neighbours in the failing one: others follow from them.
fn reversed(failing: &Events, passing: &Events, names: &Names<'_>) -> Vec<Constraint> {
    let all: Vec<&Event> = failing.iter().collect();
    let mut pairs: Vec<(Operation, Operation)> = Vec::new();
    for (at, one) in all.iter().enumerate() {
        for two in all[at + 1..]
            .iter()
            .take_while(|two| two.name.object == one.name.object)
        {
            let (a, b) = (one.name, two.name);
            if a.task == b.task || a.object.is_none() {
                continue;
            }
            if let (Some(here), Some(there)) = (failing.order(a, b), passing.order(a, b))
                && here != there
            {
                let (first, then) = if here { (a, b) } else { (b, a) };
                pairs.push((names.operation(first), names.operation(then)));
            }
        }
    }
    pairs.sort_by_key(|(first, then)| (first.row, then.row));
    pairs
        .into_iter()
        .map(|(first, then)| Constraint::Before { first, then })
        .collect()
}

/// The longest common subsequence of the rows.
fn aligned(failing: &Trace, passing: &Trace) -> Vec<(Option<usize>, Option<usize>)> {
    let (left, right) = (&failing.rows, &passing.rows);
    let same = |a: &Row, b: &Row| {
        a.kind == b.kind && a.text == b.text && failing.tasks.get(a.task) == passing.tasks.get(b.task)
    };
    let head = left.iter().zip(right).take_while(|(a, b)| same(a, b)).count();
    let mut pairs: Vec<_> = (0..head).map(|at| (Some(at), Some(at))).collect();
    let (rows, columns) = (left.len() - head, right.len() - head);
    if rows > ROWS || columns > ROWS {
        pairs.extend((head..left.len()).map(|at| (Some(at), None)));
        pairs.extend((head..right.len()).map(|at| (None, Some(at))));
        return pairs;
    }
    // The length of the longest one from each pair of places on.
    let mut longest = vec![vec![0_u32; columns + 1]; rows + 1];
    for a in (0..rows).rev() {
        for b in (0..columns).rev() {
            longest[a][b] = match same(&left[head + a], &right[head + b]) {
                true => longest[a + 1][b + 1] + 1,
                false => longest[a + 1][b].max(longest[a][b + 1]),
            };
        }
    }
    let (mut a, mut b) = (0, 0);
    while a < rows || b < columns {
        if a < rows && b < columns && same(&left[head + a], &right[head + b]) {
            pairs.push((Some(head + a), Some(head + b)));
            (a, b) = (a + 1, b + 1);
        } else if b == columns || (a < rows && longest[a + 1][b] >= longest[a][b + 1]) {
            pairs.push((Some(head + a), None));
            a += 1;
        } else {
            pairs.push((None, Some(head + b)));
            b += 1;
        }
    }
    pairs
}
