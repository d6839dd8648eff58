//! The loop that every executor runs, on a task of the controlled engine: poll; when the future is pending,
//! wait for the task's wake-up token; poll again.
//!
//! **Futures of other crates** keep their state where the kernel cannot see it. The loop notices them by
//! what they do to its waker, and the search then starts again with every step of the program counted as
//! touching that state:
//!
//! * the waker was cloned, and after that the poll touched nothing the kernel knows: it was stored elsewhere;
//! * a future of this crate was polled with another waker than the task's: somebody keeps a list of its own
//!   of whom to poll;
//! * a task that returns nothing has finished without touching anything the kernel knows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::future::Future;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use super::exits_are_visible;
use crate::engine::kernel::{Flag, Kernel, Numbering};
use crate::engine::op::{Class, Op};
use crate::engine::wakes::{self, Wakeup};
use crate::engine::{self, Engine, controlled};

/// A task that is inside [`drive`].
pub(super) struct Polling {
    /// What its waker points to, to recognize it.
    waker: *const (),
    /// [`yield_now`](super::yield_now) was polled.
    yields: bool,
    /// The task whose handle was polled.
    awaits: Option<usize>,
}

impl Polling {
    fn recognizes(&self, waker: &Waker) -> bool {
        std::ptr::eq(waker.data(), self.waker)
    }

    /// Notes that the current poll yields; false when it is somebody else's waker.
    pub(super) fn yields(&mut self, waker: &Waker) -> bool {
        self.yields = self.recognizes(waker);
        self.yields
    }

    /// Notes that the current poll awaits the exit of a task; false when it awaits another one, too, or
    /// when it is somebody else's waker.
    pub(super) fn awaits(&mut self, task: usize, waker: &Waker) -> bool {
        let alone = self.recognizes(waker) && self.awaits.is_none_or(|other| other == task);
        self.awaits = Some(task);
        alone
    }
}

/// The async side of the tasks of the running execution, by index.
#[derive(Default)]
pub(super) struct Tasks {
    epoch: u64,
    polling: BTreeMap<usize, Polling>,
    /// Who awaits the exit of a task, when exits are visible.
    pub(super) joiners: BTreeMap<usize, Waker>,
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// `f` must not call user code.
pub(super) fn with_tasks<R>(f: impl FnOnce(&mut Tasks) -> R) -> R {
    let epoch = engine::with_kernel(|k| k.epoch);
    TASKS.with_borrow_mut(|tasks| {
        if tasks.epoch != epoch {
            *tasks = Tasks {
                epoch,
                ..Tasks::default()
            };
        }
        f(tasks)
    })
}

/// The state of the current task, if it is inside [`drive`].
pub(super) fn with_polling<R>(f: impl FnOnce(&mut Polling) -> R) -> Option<R> {
    let me = engine::with_kernel(|k| k.current);
    with_tasks(|tasks| tasks.polling.get_mut(&me).map(f))
}

/// Learns something about the program that has to be known from the start. If it was not, the search starts
/// again, and this returns only when the caller is panicking: then it is false.
pub(super) fn learn(fact: impl FnOnce(&mut Numbering) -> &mut bool) -> bool {
    if engine::with_kernel(|k| std::mem::replace(fact(&mut k.numbering), true)) {
        return true;
    }
    if std::thread::panicking() {
        engine::with_kernel(|k| k.end(engine::kernel::End::Restart));
        return false;
    }
    controlled::restart()
}

/// The program runs futures of other crates.
fn foreign_futures_are_run() {
    if engine::with_kernel(|k| k.ending.is_none() && k.nested == 0) {
        // A lock that is given back ends a step, too.
        engine::with_kernel(|k| k.numbering.tests_locks = true);
        learn(|n| &mut n.runs_foreign_futures);
    }
}

/// A future of this crate is polled with this waker. If that is not the task's own, something between the
/// task and the future decides whom to poll. A waker without data remembers nobody, as in `now_or_never`.
pub(crate) fn polled_with(waker: &Waker) {
    if engine::current() != Engine::Controlled || waker.data().is_null() {
        return;
    }
    if with_polling(|polling| polling.recognizes(waker)) != Some(true) {
        foreign_futures_are_run();
    }
}

/// Runs the future of a spawned task: `None` when it is aborted.
pub(super) fn run_spawned<F: Future>(
    mut future: Pin<&mut F>,
    location: &'static Location<'static>,
) -> Option<F::Output> {
    if !is_admitted(location) {
        return None;
    }
    let contacts = || engine::with_kernel(|k| k.contacts);
    let before = contacts();
    let output = drive(future.as_mut(), location);
    if size_of::<F::Output>() == 0 && contacts() == before {
        foreign_futures_are_run();
    }
    output
}

/// The first poll of a task is an operation only where somebody may abort it: false when that has happened.
fn is_admitted(location: &'static Location<'static>) -> bool {
    let (me, aborts) = engine::with_kernel(|k| (k.current, k.numbering.aborts));
    if !aborts {
        return true;
    }
    let flag = engine::with_kernel(|k| k.flag(me, Flag::Wake));
    let mut start = Op::new("start", flag, Class::Write);
    start.location = location;
    start.accesses.extend(engine::with_kernel(|k| k.touches_elsewhere()));
    engine::perform_part(start, |step| {
        let aborted = engine::with_kernel(|k| k.tasks[me].abort_requested);
        step.tell(|| if aborted { "aborted, never polled" } else { "starts" }.to_owned());
        !aborted
    })
}

/// Polls a future on the current task until it is done, or `None` when the task is aborted.
pub(super) fn drive<F: Future>(mut future: Pin<&mut F>, location: &'static Location<'static>) -> Option<F::Output> {
    let (me, epoch, fresh) = engine::with_kernel(|k| (k.current, k.epoch, k.limits.fresh_wakers));
    let mut wakeup = Wakeup {
        task: me,
        epoch,
        poll: engine::with_kernel(|k| k.tasks[me].poll),
    };
    let (mut waker, mut shared) = wakeup.waker();
    let entered = with_tasks(|tasks| match tasks.polling.entry(me) {
        Entry::Vacant(entry) => {
            entry.insert(Polling {
                waker: waker.data(),
                yields: false,
                awaits: None,
            });
            true
        }
        Entry::Occupied(_) => false,
    });
    assert!(
        entered,
        "block_on was called inside a future: it would block the task that polls it; await instead"
    );
    struct Leave(usize);
    impl Drop for Leave {
        fn drop(&mut self) {
            if engine::try_with_kernel(|_| ()).is_some() {
                with_tasks(|tasks| tasks.polling.remove(&self.0));
            }
        }
    }
    let _leave = Leave(me);
    let flag = engine::with_kernel(|k| k.flag(me, Flag::Wake));
    loop {
        if fresh {
            wakeup.poll += 1;
            engine::with_kernel(|k| k.tasks[me].poll = wakeup.poll);
            (waker, shared) = wakeup.waker();
            with_polling(|polling| polling.waker = waker.data());
        }
        engine::with_kernel(|k| k.cloned_at = None);
        let polled = future.as_mut().poll(&mut Context::from_waker(&waker));
        // Only this task has run since the last contact.
        if polled.is_pending() && engine::with_kernel(|k| k.cloned_at == Some(k.contacts)) {
            foreign_futures_are_run();
        }
        let (yields, awaits) = with_polling(|p| (std::mem::take(&mut p.yields), p.awaits.take())).unwrap_or_default();
        if let Some(target) = awaits {
            wakes::pay();
            let woken = engine::with_kernel(|k| k.object(flag).gate.token());
            // Nobody but this loop may wake the task: the two references are its own.
            let alone = polled.is_pending() && !yields && !woken && Arc::strong_count(&shared) == 2;
            if alone && engine::with_kernel(|k| k.limits.spurious_polls == 0) {
                controlled::wait_for_exit(target);
                continue;
            }
            exits_are_visible();
        }
        if let Poll::Ready(value) = polled {
            return Some(value);
        }
        if yields {
            controlled::yield_now(false);
            if !engine::with_kernel(|k| k.numbering.observes_exit || k.numbering.aborts) {
                continue;
            }
            // Somebody may abort the task, so its token has to be looked at.
            waker.wake_by_ref();
        }
        sleep(flag, location, || look_once_more(future.as_mut(), &waker, me));
        if engine::with_kernel(|k| k.tasks[me].abort_requested) {
            engine::with_kernel(|k| {
                if let Some(recorder) = &mut k.recorder {
                    recorder.event(me, "aborted".to_owned(), None);
                }
            });
            return None;
        }
    }
}

/// Waits for the token, or for nothing, if this is to be a spurious poll.
fn sleep(flag: engine::op::ObjectId, location: &'static Location<'static>, at_the_end: impl FnOnce()) {
    wakes::pay();
    let spurious = engine::with_kernel(|k| k.may_poll_spuriously() && k.ending.is_none()) && controlled::choose(2) == 1;
    if spurious {
        engine::with_kernel(Kernel::spend_spurious_poll);
    }
    let mut park = Op::new("wake-up", flag, Class::Park).until(spurious.then_some(0));
    park.location = location;
    // The poll that follows may touch what other crates keep.
    park.accesses.extend(engine::with_kernel(|k| k.touches_elsewhere()));
    let over = engine::perform_part(park, |step| {
        let why = if step.timed_out { "polled spuriously" } else { "wakes" };
        step.tell(|| why.to_owned());
        step.forced
    });
    if over {
        at_the_end();
    }
}

/// The execution has ended while the task slept: polls its future once more, without any scheduling
/// point, to see whether it was never woken. Then the task unwinds.
fn look_once_more<F: Future>(future: Pin<&mut F>, waker: &Waker, me: usize) {
    engine::with_kernel(|k| k.nested += 1);
    let ready = catch_unwind(AssertUnwindSafe(|| {
        future.poll(&mut Context::from_waker(waker)).is_ready()
    }));
    engine::with_kernel(|k| {
        k.nested -= 1;
        if matches!(ready, Ok(true)) {
            k.ready_if_polled.push(me);
        }
    });
    drop(engine::panics::take_message());
    // The others are looked at before anybody unwinds and wakes them by dropping things.
    controlled::switch();
    controlled::unwind();
}
