//! A failure a person can read: the same end with as few preemptions as possible.
//!
//! Random strategies switch for no reason, and even a depth-first search may fail late. Most bugs need
//! one or two preemptions (Musuvathi and Qadeer, "Iterative Context Bounding", PLDI 2007), so once
//! something failed, the schedules with no preemption are searched, then those with one, and so on up
//! to what was found. The first that ends the same way is told instead.
//!
//! Where a load may see another store than the latest, those come first that need the fewest such operations: an interleaving is
//! easier to read.

use std::cell::RefCell;
use std::mem::discriminant;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::explain::failed;
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::dfs::Dfs;
use crate::kernel::{End, Entry, Strategy};

/// Executions spent on one failure.
const BUDGET: usize = 2_000;

/// Preemptions up to which an execution with fewer stale operations is looked for.
const PREEMPTIONS: usize = 2;

/// How often the execution of this log switched away from a task that could have gone on.
pub(crate) fn preemptions(log: &[Entry]) -> usize {
    log.iter()
        .filter(|e| matches!(e, Entry::Step(step) if step.preemption))
        .count()
}

/// A failing execution, and how much is known about smaller ones.
pub(crate) struct Shrunk {
    pub(crate) log: Vec<Entry>,
    /// Every schedule with as few stale operations and fewer preemptions has been searched, and none ends like this.
    pub(crate) fewest: bool,
}

/// How many operations of this log have not seen the latest store, or stored in front of it.
pub(crate) fn stale(log: &[Entry]) -> usize {
    log.iter()
        .filter(|e| matches!(e, Entry::Step(step) if step.stale))
        .count()
}

/// The execution of this log, or one that ends like it and has fewer stale operations, or as many and fewer preemptions, if one
/// turns up within the budget.
pub(crate) fn shrink(program: &Program, session: &mut Session, log: Vec<Entry>, end: &End) -> Shrunk {
    let mut left = BUDGET;
    let mut smaller = None;
    // The log is written in this numbering. A path that teaches the search something new about the program would have
    // other steps, and so would its failure.
    let numbering = session.numbering.clone();
    let mut learned = false;
    let (preemptions, stale) = (preemptions(&log), stale(&log));
    let fewer_stale = (0..stale).flat_map(|stale| (0..=PREEMPTIONS).map(move |bound| (stale, bound)));
    for (stale, bound) in fewer_stale.chain((0..preemptions).map(|bound| (stale, bound))) {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Dfs::within(bound, stale)));
        explore(program, session, &strategy, false, &mut |kernel| {
            left -= 1;
            learned = kernel.ending == Some(End::Restart);
            if failed(kernel) && kernel.ending.as_ref().map(discriminant) == Some(discriminant(end)) {
                smaller = Some(kernel.log.clone());
            }
            if smaller.is_some() || left == 0 || learned {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if smaller.is_some() || left == 0 || learned {
            break;
        }
    }
    if learned {
        session.numbering = numbering;
    }
    let fewest = smaller.is_some() || (left > 0 && !learned);
    Shrunk {
        log: smaller.unwrap_or(log),
        fewest,
    }
}
