//! A running thread under the controlled engine: a task.
//!
//! Waiting for its exit commutes with everything, so `join` is no choice. `is_finished` makes exits visible
//! operations, and the search starts again with that known.

use std::io;

use super::exits::is_finished;
use super::tasks::{join, spawn};
use super::thread::Thread;
use crate::raw::{Body, Payload, RawJoin};

/// A task that is a thread.
pub(crate) struct Join(Thread);

impl Join {
    /// The task, by its index.
    pub(super) fn task(&self) -> usize {
        self.0.task
    }
}

impl RawJoin for Join {
    type Thread = Thread;

    fn spawn(name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self> {
        let task = spawn(name.clone(), false, stack_size.unwrap_or(0), body);
        Ok(Join(Thread::of(task, name)))
    }

    fn thread(&self) -> Thread {
        self.0.clone()
    }

    fn join(self) -> Result<(), Payload> {
        join(self.0.live_task()).map_or(Ok(()), Err)
    }

    fn is_finished(&self) -> bool {
        is_finished(self.0.live_task())
    }
}
