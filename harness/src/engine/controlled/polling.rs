//! What a task that polls a future knows about the poll: whether it yields, whom it awaits, and whose waker it
//! was polled with.
//!
//! **Futures of other crates** keep their state where the kernel cannot see it. They are noticed by
//! what they do to its waker, and the search then starts again with every step of the program counted as
//! touching that state:
//!
//! * the waker was cloned, and after that the poll touched nothing the kernel knows: it was stored elsewhere;
//! * a future of this crate was polled with another waker than the task's: somebody keeps a list of its own
//!   of whom to poll;
//! * a task that returns nothing has finished without touching anything the kernel knows.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::Location;
use std::sync::Weak;
use std::task::Waker;

use super::context::with_kernel;
use crate::engine::current::{Engine, current};
use crate::kernel::{Facts, Wakeup};

/// A task that is inside [`drive`](super::drive::drive).
pub(crate) struct Polling {
    /// What its waker points to, to recognize it.
    pub(super) waker: *const (),
    /// The same, to see who else keeps it.
    pub(super) shared: Weak<Wakeup>,
    /// [`yield_now`](crate::future::yield_now) was polled, which was made here.
    pub(super) yields: Option<&'static Location<'static>>,
    /// The task whose handle was polled.
    pub(super) awaits: Option<usize>,
}

impl Polling {
    fn recognizes(&self, waker: &Waker) -> bool {
        std::ptr::eq(waker.data(), self.waker)
    }

    /// Notes that the current poll yields; false when it is somebody else's waker.
    pub(crate) fn yields(&mut self, waker: &Waker, location: &'static Location<'static>) -> bool {
        self.yields = self.recognizes(waker).then_some(location);
        self.yields.is_some()
    }

    /// Notes that the current poll awaits the exit of a task; false when it awaits another one, too, or
    /// when it is somebody else's waker.
    pub(crate) fn awaits(&mut self, task: usize, waker: &Waker) -> bool {
        let alone = self.recognizes(waker) && self.awaits.is_none_or(|other| other == task);
        self.awaits = Some(task);
        alone
    }
}

/// The async side of the tasks of the running execution, by index.
#[derive(Default)]
pub(super) struct Tasks {
    pub(super) epoch: u64,
    pub(super) polling: BTreeMap<usize, Polling>,
    /// Who awaits the exit of a task, when exits are visible.
    pub(super) joiners: BTreeMap<usize, Waker>,
    /// Tasks that poll nothing of their own, and cannot be aborted once they run.
    pub(super) blocking: BTreeSet<usize>,
    /// Tasks that may block although they are inside a future.
    pub(super) in_place: BTreeSet<usize>,
    /// Wakers of loops that a task has left, and that somebody kept: they set the same token.
    earlier: BTreeMap<usize, Vec<Weak<Wakeup>>>,
}

impl Tasks {
    /// A task leaves its loop, which still has its two references to the waker.
    pub(super) fn leave(&mut self, task: usize) {
        let left = self.polling.remove(&task).map(|polling| polling.shared);
        if let Some(shared) = left.filter(|shared| shared.strong_count() > 2) {
            let earlier = self.earlier.entry(task).or_default();
            earlier.retain(|waker| waker.strong_count() > 0);
            earlier.push(shared);
        }
    }

    /// References that others keep to wakers of loops that the task has left.
    pub(super) fn earlier_wakers(&self, task: usize) -> usize {
        let earlier = self.earlier.get(&task).into_iter().flatten();
        earlier.map(Weak::strong_count).sum()
    }
}

thread_local! {
    static TASKS: RefCell<Tasks> = RefCell::default();
}

/// `f` must not call user code.
pub(super) fn with_tasks<R>(f: impl FnOnce(&mut Tasks) -> R) -> R {
    let epoch = with_kernel(|k| k.epoch);
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

/// The state of the current task, if it is inside [`drive`](super::drive::drive).
pub(crate) fn with_polling<R>(f: impl FnOnce(&mut Polling) -> R) -> Option<R> {
    let me = with_kernel(|k| k.current);
    with_tasks(|tasks| tasks.polling.get_mut(&me).map(f))
}

/// [`Kernel::learn`] of the current execution.
pub(crate) fn learn(fact: impl FnOnce(&mut Facts) -> &mut bool) -> bool {
    with_kernel(|k| k.learn(fact))
}

/// The program runs futures of other crates.
pub(super) fn foreign_futures_are_run() {
    if with_kernel(|k| k.ending.is_none() && k.nested == 0) {
        learn(|facts| {
            // A lock that is given back ends a step, too.
            facts.tests_locks = true;
            &mut facts.runs_foreign_futures
        });
    }
}

/// A future of this crate is polled with this waker. If that is not the task's own, something between the
/// task and the future decides whom to poll. A waker without data remembers nobody, as in `now_or_never`.
pub(crate) fn polled_with(waker: &Waker) {
    if current() != Engine::Controlled || waker.data().is_null() {
        return;
    }
    if with_polling(|polling| polling.recognizes(waker)) != Some(true) {
        foreign_futures_are_run();
    }
}
