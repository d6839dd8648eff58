//! Probabilistic concurrency testing: Burckhardt, Kothari, Musuvathi and Nagarakatte, "A Randomized
//! Scheduler with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010.
//!
//! Every task has a random priority, and the highest enabled one runs. At `depth - 1` random steps, the
//! task that is about to take the step is put below all that were not: the i-th change gives priority i,
//! whichever comes first. With n tasks and k steps, a bug that needs `depth` ordering constraints is found
//! with probability at least 1 / (n k^(depth - 1)).
//!
//! A step counts only where there is a choice: where one task can go on, to lower it has no effect before
//! the next choice. k is not known beforehand: it is the most an execution has had so far, so the first
//! execution changes no priority.
//!
//! shuttle's own scheduler of this name lowers the task of the step before the choice instead. A task that
//! has begun to wait while only one other can go on leaves no choice behind, so it keeps its priority, and
//! bugs that need it to go on late are missed.

use rand::{Rng, RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::kernel::{Candidate, Choice, Kernel, Pick, Strategy, TaskId};

#[derive(Debug)]
pub(crate) struct Pct {
    seed: u64,
    rng: Pcg64Mcg,
    /// invariant: at least 1
    depth: usize,
    /// By the number of the task; `None` before it is drawn. From `depth` up as drawn, below `depth` after
    /// a change, negative after a yield.
    priorities: Vec<Option<i64>>,
    /// The choices of this execution at which priorities change.
    changes: Vec<u64>,
    /// Choices of this execution so far.
    choices: u64,
    /// The most choices of an execution so far.
    most: u64,
    /// Yields of this execution so far.
    yields: i64,
    executions: u64,
    /// Whether there was anything to choose so far.
    chose: bool,
}

impl Pct {
    /// A depth of 0 makes no sense and is taken as 1.
    pub(crate) fn new(seed: u64, depth: usize) -> Self {
        Pct {
            seed,
            rng: Pcg64Mcg::seed_from_u64(seed),
            depth: depth.max(1),
            priorities: Vec::new(),
            changes: Vec::new(),
            choices: 0,
            most: 0,
            yields: 0,
            executions: 0,
            chose: false,
        }
    }

    fn priority(&mut self, task: TaskId) -> &mut i64 {
        let at = task.0 as usize;
        if self.priorities.len() <= at {
            self.priorities.resize(at + 1, None);
        }
        let depth = self.depth as i64;
        self.priorities[at].get_or_insert_with(|| depth + (self.rng.next_u64() >> 2) as i64)
    }

    fn highest(&mut self, enabled: &[Candidate]) -> Option<Candidate> {
        enabled.iter().copied().max_by_key(|c| *self.priority(c.task))
    }
}

impl Strategy for Pct {
    fn begin(&mut self) -> bool {
        self.priorities.clear();
        self.changes.clear();
        if self.most > 0 {
            for _ in 1..self.depth {
                self.changes.push(self.rng.gen_range(0..self.most));
            }
        }
        self.choices = 0;
        self.yields = 0;
        !self.complete()
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        for &index in choice.yielding {
            self.yields += 1;
            *self.priority(choice.kernel.tasks[index].id) = -self.yields;
        }
        let mut chosen = self.highest(choice.enabled);
        if choice.enabled.len() > 1 {
            for change in 0..self.changes.len() {
                if let Some(lowered) = chosen
                    && self.changes[change] == self.choices
                {
                    *self.priority(lowered.task) = change as i64;
                    chosen = self.highest(choice.enabled);
                }
            }
            self.chose = true;
            self.choices += 1;
            self.most = self.most.max(self.choices);
        }
        chosen.map_or(Pick::Redundant, |c| Pick::Task(c.index))
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        self.chose |= arms > 1;
        Ok((self.rng.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.executions += 1;
    }

    fn restart(&mut self) {
        *self = Pct::new(self.seed, self.depth);
    }

    /// A program without a choice has one interleaving, and it has been seen.
    fn complete(&self) -> bool {
        self.executions > 0 && !self.chose
    }
}
