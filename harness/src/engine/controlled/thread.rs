//! A thread under the controlled engine: parking waits for a token of the task, like every wait of the kernel.
//!
//! | operation | class | waits for |
//! |---|---|---|
//! | `unpark` | `Wake` | nothing |
//! | `park` | `Park`; `Write` once its time is over | the token (or the deadline), and takes it |

use std::time::Duration;

use super::clock;
use super::context::with_kernel;
use super::perform::perform;
use crate::kernel::{Class, Flag, Op};
use crate::raw::RawThread;

/// A task, by its index, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(super) task: usize,
    name: Option<String>,
}

impl Thread {
    pub(super) fn of(task: usize, name: Option<String>) -> Self {
        Thread { task, name }
    }
}

impl RawThread for Thread {
    type Id = usize;

    fn current() -> Self {
        with_kernel(|k| Thread {
            task: k.current,
            name: k.tasks[k.current].name.clone(),
        })
    }

    fn park() {
        park_until(None);
    }

    fn park_timeout(duration: Duration) {
        let deadline = clock::arm("park", |now| now.saturating_add(clock::nanos(duration)));
        park_until(Some(deadline));
    }

    fn unpark(&self) {
        let task = self.task;
        let flag = with_kernel(|k| k.flag(task, Flag::Park));
        perform(Op::new("unpark", flag, Class::Wake), |step| {
            step.tell(|| format!("unpark {}", with_kernel(|k| k.task_name(task))));
        });
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn id(&self) -> usize {
        self.task
    }
}

#[track_caller]
fn park_until(deadline: Option<u64>) {
    let flag = with_kernel(|k| {
        let me = k.current;
        k.flag(me, Flag::Park)
    });
    perform(Op::new("park", flag, Class::Park).until(deadline), |step| {
        if step.timed_out {
            step.refine(0, Class::Write);
        }
        let late = step.timed_out;
        step.tell(|| {
            if late {
                "park times out".to_owned()
            } else {
                "park returns".to_owned()
            }
        });
    });
}
