//! An unfair schedule is no failure.
//!
//! A loop that goes round until another task has done something goes round for ever in a schedule that keeps that task waiting.
//! No real scheduler does so. Where an execution has taken all the steps it may, and there was a task that could have gone on and
//! did not for a long time, all tasks take turns from there on, for as many steps again. An execution that comes to its end
//! like this is [`End::Unfair`]: it is cut, and counted apart. One that does not is too long for whatever scheduler.

use super::log::End;
use super::state::{Decision, Fair, Kernel};

impl Kernel {
    /// Steps that the execution may take.
    fn most_steps(&self) -> usize {
        let most = self.limits.max_steps;
        if self.fair.is_some() {
            most.saturating_mul(2)
        } else {
            most
        }
    }

    /// Ends the execution if it has taken all the steps it may. A choice is one: a loop may do nothing else.
    pub(crate) fn ends_at_its_limit(&mut self) -> bool {
        let ends = self.steps >= self.most_steps();
        if ends {
            self.end(End::StepLimit);
        }
        ends
    }

    /// Whether the strategy has no say any more.
    pub(crate) fn takes_turns(&self) -> bool {
        self.fair.is_some()
    }

    /// The next task in turn, if the strategy has no say any more or is to have none; nothing if it is asked, or if the
    /// execution has ended.
    pub(super) fn next_in_turn(&mut self) -> Option<Decision> {
        if self.steps >= self.limits.max_steps && self.fair.is_none() && self.keeps_waiting() {
            let stepper = self.stepper.and_then(|index| self.tasks[index].announced());
            self.fair = Some(Fair {
                log: self.log.len(),
                location: stepper.map(|op| op.location),
            });
        }
        if self.ends_at_its_limit() || self.fair.is_none() {
            return None;
        }
        let last = self.stepper.unwrap_or(0);
        // The clock is last among the enabled ones, and moves when it is its turn.
        let next = self.enabled.iter().find(|c| c.index > last).or(self.enabled.first())?;
        let index = next.index;
        self.run_step(index);
        // Whoever moves the clock has had its turn, too.
        self.stepper = Some(index);
        Some(Decision::Run(index))
    }

    /// The strategy is about to be asked: who could go on, and how long it has been so.
    pub(super) fn note_who_waits(&mut self) {
        let mut enabled = self.enabled.iter().map(|c| c.index).peekable();
        for &index in &self.living {
            let task = &mut self.tasks[index];
            if enabled.next_if_eq(&index).is_some() {
                let since = *task.ready_since.get_or_insert(self.steps);
                self.longest_wait = self.longest_wait.max(self.steps - since);
            } else {
                task.ready_since = None;
            }
        }
    }

    /// Whether a task that could go on has been kept waiting for a good part of all steps.
    fn keeps_waiting(&self) -> bool {
        self.longest_wait >= (self.limits.max_steps / 4).max(1)
    }

    /// How an execution ends in which tasks have taken turns.
    pub(super) fn as_it_would_have_ended(&self, end: End) -> End {
        let panicked = self.tasks.iter().any(|task| task.panic.is_some());
        match end {
            End::Complete if self.fair.is_some() && !panicked => End::Unfair,
            end => end,
        }
    }
}
