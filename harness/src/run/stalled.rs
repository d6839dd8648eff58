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
use crate::kernel::{Choice, FailureKind, Kernel, Note, Pending, Pick, Strategy, TaskId, Told};
use crate::trace::relative;

/// Follows the steps before the last one, and looks where all tasks are then.
struct UpTo {
    steps: Replay,
    /// The task whose step is the last one.
    stalled: Option<usize>,
    seen: Option<String>,
}

impl Strategy for UpTo {
    fn begin(&mut self) -> bool {
        self.steps.begin()
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let pick = self.steps.choose(choice);
        if matches!(pick, Pick::Diverged(_)) {
            self.seen = self.stalled.map(|stalled| where_all_are(choice.kernel, stalled));
        }
        pick
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.steps.arm(kernel, task, arms)
    }

    fn end(&mut self, kernel: &Kernel) {
        self.steps.end(kernel);
    }
}

impl Search {
    /// Runs an execution again that does not come back from its last step, and ends it before that.
    pub(super) fn run_up_to_the_last_step(mut self, left: &Told) -> Report {
        let last = left.notes.iter().rposition(|note| matches!(note, Note::Step(_)));
        let before = &left.notes[..last.unwrap_or(0)];
        let stalled = match last.map(|at| left.notes[at]) {
            Some(Note::Step(task)) => Some(task as usize),
            _ => None,
        };
        let strategy = Rc::new(RefCell::new(UpTo {
            steps: Replay::new(died::steps(before), true),
            stalled,
            seen: None,
        }));
        let asked: Rc<RefCell<dyn Strategy>> = strategy.clone();
        let mut session = self.session();
        session.numbering.facts = left.facts;
        let mut trace = None;
        explore(&self.common.program, &mut session, &asked, true, &mut |kernel| {
            trace = Some(trace_of(kernel));
            ControlFlow::Break(())
        });
        let message = strategy.borrow_mut().seen.take().unwrap_or_default();
        let check = self.common.check.clone();
        self.tally.failure = trace.map(|trace| failure(&check, FailureKind::StepLimit, message, trace, left.execution));
        self.tally.report(&check, self.common.started, None)
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
