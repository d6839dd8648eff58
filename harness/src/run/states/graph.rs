//! Which states there are, and what leads where: the search of them, without a word.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::super::error::Error;
use super::super::explain::failed;
use super::super::share::Common;
use crate::engine::controlled::{SharedStrategy, explore};
use crate::explore::states::{Move, States};
use crate::kernel::{End, Strategy as _};

/// How often the search may learn something about the program and begin again.
const ROUNDS: usize = 16;

/// What a search has found. What it has learnt about the program is in the numbering that it was given.
pub(in crate::run) struct Graph {
    pub(in crate::run) states: States,
    pub(in crate::run) executions: u64,
    /// Whether the search has come to its end, if there are not too many states: the limits of the check have left it the time.
    pub(in crate::run) whole: bool,
}

impl Graph {
    /// The states after these picks, `most` of them at most; up to the first end that fails, if `hunts` says so.
    ///
    /// # Errors
    /// If the program cannot be followed.
    pub(in crate::run) fn of(common: &mut Common, prefix: Vec<Move>, most: usize, hunts: bool) -> Result<Graph, Error> {
        let states = Rc::new(RefCell::new(States::after(prefix, most)));
        let strategy: SharedStrategy = states.clone();
        let mut session = common.session(&[]);
        let (mut executions, mut restarts, mut whole, mut wrong) = (0, 0, true, None);
        let limit = common.check.max_executions.unwrap_or(u64::MAX);
        explore(&common.program, &mut session, &strategy, false, &mut |kernel| {
            executions += 1;
            common.check.progress.fetch_add(1, Ordering::Relaxed);
            let mut fails = false;
            match &kernel.ending {
                Some(End::Restart) => {
                    (executions, restarts) = (0, restarts + 1);
                    if restarts > ROUNDS {
                        wrong = Some("the program does something else each time".to_owned());
                    }
                }
                Some(End::Diverged(why)) => wrong = Some(why.clone()),
                Some(End::Redundant) => {}
                Some(End::Unfair) if !failed(kernel) => {
                    wrong = Some(
                        "a loop that waits for another task goes round without selvedge::hint::spin_loop or \
                         selvedge::thread::yield_now, so there is no end of states"
                            .to_owned(),
                    );
                }
                _ => {
                    fails = failed(kernel);
                    states.borrow_mut().judge(fails);
                }
            }
            whole = !common.check.cancel.load(Ordering::Relaxed) && !common.late() && executions < limit;
            if wrong.is_some() || !whole || fails && hunts {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        common.numbering = session.numbering;
        drop(strategy);
        if let Some(message) = wrong {
            return Err(Error::Unsupported { message });
        }
        let states = Rc::into_inner(states)
            .expect("the engine has given it back")
            .into_inner();
        if states.nodes.is_empty() {
            return Err(Error::Diverged {
                message: "the picks do not fit the program".to_owned(),
            });
        }
        let whole = whole || states.complete();
        Ok(Graph {
            states,
            executions,
            whole,
        })
    }
}
