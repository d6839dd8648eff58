//! [`RoundRobinScheduler`].

use super::plan::Executions;
use super::{DataSource, RandomDataSource, Schedule, Scheduler, Task, TaskId};

/// Tasks take turns.
#[derive(Debug)]
pub struct RoundRobinScheduler {
    executions: Executions,
    data: RandomDataSource,
}

impl RoundRobinScheduler {
    /// So many executions.
    pub fn new(max_iterations: usize) -> Self {
        RoundRobinScheduler {
            executions: Executions::new(max_iterations),
            data: RandomDataSource::initialize(0),
        }
    }
}

impl Default for RoundRobinScheduler {
    fn default() -> Self {
        RoundRobinScheduler::new(1)
    }
}

impl Scheduler for RoundRobinScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        let begins = self.executions.begin();
        begins.then(|| Schedule::new(self.data.reinitialize()))
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, _is_yielding: bool) -> Option<TaskId> {
        let after = runnable.iter().find(|task| Some(task.id()) > current);
        after.or(runnable.first()).map(|task| task.id())
    }

    fn next_u64(&mut self) -> u64 {
        self.data.next_u64()
    }

    fn __again(&mut self) -> bool {
        self.executions.again()
    }
}
