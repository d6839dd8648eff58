//! A thread under the controlled engine: parking waits for a token of the task, like every wait of the kernel.
//!
//! | operation | class | waits for |
//! |---|---|---|
//! | `unpark` | `Wake` | nothing |
//! | `park` | `Park`; `Write` once its time is over | the token (or the deadline), and takes it |
//! | after a wait of std's that parks | the same | nothing, and takes the token if there is one |
//!
//! std's channels wait by parking their thread, and so does the end of a scope. So they take the token, too, whoever it was meant
//! for, where they have to wait. The search does not know whether they had to: it is one of the things that a platform may do
//! without a reason ([`Check::spurious_wakeups`](crate::Check::spurious_wakeups)), and a step of its own after the wait.

use std::time::Duration;

use super::choose::happens_for_no_reason;
use super::clock;
use super::context::with_kernel;
use super::object::assert_live;
use super::perform::perform;
use crate::kernel::{Class, Flag, Op};
use crate::raw::RawThread;

/// A task, by its index, and its name.
#[derive(Clone, Debug)]
pub(crate) struct Thread {
    pub(super) task: usize,
    epoch: u64,
    /// What the program tells it by.
    number: u64,
    name: Option<String>,
}

impl Thread {
    pub(super) fn of(task: usize, name: Option<String>) -> Self {
        with_kernel(|k| Thread {
            task,
            epoch: k.epoch,
            number: k.tasks[task].kin.number,
            name,
        })
    }
}

impl Thread {
    /// The task.
    ///
    /// # Panics
    /// When it belongs to another execution.
    #[track_caller]
    pub(super) fn live_task(&self) -> usize {
        assert_live(self.epoch);
        self.task
    }
}

impl RawThread for Thread {
    type Id = u64;

    fn current() -> Self {
        let (task, name) = with_kernel(|k| (k.current, k.tasks[k.current].name.clone()));
        Thread::of(task, name)
    }

    fn park() {
        park_until(None);
    }

    fn park_timeout(duration: Duration) {
        let deadline = clock::arm("park", |now| now.saturating_add(clock::nanos(duration)));
        park_until(Some(deadline));
    }

    fn unpark(&self) {
        let task = self.live_task();
        let flag = with_kernel(|k| k.flag(task, Flag::Park));
        perform(Op::new("unpark", flag, Class::Wake), |step| {
            step.tell(|| format!("unpark {}", with_kernel(|k| k.task_name(task))));
        });
    }

    fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    fn id(&self) -> u64 {
        self.number
    }
}

#[track_caller]
fn park_until(deadline: Option<u64>) {
    let flag = with_kernel(|k| {
        if k.limits.spurious_wakeups > 0 {
            k.learn(|facts| &mut facts.parks);
        }
        let me = k.current;
        k.flag(me, Flag::Park)
    });
    // A return without a token is a wait whose time is over at once.
    let spurious = happens_for_no_reason("wakes");
    let until = if spurious { Some(0) } else { deadline };
    perform(Op::new("park", flag, Class::Park).until(until), |step| {
        if step.timed_out {
            step.refine(0, Class::Write);
        }
        let why = match (step.timed_out, spurious) {
            (true, true) => "park returns without a token",
            (true, false) => "park times out",
            (false, _) => "park returns",
        };
        step.tell(|| why.to_owned());
    });
}

/// The current thread has come out of a wait of std's that parks, and that may have taken its token.
#[track_caller]
pub(super) fn has_parked() {
    if !with_kernel(|k| k.numbering.facts.parks && !k.tasks[k.current].is_async)
        || !happens_for_no_reason("takes the token")
    {
        return;
    }
    let flag = with_kernel(|k| {
        let me = k.current;
        k.flag(me, Flag::Park)
    });
    perform(Op::new("token taken", flag, Class::Park).until(Some(0)), |step| {
        if step.timed_out {
            step.refine(0, Class::Write);
        }
        let found = match step.timed_out {
            true => "the wait has parked, and there was no token",
            false => "the wait has parked, and taken the token",
        };
        step.tell(|| found.to_owned());
    });
}
