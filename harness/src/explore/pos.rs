//! Partial order sampling: Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV 2018.
//!
//! Every pending operation has a random priority, and the highest one runs. After a step, the
//! operations that race with it draw new priorities, so that each order of a racing pair is equally
//! likely, however long the program is.

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use crate::kernel::{Candidate, Choice, Kernel, Pick, Strategy, TaskId, independent};

#[derive(Debug)]
pub(crate) struct Pos {
    seed: u64,
    rng: Pcg64Mcg,
    /// The priority of each task's pending operation, by the number of the task; `None` before it is drawn.
    priorities: Vec<Option<u64>>,
}

impl Pos {
    pub(crate) fn new(seed: u64) -> Self {
        Pos {
            seed,
            rng: Pcg64Mcg::seed_from_u64(seed),
            priorities: Vec::new(),
        }
    }
}

impl Strategy for Pos {
    fn begin(&mut self) -> bool {
        self.priorities.clear();
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let mut best: Option<(u64, Candidate)> = None;
        for &candidate in choice.enabled {
            let at = candidate.task.0 as usize;
            if self.priorities.len() <= at {
                self.priorities.resize(at + 1, None);
            }
            let priority = *self.priorities[at].get_or_insert_with(|| self.rng.next_u64());
            if best.is_none_or(|(highest, _)| priority > highest) {
                best = Some((priority, candidate));
            }
        }
        let Some((_, chosen)) = best else {
            return Pick::Redundant;
        };
        let op = choice.kernel.pending_op(chosen.index);
        self.priorities[chosen.task.0 as usize] = None;
        for other in choice.enabled.iter().filter(|c| c.index != chosen.index) {
            if !independent(&op.accesses, &choice.kernel.pending_op(other.index).accesses) {
                self.priorities[other.task.0 as usize] = None;
            }
        }
        Pick::Task(chosen.index)
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok((self.rng.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, _kernel: &Kernel) {}

    fn restart(&mut self) {
        *self = Pos::new(self.seed);
    }
}
