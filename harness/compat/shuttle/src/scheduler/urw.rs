//! [`UrwRandomScheduler`].
//!
//! Where another scheduler asks it, a task goes on as likely as it has steps left, which it is expected to have as many of as in the
//! execution that had the most. What tasks will do that it has yet to spawn does not count for it, other than in
//! [`Strategy::Urw`].

use std::collections::BTreeMap;

use rand::seq::SliceRandom;
use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use selvedge::Strategy;

use super::plan::{Executions, Plan, Random, seed};
use super::{Schedule, Scheduler, Task, TaskId};

/// Schedules drawn uniformly: [`Strategy::Urw`] (Zhao et al., ASPLOS 2025).
#[derive(Debug)]
pub struct UrwRandomScheduler {
    executions: Executions,
    seed: Option<u64>,
    rng: Pcg64Mcg,
    /// Steps of each task, the most in an execution before and those in this one.
    steps: BTreeMap<TaskId, (usize, usize)>,
}

impl UrwRandomScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        UrwRandomScheduler::seeded(None, max_iterations)
    }

    /// So many executions, with a seed.
    pub fn new_from_seed(seed: u64, max_iterations: usize) -> Self {
        UrwRandomScheduler::seeded(Some(seed), max_iterations)
    }

    fn seeded(given: Option<u64>, executions: usize) -> Self {
        let seed = seed(given);
        UrwRandomScheduler {
            executions: Executions::new(executions),
            seed,
            rng: Pcg64Mcg::seed_from_u64(seed.unwrap_or(0)),
            steps: BTreeMap::new(),
        }
    }
}

impl Scheduler for UrwRandomScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        for (most, now) in self.steps.values_mut() {
            *most = (*most).max(std::mem::take(now));
        }
        let begins = self.executions.begin();
        begins.then(|| Schedule::new(self.rng.next_u64()))
    }

    fn next_task(&mut self, runnable: &[&Task], _current: Option<TaskId>, _is_yielding: bool) -> Option<TaskId> {
        let left = |task: &&Task| {
            let (most, now) = self.steps.get(&task.id()).copied().unwrap_or_default();
            most.saturating_sub(now).max(1) as f64
        };
        let next = runnable.choose_weighted(&mut self.rng, left).ok()?.id();
        self.steps.entry(next).or_default().1 += 1;
        Some(next)
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        Some(Plan {
            strategy: Strategy::Urw,
            seed: self.seed,
            executions: Some(self.executions.most),
            random: Random::Schedule,
        })
    }

    fn __again(&mut self) -> bool {
        self.executions.again()
    }
}
