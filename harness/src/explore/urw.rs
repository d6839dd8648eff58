//! Uniform random walk over interleavings: Zhao, Wolff, Mathur and Roychoudhury, "Selectively Uniform
//! Concurrency Testing", ASPLOS 2025.
//!
//! A task is picked with a probability proportional to the number of steps it has left, those of the
//! tasks it has yet to spawn included. With exact counts every interleaving is equally likely. The
//! first execution, a plain random walk, supplies the counts.
//!
//! shuttle's own scheduler of this name counts scheduling points of tasks that are runnable from the
//! moment they are spawned. Here a task may first become enabled after one that was spawned later, so
//! the algorithm stands on our table of tasks instead.

use std::collections::BTreeMap;

use rand::{Rng, RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::{Choice, Pick, Strategy};
use crate::engine::kernel::{Entry, Kernel};
use crate::engine::op::TaskId;

#[derive(Debug)]
pub(crate) struct Urw {
    rng: Pcg64Mcg,
    /// Steps of a task and of all its descendants, from the first execution.
    totals: Option<BTreeMap<TaskId, u64>>,
    left: BTreeMap<TaskId, u64>,
    /// How much of the log has been read for spawns.
    read: usize,
}

impl Urw {
    pub(crate) fn new(seed: u64) -> Self {
        Urw { rng: Pcg64Mcg::seed_from_u64(seed), totals: None, left: BTreeMap::new(), read: 0 }
    }

    fn total(&self, task: TaskId) -> u64 {
        self.totals.as_ref().and_then(|t| t.get(&task).copied()).unwrap_or(1)
    }
}

impl Strategy for Urw {
    fn begin(&mut self) -> bool {
        self.left.clear();
        self.left.insert(TaskId(0), self.total(TaskId(0)));
        self.read = 0;
        true
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        let log = &choice.kernel.log;
        for entry in &log[self.read..] {
            if let Entry::Spawn { parent, child } = entry {
                let moved = self.total(*child);
                let of_parent = self.left.entry(*parent).or_insert(1);
                *of_parent = of_parent.saturating_sub(moved).max(1);
                self.left.insert(*child, moved);
            }
        }
        self.read = log.len();
        let weight = |task: TaskId| self.left.get(&task).copied().unwrap_or(1).max(1);
        let weights: u64 = choice.enabled.iter().map(|c| weight(c.task)).sum();
        let mut ticket = self.rng.gen_range(0..weights);
        let mut chosen = choice.enabled[0];
        for candidate in choice.enabled {
            let w = weight(candidate.task);
            if ticket < w {
                chosen = *candidate;
                break;
            }
            ticket -= w;
        }
        let left = self.left.entry(chosen.task).or_insert(1);
        *left = left.saturating_sub(1).max(1);
        Pick::Task(chosen.index)
    }

    fn arm(&mut self, _task: TaskId, arms: u32) -> Result<u32, String> {
        Ok((self.rng.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, kernel: &Kernel) {
        if self.totals.is_some() {
            return;
        }
        let mut totals: BTreeMap<TaskId, u64> = BTreeMap::new();
        for entry in &kernel.log {
            if let Entry::Step(step) = entry {
                *totals.entry(step.task).or_default() += 1;
            }
        }
        // Children are spawned after their parents, so going back adds grandchildren first.
        for entry in kernel.log.iter().rev() {
            if let Entry::Spawn { parent, child } = entry {
                let moved = totals.get(child).copied().unwrap_or(0);
                *totals.entry(*parent).or_default() += moved;
            }
        }
        self.totals = Some(totals);
    }
}
