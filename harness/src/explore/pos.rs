//! Partial order sampling: Yuan, Yang and Gu, "Partial Order Aware Concurrency Sampling", CAV 2018.
//!
//! Every pending operation has a random priority, and the highest one runs. After a step, the
//! operations that race with it draw new priorities, so that each order of a racing pair is equally
//! likely, however long the program is.

use std::collections::BTreeMap;

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{Choice, Pick, Strategy};
use crate::engine::kernel::Kernel;
use crate::engine::op::{TaskId, independent};

#[derive(Debug)]
pub(crate) struct Pos {
    rng: Pcg64Mcg,
    /// The priority of each task's pending operation.
    priorities: BTreeMap<TaskId, u64>,
}

impl Pos {
    pub(crate) fn new(seed: u64) -> Self {
        Pos { rng: Pcg64Mcg::seed_from_u64(seed), priorities: BTreeMap::new() }
    }
}

impl Strategy for Pos {
    fn begin(&mut self) -> bool {
        self.priorities.clear();
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        for candidate in choice.enabled {
            self.priorities.entry(candidate.task).or_insert_with(|| self.rng.next_u64());
        }
        let Some(chosen) = choice.enabled.iter().max_by_key(|c| self.priorities.get(&c.task)) else {
            return Pick::Redundant;
        };
        let op = choice.kernel.pending_op(chosen.index);
        self.priorities.remove(&chosen.task);
        for other in choice.enabled.iter().filter(|c| c.index != chosen.index) {
            if !independent(&op.accesses, &choice.kernel.pending_op(other.index).accesses) {
                self.priorities.remove(&other.task);
            }
        }
        Pick::Task(chosen.index)
    }

    fn arm(&mut self, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok((self.rng.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, _kernel: &Kernel) {}
}
