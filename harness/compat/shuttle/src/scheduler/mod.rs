//! Who chooses schedules.
//!
//! Those of shuttle are strategies of the harness ([`Strategy`](selvedge::Strategy)), where there is one. Each of them is a [`Scheduler`], too,
//! so that another one can ask it.

mod annotation;
mod data;
mod dfs;
mod nondeterminism;
mod pct;
#[doc(hidden)]
pub mod plan;
mod random;
mod replay;
mod round_robin;
mod schedule;
mod task;
mod urw;

pub use crate::current::TaskId;
pub use annotation::AnnotationScheduler;
pub use data::{DataSource, RandomDataSource};
pub use dfs::DfsScheduler;
pub use nondeterminism::UncontrolledNondeterminismCheckScheduler;
pub use pct::PctScheduler;
use plan::Plan;
pub use random::RandomScheduler;
pub use replay::ReplayScheduler;
pub use round_robin::RoundRobinScheduler;
pub use schedule::{Schedule, ScheduleStep};
pub use task::Task;
pub use urw::UrwRandomScheduler;

/// Chooses which task goes on, and the numbers that a program draws.
pub trait Scheduler {
    /// Prepares the next execution. Nothing if there is none; what is in the schedule is of no effect.
    fn new_execution(&mut self) -> Option<Schedule>;

    /// Which of these tasks goes on, of which there is at least one. Nothing: the execution is given up.
    ///
    /// `current_task` has taken the step before; if it `is_yielding`, it asks to be passed over. At the first step there is none.
    fn next_task(
        &mut self,
        runnable_tasks: &[&Task],
        current_task: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId>;

    /// The next random number.
    fn next_u64(&mut self) -> u64;

    /// What the harness can do in its place, without asking.
    #[doc(hidden)]
    fn __plan(&self) -> Option<Plan> {
        None
    }

    /// The execution that is over does not count. False if it has been counted all the same.
    #[doc(hidden)]
    fn __again(&mut self) -> bool {
        false
    }
}

impl Scheduler for Box<dyn Scheduler + Send> {
    fn new_execution(&mut self) -> Option<Schedule> {
        (**self).new_execution()
    }

    fn next_task(
        &mut self,
        runnable_tasks: &[&Task],
        current_task: Option<TaskId>,
        is_yielding: bool,
    ) -> Option<TaskId> {
        (**self).next_task(runnable_tasks, current_task, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        (**self).next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        (**self).__plan()
    }

    fn __again(&mut self) -> bool {
        (**self).__again()
    }
}
