//! The threads of a scope under the controlled engine: a list of tasks, whose exits are waited for one by one.
//!
//! When an execution ends early, younger tasks unwind before the older ones, which they borrow from.

use std::any::Any;
use std::io;
use std::sync::Mutex;

use super::context::with_kernel;
use super::join::Join;
use super::switch::EndOfExecution;
use super::tasks::wait_for_exit;
use super::thread::has_parked;
use crate::kernel::Pending;
use crate::raw::{Body, RawJoin, RawScope};

/// The tasks, in the order they were started. The lock only satisfies the compiler: one task runs at a time.
pub(crate) struct Scope(Mutex<Vec<usize>>);

impl Scope {
    fn task(&self, at: usize) -> Option<usize> {
        let tasks = self.0.lock().expect("no panic happens under this lock");
        tasks.get(at).copied()
    }
}

impl RawScope for Scope {
    type Join = Join;

    fn new() -> Self {
        Scope(Mutex::default())
    }

    fn spawn(&self, name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Join> {
        let join = Join::spawn(name, stack_size, body)?;
        self.0
            .lock()
            .expect("no panic happens under this lock")
            .push(join.task());
        Ok(join)
    }

    fn raises(payload: &(dyn Any + Send)) -> bool {
        !payload.is::<EndOfExecution>()
    }

    fn wait(&self) {
        let mut at = 0;
        // One of them may start another one meanwhile.
        while let Some(task) = self.task(at) {
            at += 1;
            // One that has exited is waited for, too: what it did comes before what follows.
            if !with_kernel(|k| k.ending.is_some() && matches!(k.tasks[task].pending, Pending::Exited)) {
                wait_for_exit(task);
            }
            // The scope reports the panic itself.
            drop(with_kernel(|k| k.tasks[task].panic.take()));
        }
        if at > 0 {
            has_parked();
        }
    }
}
