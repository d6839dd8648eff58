//! shuttle's tasks, which run ours: who of them is there, and who is free.
//!
//! The first tasks of an execution have one each, in order, so that shuttle's own schedulers know them by the same number in
//! every execution. Of very many tasks, those beyond share the rest: shuttle looks at all that it has at every switch.

use std::fmt;

/// So many tasks of an execution, the main task aside, have one of shuttle's for themselves.
const OWN: usize = 64;

/// What a task does, from its start to its exit.
pub(crate) struct Job {
    pub(crate) run: Box<dyn FnOnce()>,
    /// Bytes of stack that it needs.
    pub(crate) stack: usize,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job")
            .field("stack", &self.stack)
            .finish_non_exhaustive()
    }
}

struct Worker {
    stack: usize,
    /// What it is to do next.
    job: Option<Box<dyn FnOnce()>>,
}

/// By shuttle's numbers. The first one is the driver.
#[derive(Default)]
pub(crate) struct Staff {
    workers: Vec<Worker>,
    /// Whose worker it is, by the number of the task.
    own: Vec<Option<usize>>,
    /// Those that wait for any task.
    free: Vec<usize>,
    /// All are to return.
    pub(crate) dismissed: bool,
}

impl Staff {
    /// There is only the driver.
    pub(crate) fn begin(&mut self) {
        *self = Staff::default();
        self.workers.push(Worker { stack: 0, job: None });
        self.own.push(Some(0));
    }

    /// Somebody who can do what this task needs, if there is one who has nothing else to do.
    pub(crate) fn take(&mut self, task: usize, stack: usize) -> Option<usize> {
        if task <= OWN {
            let worker = self.own.get(task).copied().flatten()?;
            return (self.workers[worker].stack >= stack).then_some(worker);
        }
        let at = self
            .free
            .iter()
            .rposition(|&worker| self.workers[worker].stack >= stack)?;
        Some(self.free.swap_remove(at))
    }

    /// Somebody new for a task, by shuttle's next number.
    pub(crate) fn hire(&mut self, task: usize, stack: usize) -> usize {
        let worker = self.workers.len();
        self.workers.push(Worker { stack, job: None });
        if task <= OWN {
            if self.own.len() <= task {
                self.own.resize(task + 1, None);
            }
            self.own[task] = Some(worker);
        }
        worker
    }

    pub(crate) fn give(&mut self, worker: usize, job: Box<dyn FnOnce()>) {
        self.workers[worker].job = Some(job);
    }

    /// What a worker is to do next; an error when it is to return.
    pub(crate) fn next_job(&mut self, worker: usize) -> Result<Option<Box<dyn FnOnce()>>, ()> {
        if self.dismissed {
            return Err(());
        }
        Ok(self.workers[worker].job.take())
    }

    /// A worker has nothing to do any more.
    pub(crate) fn release(&mut self, worker: usize) {
        if !self.own.contains(&Some(worker)) {
            self.free.push(worker);
        }
    }
}
