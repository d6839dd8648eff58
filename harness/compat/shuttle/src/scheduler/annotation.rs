//! [`AnnotationScheduler`].

use super::plan::Plan;
use super::{Schedule, Scheduler, Task, TaskId};

/// Does as another scheduler does. There is no file of annotations: a failure has its timeline, and `cargo selvedge html` shows it.
#[derive(Debug)]
pub struct AnnotationScheduler<S: ?Sized + Scheduler>(Box<S>);

impl<S: Scheduler> AnnotationScheduler<S> {
    /// Does as this one.
    pub fn new(inner: S) -> Self {
        AnnotationScheduler(Box::new(inner))
    }
}

impl<S: Scheduler> Scheduler for AnnotationScheduler<S> {
    fn new_execution(&mut self) -> Option<Schedule> {
        self.0.new_execution()
    }

    fn next_task(&mut self, runnable: &[&Task], current: Option<TaskId>, is_yielding: bool) -> Option<TaskId> {
        self.0.next_task(runnable, current, is_yielding)
    }

    fn next_u64(&mut self) -> u64 {
        self.0.next_u64()
    }

    fn __plan(&self) -> Option<Plan> {
        self.0.__plan()
    }

    fn __again(&mut self) -> bool {
        self.0.__again()
    }
}
