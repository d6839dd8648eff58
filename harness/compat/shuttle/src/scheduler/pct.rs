//! [`PctScheduler`].
//!
//! Where another scheduler asks it, it does as the paper says (Burckhardt et al., ASPLOS 2010): each task has a random priority, the highest
//! one goes on, and at `depth - 1` random steps whoever would go on is put below all others.

use std::collections::BTreeMap;

use rand::{Rng, RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use selvedge::Strategy;

use super::plan::{Executions, Plan, Random, seed};
use super::{Schedule, Scheduler, Task, TaskId};

/// Probabilistic concurrency testing: [`Strategy::Pct`].
#[derive(Debug)]
pub struct PctScheduler {
    executions: Executions,
    seed: Option<u64>,
    /// invariant: at least 1
    depth: usize,
    rng: Pcg64Mcg,
    /// Of tasks that have been seen in this execution; below 0 once they have been lowered.
    priorities: BTreeMap<TaskId, i64>,
    /// The lowest one.
    lowest: i64,
    /// Steps at which a task is lowered.
    changes: Vec<usize>,
    steps: usize,
    /// Steps of the longest execution so far.
    most: usize,
}

impl PctScheduler {
    /// So many executions, for bugs that need `max_depth` ordering constraints.
    ///
    /// # Panics
    /// When that is 0.
    pub fn new(max_depth: usize, max_iterations: usize) -> Self {
        PctScheduler::seeded(None, max_depth, max_iterations)
    }

    /// [`new`](Self::new) with a seed.
    ///
    /// # Panics
    /// When the depth is 0.
    pub fn new_from_seed(seed: u64, max_depth: usize, max_iterations: usize) -> Self {
        PctScheduler::seeded(Some(seed), max_depth, max_iterations)
    }

    fn seeded(given: Option<u64>, depth: usize, executions: usize) -> Self {
        assert!(depth > 0, "a bug needs at least one ordering constraint");
        let seed = seed(given);
        PctScheduler {
            executions: Executions::new(executions),
            seed,
            depth,
            rng: Pcg64Mcg::seed_from_u64(seed.unwrap_or(0)),
            priorities: BTreeMap::new(),
            lowest: 0,
            changes: Vec::new(),
            steps: 0,
            most: 0,
        }
    }

    /// Puts a task below all others.
    fn lower(&mut self, task: TaskId) {
        self.lowest -= 1;
        self.priorities.insert(task, self.lowest);
    }

    fn highest(&self, runnable: &[&Task]) -> Option<TaskId> {
        let ids = runnable.iter().map(|task| task.id());
        ids.max_by_key(|id| self.priorities[id])
    }
}

impl Scheduler for PctScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        if !self.executions.begin() {
            return None;
        }
        self.priorities.clear();
        (self.lowest, self.steps) = (0, 0);
        self.changes.clear();
        if self.most > 0 {
            for _ in 1..self.depth {
                self.changes.push(self.rng.gen_range(0..self.most));
            }
        }
        Some(Schedule::new(self.rng.next_u64()))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        for task in runnable {
            let drawn = || (self.rng.next_u64() >> 1) as i64;
            self.priorities.entry(task.id()).or_insert_with(drawn);
        }
        if let Some(current) = current.filter(|_| is_yielding) {
            self.lower(current);
        }
        if let Some(next) = self.highest(runnable)
            && self.changes.contains(&self.steps)
        {
            self.lower(next);
        }
        self.steps += 1;
        self.most = self.most.max(self.steps);
        self.highest(runnable)
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        Some(Plan {
            strategy: Strategy::Pct { depth: self.depth },
            seed: self.seed,
            executions: Some(self.executions.most),
            random: Random::Schedule,
        })
    }

    fn __again(&mut self) -> bool {
        self.executions.again()
    }
}
