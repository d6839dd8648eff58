//! A future under the controlled engine: a task like a thread is.
//!
//! It runs the loop every executor runs: poll; when the future is pending, wait for the task's wake-up token; poll
//! again. A waker sets the token, waiting takes it, and a token that is set while the task is being polled is kept,
//! so a wake-up can come at any time and still counts. The wait is announced like any other operation (`Park` on the
//! token), so a task nobody wakes is a deadlock the kernel can see.
//!
//! | state of a task | what moves it on |
//! |---|---|
//! | being polled | its own operations; each is a scheduling point |
//! | pending, no token | a waker, or `abort`, sets the token |
//! | pending, token | it is polled again, or dropped if it was aborted |
//! | pending on nothing but another [`AsyncTask`] | the exit of that one; no token and no choice are needed |
//! | done | its result is where the job has left it |
//!
//! **Awaiting a task costs no scheduling point** as long as that is all the awaiting task does: waiting
//! for an exit commutes with everything. A handle in a `select!` or beside other futures is different,
//! because then it matters whether the task has finished *yet*. The first poll of a handle is therefore
//! always `Pending`, in every interleaving, and what else the poll has left behind decides: if there is
//! nothing, the task waits for the exit; otherwise the search starts again with exits as visible
//! operations. `abort` and `is_finished` do the same.
//!
//! **The re-poll oracle**: when an execution that is being told to somebody ends in a deadlock, each
//! sleeping task is polled once more. One that is ready now was never woken, which proves a lost
//! wake-up.

use std::fmt;
use std::panic::Location;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::context::seen_at;
use super::context::{try_with_kernel, with_kernel};
use super::drive::{drive, is_admitted, run_spawned};
use super::exits::{exited, exits_are_visible, is_finished};
use super::in_place::{block_on_beside, is_in_place};
use super::perform::perform;
use super::polling::{learn, polled_with, with_polling, with_tasks};
use super::tasks::{spawn, wait_for_exit};
use crate::engine::current::FOREIGN;
use crate::kernel::{Class, Flag, Op, Owner};
use crate::raw::{Body, Job, RawAbort, RawTask, Why};

/// A task that polls a future, as its handle knows it.
pub(crate) struct AsyncTask {
    abort: Abort,
    /// It has been polled for its end; see the module documentation.
    asked: bool,
}

/// The same task, as whoever may abort it knows it.
#[derive(Clone)]
pub(crate) struct Abort {
    /// By its index.
    task: usize,
    id: Key,
    epoch: u64,
}

/// Tells tasks apart: the same number in every interleaving, whatever the search has met before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Key(u64);

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The task that runs, if it is one that was spawned as such.
pub(crate) fn current_task() -> Option<Key> {
    with_kernel(|k| {
        let task = &k.tasks[k.current];
        task.is_async.then_some(Key(task.kin.number))
    })
}

impl RawTask for AsyncTask {
    type Abort = Abort;
    type Id = Key;

    fn spawn(name: Option<String>, job: Pin<Box<dyn Job + Send>>) -> Self {
        AsyncTask::spawn_local(name, job)
    }

    fn spawn_local(name: Option<String>, job: Pin<Box<dyn Job>>) -> Self {
        let body = move || {
            let mut job = job;
            let _memory = memory(&*job);
            run_spawned(job.as_mut());
        };
        AsyncTask::of(spawn(name, true, 0, Box::new(body)))
    }

    fn spawn_blocking(name: Option<String>, body: Body) -> Self {
        let body = move || {
            // It may be aborted as long as it has not begun.
            with_tasks(|t| t.blocking.insert(with_kernel(|k| k.current)));
            if is_admitted() {
                body();
            }
        };
        let task = AsyncTask::of(spawn(name, true, 0, Box::new(body)));
        with_tasks(|t| t.blocking.insert(task.abort.task));
        task
    }

    fn wait(&mut self) -> Result<(), Why> {
        assert!(self.abort.is_current(), "{FOREIGN}");
        wait_for_exit(self.abort.task);
        self.end()
    }

    fn id(&self) -> Key {
        self.abort.id
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Why>> {
        let task = self.abort.task;
        assert!(self.abort.is_current(), "{FOREIGN}");
        polled_with(cx.waker());
        if !exited(task, cx, &mut self.asked) {
            return Poll::Pending;
        }
        Poll::Ready(self.end())
    }

    fn is_finished(&self) -> bool {
        self.abort.is_finished()
    }

    fn abort_handle(&self) -> Abort {
        self.abort.clone()
    }
}

/// Lets objects in a future of the current task be known by that, as long as the result lives.
fn memory(job: &dyn Job) -> impl Drop + use<> {
    struct Memory(usize);
    impl Drop for Memory {
        fn drop(&mut self) {
            try_with_kernel(|k| k.frees(self.0));
        }
    }
    let address = std::ptr::from_ref(job).cast::<()>().addr();
    with_kernel(|k| {
        let me = k.tasks[k.current].id;
        k.owns(Owner::Future(me), address, size_of_val(job));
    });
    Memory(address)
}

impl AsyncTask {
    fn of(task: usize) -> Self {
        let (epoch, id) = with_kernel(|k| (k.epoch, Key(k.tasks[task].kin.number)));
        AsyncTask {
            abort: Abort { task, id, epoch },
            asked: false,
        }
    }

    /// How a task has ended that has exited.
    fn end(&self) -> Result<(), Why> {
        match with_kernel(|k| k.tasks[self.abort.task].panic.take()) {
            Some(payload) => Err(Why::Panic(payload)),
            None => Ok(()),
        }
    }
}

impl Drop for AsyncTask {
    fn drop(&mut self) {
        if self.abort.is_current() {
            with_kernel(|k| {
                // At the end of an execution handles are dropped because their owners unwind.
                if k.ending.is_none() {
                    k.tasks[self.abort.task].attached = false;
                }
            });
        }
    }
}

impl Abort {
    /// The execution of the task is the one that runs.
    fn is_current(&self) -> bool {
        try_with_kernel(|k| k.epoch == self.epoch).unwrap_or(false)
    }
}

impl RawAbort for Abort {
    type Id = Key;

    fn id(&self) -> Key {
        self.id
    }

    fn abort(&self) {
        if !self.is_current() || !exits_are_visible() || !learn(|n| &mut n.aborts) {
            return;
        }
        let task = self.task;
        let flag = with_kernel(|k| k.flag(task, Flag::Wake));
        // One that blocks waits for no token of its own.
        let class = match with_tasks(|t| t.blocking.contains(&task)) {
            true => Class::Write,
            false => Class::Wake,
        };
        perform(Op::new("abort", flag, class), |step| {
            with_kernel(|k| k.tasks[task].abort_requested = true);
            step.tell(|| format!("abort {}", with_kernel(|k| k.task_name(task))));
        });
    }

    fn is_finished(&self) -> bool {
        is_finished(self.task)
    }
}

/// Runs a job on the current task.
#[track_caller]
pub(crate) fn block_on(mut job: Pin<&mut dyn Job>) {
    seen_at(Location::caller());
    if is_in_place() {
        return block_on_beside(job);
    }
    let done = drive(job.as_mut());
    assert!(done, "only spawned tasks are aborted");
    job.finish();
}

/// The task that polls lets others go first. Its own poll loop sees to that, if the waker is its own.
pub(crate) fn yield_from(cx: &mut Context<'_>, location: &'static Location<'static>) {
    if with_polling(|polling| polling.yields(cx.waker(), location)) != Some(true) {
        cx.waker().wake_by_ref();
    }
}
