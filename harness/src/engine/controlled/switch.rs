//! Who goes on: the kernel's decision, carried out on shuttle's continuations.

use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};

use shuttle_engine::runtime::execution::ExecutionState;
use shuttle_engine::scheduler::{Schedule, Scheduler, Task as ShuttleTask, TaskId as ShuttleId};

use super::context::{ask, try_with_kernel, unwinds, with_kernel};
use crate::engine::current::{Engine, current};
use crate::engine::panics::{self, STACK};
use crate::kernel::{Choice, Decision, End, Kernel, PanicReport, Pick};

/// Raised to unwind the unfinished tasks when an execution ends. Never seen by a panic hook.
pub(crate) struct EndOfExecution;

/// Unwinds the current task because the execution is over.
pub(crate) fn unwind() -> ! {
    if unwinds() && !with_kernel(|k| k.is_told_to_unwind()) {
        // A destructor waits, while its task unwinds from a panic of its own: what follows aborts.
        panics::waits_for_ever();
    }
    if with_kernel(Kernel::unwind_once_more) {
        resume_unwind(Box::new(EndOfExecution));
    }
    // It catches the unwinding and goes on; so it stays here, and its stack is freed with the run.
    loop {
        switch();
    }
}

/// Whether the current task unwinds because its execution is over, not because it panicked.
pub(crate) fn unwinding_at_end() -> bool {
    current() == Engine::Controlled && try_with_kernel(|k| k.ending.is_some() && k.is_told_to_unwind()).unwrap_or(false)
}

/// Leaves the processor; returns when this task is picked again.
pub(crate) fn switch() {
    if let Some(index) = next() {
        hand_over(index);
    } else {
        suspend();
    }
}

/// Lets a task go on, on whichever of shuttle's tasks it runs.
fn hand_over(index: usize) {
    let worker = seat(index);
    with_kernel(|k| k.handoff = Some(worker));
    suspend();
}

fn suspend() {
    shuttle_engine::runtime::thread::switch();
}

/// The one of shuttle's tasks that a task of ours runs on. One that begins now is given one.
fn seat(index: usize) -> usize {
    let found = with_kernel(|k| {
        if let Some(worker) = k.tasks[index].worker {
            return Ok(worker);
        }
        let job = k.tasks[index].job.take().expect("a task that has not begun has a job");
        let stack = job.stack.max(STACK);
        let worker = k.staff.take(index, stack);
        let Some(worker) = worker else {
            let worker = k.staff.hire(index, stack);
            k.tasks[index].worker = Some(worker);
            k.passthrough = true;
            return Err((worker, stack, job.run));
        };
        k.tasks[index].worker = Some(worker);
        k.staff.give(worker, job.run);
        Ok(worker)
    });
    found.unwrap_or_else(|(worker, stack, first)| {
        let first = Box::new(move || work(worker, first));
        let id = ExecutionState::spawn_thread(first, stack, None, None, Location::caller());
        debug_assert_eq!(usize::from(id), worker);
        with_kernel(|k| k.passthrough = false);
        worker
    })
}

/// One of shuttle's tasks but the first: runs one task after the other, in one execution after the other.
fn work(worker: usize, first: Box<dyn FnOnce()>) {
    first();
    loop {
        with_kernel(|k| k.staff.release(worker));
        let job = loop {
            switch();
            match with_kernel(|k| k.staff.next_job(worker)) {
                Err(()) => return,
                Ok(Some(job)) => break job,
                Ok(None) => {}
            }
        };
        job();
    }
}

/// Decides which task goes on; `None` when none is left.
fn next() -> Option<usize> {
    loop {
        match with_kernel(Kernel::decide) {
            Decision::Run(index) => return Some(index),
            Decision::Over => return Some(0),
            Decision::Stop => return None,
            Decision::Fire(wakers) => fire(wakers),
            Decision::Ask => {
                let chosen = with_kernel(|k| {
                    let yielding = std::mem::take(&mut k.yielding);
                    let pick = ask(|strategy| {
                        strategy.choose(&Choice {
                            enabled: &k.enabled,
                            kernel: k,
                            yielding: &yielding,
                        })
                    });
                    match pick {
                        Pick::Task(index) => {
                            k.run_step(index);
                            Some(index)
                        }
                        Pick::Redundant => {
                            k.end(End::Redundant);
                            None
                        }
                        Pick::Restart => {
                            k.end(End::Restart);
                            None
                        }
                        Pick::Diverged(why) => {
                            k.end(End::Diverged(why));
                            None
                        }
                    }
                });
                if chosen.is_some() {
                    return chosen;
                }
            }
        }
    }
}

/// Gives way to the task that goes on next, if that is not the current one. The decision is made here, on
/// the task's own stack, so that shuttle is bothered only where tasks really change.
pub(crate) fn give_way() {
    let (me, ends) = with_kernel(|k| (k.current, k.ending.is_some()));
    if ends {
        return switch();
    }
    match next() {
        Some(index) if index == me => {}
        Some(index) => hand_over(index),
        None => suspend(),
    }
}

/// shuttle's view of the kernel.
pub(super) struct KernelScheduler;

impl Scheduler for KernelScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        None
    }

    fn next_task(
        &mut self,
        runnable: &[&ShuttleTask],
        current: Option<ShuttleId>,
        _is_yielding: bool,
    ) -> Option<ShuttleId> {
        if with_kernel(|k| k.passthrough) {
            return current;
        }
        if current.is_none() || with_kernel(|k| k.staff.dismissed) {
            // The driver is to begin, or has returned, or a worker has seen that there is no more to do.
            let current = current.filter(|id| runnable.iter().any(|t| t.id() == *id));
            return current.or_else(|| runnable.first().map(|t| t.id()));
        }
        if let Some(worker) = with_kernel(|k| k.handoff.take()) {
            return Some(ShuttleId::from(worker));
        }
        // Nobody is left, or a task goes on that has begun.
        let index = next()?;
        with_kernel(|k| k.tasks[index].worker).map(ShuttleId::from)
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// Calls the wakers of timers that are due. They run between steps, so they only set tokens.
fn fire(wakers: Vec<std::task::Waker>) {
    with_kernel(Kernel::begin_firing);
    for waker in wakers {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            let message = panics::take_message().unwrap_or_default();
            with_kernel(|k| {
                k.panics.push(PanicReport {
                    task: k.current,
                    message,
                });
                k.end(End::MainPanicked);
            });
        }
    }
    with_kernel(Kernel::end_firing);
}
