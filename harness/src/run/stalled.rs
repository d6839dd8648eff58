//! A task that has left the engine and does not come back: where it was, and where the others are stopped meanwhile.
//!
//! Mostly it waits for something real. A lock of std or of `parking_lot` that another task has taken and not given back is held as
//! long as that task is stopped, and nobody lets it go on: all tasks of an execution share one OS thread.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::died;
use super::report::Report;
use super::search::Search;
use super::tally::failure;
use super::tell::trace_of;
use crate::engine::controlled::explore;
use crate::explore::replay::Replay;
use crate::kernel::{FailureKind, Kernel, Note, Pending, Strategy, Told};
use crate::trace::relative;

impl Search {
    /// Runs an execution again that does not come back from its last step, and ends it there.
    pub(super) fn run_up_to_the_last_step(mut self, left: &Told) -> Report {
        let at = left.notes.iter().rposition(|note| matches!(note, Note::Step(_)));
        let (before, last) = match at {
            Some(at) => (&left.notes[..at], Some(left.notes[at])),
            None => (&left.notes[..0], None),
        };
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Replay::new(died::steps(before), true)));
        let mut session = self.session();
        session.numbering.facts = left.facts;
        let mut told = None;
        explore(&self.common.program, &mut session, &strategy, true, &mut |kernel| {
            let message = match last {
                Some(Note::Step(task)) => where_all_are(kernel, task as usize),
                _ => String::new(),
            };
            told = Some((message, trace_of(kernel)));
            ControlFlow::Break(())
        });
        let check = &self.common.check;
        self.tally.failure =
            told.map(|(message, trace)| failure(check, FailureKind::StepLimit, message, trace, left.execution));
        let (check, started) = (check.clone(), self.common.started);
        self.tally.report(&check, started, None)
    }
}

/// The operation after which the task does not come back, and those before which the others are stopped.
fn where_all_are(kernel: &Kernel, stalled: usize) -> String {
    let place = |task: usize| match &kernel.tasks.get(task)?.pending {
        Pending::Op(op) => Some(format!("`{}` at {}", op.verb, relative(op.location))),
        _ => None,
    };
    let Some(name) = kernel.tasks.get(stalled).map(|_| kernel.task_name(stalled)) else {
        return String::new();
    };
    let mut message = match place(stalled) {
        Some(place) => format!("\n{name} has not come back since {place}"),
        None => format!("\n{name} has not come back since it started"),
    };
    let others: Vec<String> = (0..kernel.tasks.len())
        .filter(|&task| task != stalled)
        .filter_map(|task| Some(format!("{} in {}", kernel.task_name(task), place(task)?)))
        .collect();
    if !others.is_empty() {
        let _ = write!(
            message,
            "; if it waits for a real lock, whoever holds that is stopped meanwhile ({}): a lock that is held across an operation \
             has to be one of selvedge::sync or selvedge::parking_lot",
            others.join(", ")
        );
    }
    message
}
