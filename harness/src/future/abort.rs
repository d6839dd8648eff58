//! [`AbortHandle`]: stopping a task that somebody else may be waiting for.

use std::fmt;

use super::is_running;
use crate::engine::{self};
use crate::engine::{exits_are_visible, learn};
use crate::kernel::Flag;
use crate::kernel::{Class, Op};

/// Stops a task; made by [`JoinHandle::abort_handle`](super::JoinHandle::abort_handle).
#[derive(Clone)]
pub struct AbortHandle(pub(super) Handle);

#[derive(Clone)]
pub(super) enum Handle {
    Native(tokio::task::AbortHandle),
    Controlled { task: usize, epoch: u64 },
}

impl AbortHandle {
    /// Asks the task to stop: when it is woken next, which this does, its future is dropped instead of
    /// polled. A task that finishes without being pending again is not affected.
    #[track_caller]
    pub fn abort(&self) {
        match &self.0 {
            Handle::Native(handle) => handle.abort(),
            Handle::Controlled { task, epoch } => {
                if !is_running(*epoch) || !exits_are_visible() || !learn(|n| &mut n.aborts) {
                    return;
                }
                let task = *task;
                let flag = engine::with_kernel(|k| k.flag(task, Flag::Wake));
                engine::perform(Op::new("abort", flag, Class::Wake), |step| {
                    engine::with_kernel(|k| k.tasks[task].abort_requested = true);
                    step.tell(|| format!("abort {}", engine::with_kernel(|k| k.task_name(task))));
                });
            }
        }
    }

    /// Whether the task has finished. Asking makes the exit of tasks a visible operation, and the
    /// search starts again with that known.
    #[track_caller]
    pub fn is_finished(&self) -> bool {
        match &self.0 {
            Handle::Native(handle) => handle.is_finished(),
            Handle::Controlled { task, .. } => crate::engine::is_finished(*task),
        }
    }
}

impl fmt::Debug for AbortHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AbortHandle").finish_non_exhaustive()
    }
}
