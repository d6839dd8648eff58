//! What happened in an execution, in order, and how it ended.

use std::panic::Location;

use super::happens_before::DataRace;
use super::memory::StoreName;
use super::op::{Accesses, Extra, ObjectId, Op, TaskId};
use super::question::Question;

/// What happened, in order. A strategy reads it after the execution.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A visible operation.
    Step(Step),
    Spawn {
        parent: TaskId,
        child: TaskId,
    },
    Join {
        task: TaskId,
        target: TaskId,
    },
    Choice {
        task: TaskId,
        arms: u32,
        arm: u32,
        /// What the program has asked, with `choose` or otherwise. Nothing: the operation that runs can go on in several ways.
        asked: Option<Question>,
        /// Which store it has seen, or stored behind, if the operation that runs has chosen among several and names are recorded.
        sees: Option<StoreName>,
    },
    /// The clock moved, or spinning tasks were let through, because nothing else was enabled: these
    /// operations were blocked.
    Barrier {
        blocked: Vec<Blocked>,
        /// What the timers did that were due: they set the tokens of whom they wake.
        fired: Accesses,
        /// Spinning tasks were let through, not the clock moved.
        spinners: bool,
    },
}

/// An operation that was announced and could not run.
#[derive(Clone, Debug)]
pub(crate) struct Blocked {
    pub(crate) task: TaskId,
    pub(crate) announced: Accesses,
    pub(crate) extra: Extra,
    /// Its deadline had passed, and it needed more than that. As [`Step::late`].
    pub(crate) late: Option<u32>,
}

impl Blocked {
    pub(super) fn new(task: TaskId, op: &Op, late: Option<u32>) -> Self {
        Blocked {
            task,
            announced: op.accesses.clone(),
            extra: op.extra,
            late,
        }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) task: TaskId,
    pub(crate) verb: &'static str,
    /// What was announced: at least as strong as what happened.
    pub(crate) announced: Accesses,
    /// What of it did not happen because others have yet to come first, so that it would not have happened earlier, either.
    pub(crate) too_early: Accesses,
    /// What happened.
    pub(crate) accesses: Accesses,
    /// What it may have done besides what was announced.
    pub(crate) extra: Extra,
    /// Its deadline had passed: it could also have run without what it waits for. The number is that of the tick
    /// that made it late, counting from 1, or 0 if no tick did.
    pub(crate) late: Option<u32>,
    /// The task that ran before could have gone on.
    pub(crate) preemption: bool,
    /// It has seen another store than the latest, or stored in front of one.
    pub(crate) stale: bool,
}

/// Why an execution stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every attached task has exited.
    Complete,
    /// The main task panicked.
    MainPanicked,
    /// Tasks are left and nothing is enabled.
    Deadlock,
    /// Only timers and spinning are left, for ever.
    Livelock(String),
    StepLimit,
    /// It has taken all the steps it may, because it kept a task waiting that could go on, and has come to its end when all
    /// tasks took turns.
    Unfair,
    DataRace(DataRace),
    /// A task has dropped an object that another one was about to use.
    Dropped(DroppedInUse),
    /// The strategy has seen all that could follow.
    Redundant,
    /// A replay does not fit the program.
    Diverged(String),
    /// It has taught the search something that it has to know from the start, and counts for nothing.
    Restart,
}

impl End {
    /// Whether what has failed is that nothing orders two accesses.
    pub(crate) fn is_race(&self) -> bool {
        matches!(self, End::DataRace(_) | End::Dropped(_))
    }
}

/// An object that a task has dropped, and the operation of another one that was the next to use it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DroppedInUse {
    pub(crate) object: ObjectId,
    pub(crate) by: usize,
    pub(crate) user: usize,
    pub(crate) verb: &'static str,
    pub(crate) location: &'static Location<'static>,
}

/// A signal that somebody has sent, and whom it did not wake.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Signal {
    pub(crate) object: ObjectId,
    /// The row of the trace that sent it.
    pub(crate) at: usize,
    /// The step that sent it, in the log.
    pub(crate) step: Option<usize>,
    /// The task that sent it.
    pub(crate) by: usize,
    pub(crate) woke: Woke,
}

/// Whom a signal has woken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Woke {
    /// Nobody was registered for it.
    Nobody,
    /// One of those that were.
    One,
    /// It was meant for all, and has woken some.
    All,
}
