//! [`RandomScheduler`].

use rand::seq::SliceRandom;
use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use selvedge::Strategy;

use super::plan::{Executions, Plan, Random, seed};
use super::{Schedule, Scheduler, Task, TaskId};

/// Any task that can goes on, each as likely as the others: [`Strategy::Random`].
#[derive(Debug)]
pub struct RandomScheduler {
    executions: Executions,
    seed: Option<u64>,
    /// Draws the seeds of executions.
    seeds: Pcg64Mcg,
    rng: Pcg64Mcg,
}

impl RandomScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        RandomScheduler::seeded(None, max_iterations)
    }

    /// So many executions, with a seed.
    pub fn new_from_seed(seed: u64, max_iterations: usize) -> Self {
        RandomScheduler::seeded(Some(seed), max_iterations)
    }

    fn seeded(given: Option<u64>, executions: usize) -> Self {
        let seed = seed(given);
        let rng = Pcg64Mcg::seed_from_u64(seed.unwrap_or(0));
        RandomScheduler {
            executions: Executions::new(executions),
            seed,
            seeds: rng.clone(),
            rng,
        }
    }
}

impl Scheduler for RandomScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.executions.begin().then(|| {
            let seed = self.seeds.next_u64();
            self.rng = Pcg64Mcg::seed_from_u64(seed);
            Schedule::new(seed)
        })
    }

    fn next_task(&mut self, runnable: &[&Task], _current: Option<TaskId>, _is_yielding: bool) -> Option<TaskId> {
        runnable.choose(&mut self.rng).map(|task| task.id())
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        Some(Plan {
            strategy: Strategy::Random,
            seed: self.seed,
            executions: Some(self.executions.most),
            random: Random::Schedule,
        })
    }

    fn __again(&mut self) -> bool {
        self.executions.again()
    }
}
