//! A strategy as the engine knows it: an oracle that is asked which of the enabled tasks takes the next step,
//! knowing what each of them is about to do, and that learns afterwards what really happened.

use super::memory::Ways;
use super::op::{ObjectId, TaskId};
use super::state::Kernel;
use super::task::Candidate;

/// A choice among enabled tasks.
pub(crate) struct Choice<'a> {
    /// At least one, by index.
    pub(crate) enabled: &'a [Candidate],
    /// What every task is about to do.
    pub(crate) kernel: &'a Kernel,
    /// The tasks that have asked to be passed over since the last choice, by their indices.
    pub(crate) yielding: &'a [usize],
}

impl Choice<'_> {
    /// The task of the last step, if it could go on and does not give way: picking another one is a preemption.
    pub(crate) fn current(&self) -> Option<&Candidate> {
        let current = self.enabled.iter().find(|c| Some(c.index) == self.kernel.stepper);
        current.filter(|c| !self.yields(c.index))
    }

    /// Whether the task of this index gives way.
    pub(crate) fn yields(&self, index: usize) -> bool {
        self.kernel.pending_op(index).yields()
    }
}

/// What a strategy answers.
#[derive(Debug)]
pub(crate) enum Pick {
    /// This task, by its index.
    Task(usize),
    /// Everything that could follow has been seen.
    Redundant,
    /// The search has learnt something that it has to know from its start.
    Restart,
    /// The program does not do what the schedule says.
    Diverged(String),
}

/// An oracle for scheduling decisions, over many executions.
pub(crate) trait Strategy {
    /// Prepares the next execution. False when the search is over.
    fn begin(&mut self) -> bool;

    /// Picks the task that takes the next step.
    fn choose(&mut self, choice: &Choice<'_>) -> Pick;

    /// Picks an arm of a `choose(n)`.
    ///
    /// # Errors
    /// Why a replay cannot go on.
    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String>;

    /// Picks one of the [open](Ways::open) ways in which the operation that runs may go on, or none if what could follow
    /// has been seen.
    ///
    /// # Errors
    /// Why a replay cannot go on.
    fn way(&mut self, kernel: &Kernel, task: TaskId, _object: ObjectId, ways: &Ways) -> Result<Option<u32>, String> {
        match ways.open.len() {
            1 => Ok(Some(0)),
            several => self.arm(kernel, task, several as u32).map(Some),
        }
    }

    /// An execution is over: its log and its end are in the kernel.
    fn end(&mut self, kernel: &Kernel);

    /// Whether the execution that is over is one that another one stands for, so that it does not count, however it ended.
    fn is_useless(&self) -> bool {
        false
    }

    /// The program turned out to have other scheduling points than the search has assumed so far: forgets
    /// the executions until now.
    fn restart(&mut self) {}

    /// Two numbers are one object's, see [`find`](Kernel::find): it takes `to` for `from` in all that it remembers. False if it
    /// cannot.
    fn renumber(&mut self, _from: ObjectId, _to: ObjectId) -> bool {
        true
    }

    /// Whether it has itself learnt something that it has to know from its start.
    fn has_learnt(&self) -> bool {
        false
    }

    /// Whether every interleaving (within the bound, if there is one) has been explored.
    fn complete(&self) -> bool {
        false
    }
}
