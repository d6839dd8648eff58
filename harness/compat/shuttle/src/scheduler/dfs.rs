//! [`DfsScheduler`].

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use selvedge::Strategy;

use super::plan::{Executions, Plan, Random};
use super::{Schedule, Scheduler, Task, TaskId};

/// Every schedule, one after the other: [`Strategy::Dfs`].
#[derive(Debug)]
pub struct DfsScheduler {
    executions: Executions,
    most: Option<usize>,
    allow_random_data: bool,
    /// At each step of the execution, which of how many tasks goes on.
    choices: Vec<(usize, usize)>,
    depth: usize,
    rng: Pcg64Mcg,
}

impl DfsScheduler {
    /// Every schedule, or the first so many. Random numbers are the same in each execution, or not allowed.
    pub fn new(max_iterations: Option<usize>, allow_random_data: bool) -> Self {
        DfsScheduler {
            executions: Executions::new(max_iterations.unwrap_or(usize::MAX)),
            most: max_iterations,
            allow_random_data,
            choices: Vec::new(),
            depth: 0,
            rng: Pcg64Mcg::seed_from_u64(0),
        }
    }
}

impl Scheduler for DfsScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        if self.executions.begun > 0 {
            self.choices.truncate(self.depth);
            while self.choices.pop_if(|(at, of)| *at + 1 == *of).is_some() {}
            self.choices.last_mut()?.0 += 1;
        }
        self.depth = 0;
        self.rng = Pcg64Mcg::seed_from_u64(0);
        self.executions.begin().then(|| Schedule::new(0))
    }

    fn next_task(&mut self, runnable: &[&Task], _current: Option<TaskId>, _is_yielding: bool) -> Option<TaskId> {
        if self.depth == self.choices.len() {
            self.choices.push((0, runnable.len()));
        }
        let (at, _) = self.choices[self.depth];
        self.depth += 1;
        let next = runnable.get(at);
        let next = next.expect("possible nondeterminism: under the same schedule there are fewer tasks than before");
        Some(next.id())
    }

    fn next_u64(&mut self) -> u64 {
        assert!(
            self.allow_random_data,
            "requested random data from DFS scheduler with allow_random_data = false"
        );
        self.rng.next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        Some(Plan {
            strategy: Strategy::Dfs,
            seed: None,
            executions: self.most,
            random: match self.allow_random_data {
                true => Random::Fixed,
                false => Random::Refused,
            },
        })
    }

    /// The schedules are those of other steps from now on.
    fn __again(&mut self) -> bool {
        self.choices.clear();
        self.executions.begun = 0;
        true
    }
}
