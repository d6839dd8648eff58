//! shuttle's own schedulers, unchanged, on our kernel: each is asked to choose among the tasks the
//! kernel calls enabled.

use std::mem::ManuallyDrop;

use shuttle_engine::runtime::execution::ExecutionState;
use shuttle_engine::scheduler::{Schedule, Scheduler, Task as ShuttleTask, TaskId as ShuttleId};
use shuttle_schedulers::{PctScheduler, RandomScheduler};

use crate::kernel::{Choice, Kernel, Pick, Strategy, TaskId};

/// Tasks, usually few.
type Few<'a> = smallvec::SmallVec<[&'a ShuttleTask; 16]>;

/// A stock scheduler as a strategy.
pub(crate) struct Stock {
    make: Box<dyn Fn() -> Box<dyn Scheduler>>,
    scheduler: Box<dyn Scheduler>,
    /// Whether there was anything to choose so far.
    chose: bool,
    /// Whether there were tasks to choose from so far. shuttle's PCT refuses a second execution of a program
    /// that leaves it nothing to do, even if it has arms to choose.
    chose_task: bool,
    executions: u64,
}

impl Stock {
    fn new(make: impl Fn() -> Box<dyn Scheduler> + 'static) -> Self {
        Stock {
            scheduler: make(),
            make: Box::new(make),
            chose: false,
            chose_task: false,
            executions: 0,
        }
    }
}

impl Strategy for Stock {
    fn begin(&mut self) -> bool {
        if self.executions > 0 && !self.chose_task {
            return !self.complete();
        }
        self.scheduler.new_execution().is_some()
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.chose_task |= choice.enabled.len() > 1;
        self.chose |= self.chose_task;
        let worker = |index: usize| ShuttleId::from(choice.kernel.tasks[index].worker.unwrap_or_default());
        let yields = choice.yielding.last();
        let current = *yields.unwrap_or(&choice.kernel.current);
        let picked = ExecutionState::with(|state| {
            let enabled: Few<'_> = choice.enabled.iter().map(|c| state.get(worker(c.index))).collect();
            self.scheduler
                .next_task(&enabled, Some(worker(current)), yields.is_some())
        });
        match picked.and_then(|id| choice.enabled.iter().find(|c| worker(c.index) == id)) {
            Some(candidate) => Pick::Task(candidate.index),
            None => Pick::Redundant,
        }
    }

    fn arm(&mut self, _kernel: &Kernel, _task: TaskId, arms: u32) -> Result<u32, String> {
        self.chose |= arms > 1;
        Ok((self.scheduler.next_u64() % u64::from(arms)) as u32)
    }

    fn end(&mut self, _kernel: &Kernel) {
        self.executions += 1;
    }

    fn restart(&mut self) {
        self.scheduler = (self.make)();
        self.chose = false;
        self.chose_task = false;
        self.executions = 0;
    }

    /// A program without a choice has one interleaving, and it has been seen.
    fn complete(&self) -> bool {
        self.executions > 0 && !self.chose
    }
}

/// shuttle's random walk.
pub(crate) fn random(seed: u64, executions: usize) -> Stock {
    Stock::new(move || {
        Box::new(Quiet(ManuallyDrop::new(RandomScheduler::new_from_seed(
            seed, executions,
        ))))
    })
}

/// shuttle's PCT. A depth of 0 makes no sense and is taken as 1.
pub(crate) fn pct(seed: u64, depth: usize, executions: usize) -> Stock {
    Stock::new(move || Box::new(PctScheduler::new_from_seed(seed, depth.max(1), executions)))
}

/// A random walk that is never dropped: dropped before it has spent its budget, it prints its seed and
/// advice for users of shuttle. It owns no memory, so nothing leaks.
struct Quiet(ManuallyDrop<RandomScheduler>);

impl Scheduler for Quiet {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(
        &mut self,
        runnable: &[&ShuttleTask],
        current: Option<ShuttleId>,
        yielding: bool,
    ) -> Option<ShuttleId> {
        self.0.next_task(runnable, current, yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }
}
