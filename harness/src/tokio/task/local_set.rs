//! [`LocalSet`]: tasks that never leave one thread, and of which one runs at a time, from one `await` to the next.
//!
//! Under the controlled engine each of them is a task like others, but for a *turn*: a lock that is held while one of them
//! is polled, or the future that drives the set.
//!
//! | who | when | the turn |
//! |---|---|---|
//! | nobody drives the set | it is new, or `run_until` is over | is held, so no task is polled |
//! | the driver | is polled | is held by it |
//! | the driver | is pending | is free: whichever task is woken takes it for a poll |
//!
//! So what tasks of the set do between two of their `await`s is done as a whole as far as the others can tell, but not for
//! the rest of the program. Which of those that are woken is polled first is explored; tokio begins with the one that was
//! woken first, without a promise.
//!
//! What lies between two polls is all that is known of the driver. Where it is polled beside other futures, by `join!` or
//! `select!`, these run on the same thread and cannot be interrupted by a task of the set, but here they can.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use crate::engine::any::{self, is_native, is_over, polled_with};
use crate::future::{JoinHandle, Work};
use crate::kernel::Class;
use crate::raw::{Job, RawTask, Slot};
use crate::thread;
use crate::tokio::opaque::Object;
use crate::tokio::runtime::Runtime;

/// Tasks that need not be `Send`, because they never leave the thread that drives them; the real
/// `tokio::task::LocalSet` on real threads.
///
/// ```
/// use std::cell::Cell;
/// use std::rc::Rc;
/// use selvedge::tokio::task::{self, LocalSet};
/// use selvedge::{check, future};
///
/// check(|| {
///     let set = LocalSet::new();
///     future::block_on(set.run_until(async {
///         let counter = Rc::new(Cell::new(0));
///         let theirs = Rc::clone(&counter);
///         let task = task::spawn_local(async move { theirs.set(theirs.get() + 1) });
///         task.await.unwrap();
///         assert_eq!(counter.get(), 1);
///     }));
/// });
/// ```
pub struct LocalSet {
    /// tokio's, on real threads.
    native: Option<tokio::task::LocalSet>,
    shared: Rc<Shared>,
    /// It is awaited itself, and pending.
    drives: Option<Drives>,
}

/// What a set has in common with its tasks. It is touched by whoever has the turn.
struct Shared {
    turn: Object,
    /// Drivers that are pending: as long as there is one, the turn is for the tasks.
    drivers: Cell<usize>,
    /// The turn is for the tasks. A driver says so while it has it.
    is_given: Cell<bool>,
    tasks: RefCell<Tasks>,
}

#[derive(Default)]
struct Tasks {
    /// Those that have not finished, by their number.
    running: BTreeMap<u64, Running>,
    next: u64,
    /// Who waits until there are none.
    waits: Option<Waker>,
}

/// A task that has not finished.
struct Running {
    /// Drops its future. It may have gone already.
    cancel: Box<dyn FnOnce()>,
    waker: Option<Waker>,
}

/// A set, and whether the current task has its turn.
#[derive(Clone)]
struct Current {
    set: Rc<Shared>,
    has_turn: bool,
}

thread_local! {
    static ON_REAL_THREADS: RefCell<Option<Current>> = const { RefCell::new(None) };
}

/// The set that the current task is in.
static CURRENT: thread::LocalKey<RefCell<Option<Current>>> =
    thread::LocalKey::new(&ON_REAL_THREADS, || RefCell::new(None));

/// While it lives, the task is in a set.
struct Inside(Option<Current>);

impl Drop for Inside {
    fn drop(&mut self) {
        let before = self.0.take();
        drop(CURRENT.with(|current| current.replace(before)));
    }
}

impl Shared {
    fn take_turn(&self) {
        self.turn
            .call("turn", Class::Acquire, || (), |name, ()| format!("turn of {name}"));
    }

    fn give_turn(&self) {
        self.turn.call(
            "give way",
            Class::Release,
            || (),
            |name, ()| format!("turn of {name} is over"),
        );
    }

    /// Whether its execution runs still.
    fn is_live(&self) -> bool {
        self.turn.is_live() && !is_over()
    }

    /// Whether the current task has the turn.
    fn has_turn(self: &Rc<Self>) -> bool {
        let is_this = |current: &Current| current.has_turn && Rc::ptr_eq(&current.set, self);
        CURRENT.with(|current| current.borrow().as_ref().is_some_and(is_this))
    }

    /// Makes this set the one the current task is in. It has the turn if it had it already, or has just taken it.
    fn enter(self: &Rc<Self>, has_turn: bool) -> Inside {
        let inside = Current {
            set: Rc::clone(self),
            has_turn: has_turn || self.has_turn(),
        };
        Inside(CURRENT.with(|current| current.replace(Some(inside))))
    }

    /// A task has finished: whoever waits for the last one is to be woken.
    fn finished(&self, number: u64) -> Option<Waker> {
        let mut tasks = self.tasks.borrow_mut();
        let gone = tasks.running.remove(&number);
        let waits = match tasks.running.is_empty() {
            true => tasks.waits.take(),
            false => None,
        };
        drop(tasks);
        drop(gone);
        waits
    }

    #[track_caller]
    fn spawn<F>(self: &Rc<Self>, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        let result = Slot::empty();
        let future = Rc::new(RefCell::new(Some(Box::pin(future))));
        let theirs = Rc::clone(&future);
        let cancel = Box::new(move || {
            let future = theirs.take();
            drop(future);
        });
        let number = {
            let mut tasks = self.tasks.borrow_mut();
            let number = tasks.next;
            tasks.next += 1;
            tasks.running.insert(number, Running { cancel, waker: None });
            number
        };
        let work = LocalWork {
            shared: Rc::clone(self),
            number,
            future,
            value: None,
            result: result.clone(),
        };
        JoinHandle::new(RawTask::spawn_local(None, Box::pin(work)), result)
    }
}

/// A task of a set.
struct LocalWork<F: Future> {
    shared: Rc<Shared>,
    number: u64,
    /// Gone once it has finished, or the set was dropped.
    future: Rc<RefCell<Option<Pin<Box<F>>>>>,
    value: Option<F::Output>,
    result: Slot<F::Output>,
}

// Nothing is pinned but what the box holds.
impl<F: Future> Unpin for LocalWork<F> {}

/// The turn of a task, which is over when this is dropped, whether the task goes on, finishes or panics.
struct Turn {
    shared: Rc<Shared>,
    number: u64,
    goes_on: bool,
    inside: Option<Inside>,
}

impl Turn {
    fn of(shared: &Rc<Shared>, number: u64) -> Self {
        shared.take_turn();
        Turn {
            shared: Rc::clone(shared),
            number,
            goes_on: false,
            inside: Some(shared.enter(true)),
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        drop(self.inside.take());
        let waits = match self.goes_on {
            true => None,
            false => self.shared.finished(self.number),
        };
        if !self.shared.is_live() {
            return;
        }
        // Unless it has just dropped the last driver.
        if self.shared.is_given.get() {
            self.shared.give_turn();
        }
        if let Some(waker) = waits {
            waker.wake();
        }
    }
}

impl<F: Future> Job for LocalWork<F> {
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        polled_with(cx);
        let mut turn = Turn::of(&self.shared, self.number);
        // Taken out, so that nobody finds it borrowed: the future may drop the set.
        let Some(mut future) = self.future.take() else {
            return Poll::Ready(());
        };
        if let Poll::Ready(value) = future.as_mut().poll(cx) {
            self.value = Some(value);
            return Poll::Ready(());
        }
        let mut tasks = self.shared.tasks.borrow_mut();
        let Some(running) = tasks.running.get_mut(&self.number) else {
            // The set is gone.
            drop(tasks);
            return Poll::Ready(());
        };
        let before = running.waker.replace(cx.waker().clone());
        drop(tasks);
        drop(before);
        self.future.replace(Some(future));
        turn.goes_on = true;
        Poll::Pending
    }

    fn finish(mut self: Pin<&mut Self>) {
        if let Some(value) = self.value.take() {
            self.result.put(value);
        }
    }

    fn returns_nothing(&self) -> bool {
        // Each poll is seen: it takes the turn.
        false
    }
}

impl<F: Future> Drop for LocalWork<F> {
    /// One that was aborted is dropped when it has the turn.
    fn drop(&mut self) {
        if self.future.borrow().is_some() && self.shared.is_live() {
            let _turn = Turn::of(&self.shared, self.number);
            let future = self.future.take();
            drop(future);
        }
    }
}

impl LocalSet {
    /// A set without tasks.
    #[track_caller]
    pub fn new() -> Self {
        let shared = Shared {
            turn: Object::new("LocalSet"),
            drivers: Cell::new(0),
            is_given: Cell::new(false),
            tasks: RefCell::default(),
        };
        // Nobody drives it yet.
        shared.take_turn();
        LocalSet {
            native: is_native().then(tokio::task::LocalSet::new),
            shared: Rc::new(shared),
            drives: None,
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.shared.turn.set_name(name);
        self
    }

    /// Starts a task, which is polled as long as the set is driven.
    #[track_caller]
    pub fn spawn_local<F>(&self, future: F) -> JoinHandle<F::Output>
    where
        F: Future + 'static,
        F::Output: 'static,
    {
        match &self.native {
            Some(native) => {
                let _inside = native.enter();
                spawn_native(future)
            }
            None => self.shared.spawn(future),
        }
    }

    /// Drives the set until `future` is done.
    pub async fn run_until<F: Future>(&self, future: F) -> F::Output {
        match &self.native {
            Some(native) => native.run_until(future).await,
            None => {
                let mut future = pin!(future);
                let mut drives = Drives::new(&self.shared);
                std::future::poll_fn(|cx| drives.poll(|| future.as_mut().poll(cx))).await
            }
        }
    }

    /// Drives the set on the current thread until `future` is done.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn block_on<F: Future>(&self, runtime: &Runtime, future: F) -> F::Output {
        match (&self.native, runtime.native()) {
            (Some(native), Some(runtime)) => native.block_on(runtime, future),
            _ => runtime.block_on(self.run_until(future)),
        }
    }

    /// Makes this set the one that [`spawn_local`] starts tasks on, until the guard is dropped.
    pub fn enter(&self) -> LocalEnterGuard {
        LocalEnterGuard {
            _native: self.native.as_ref().map(tokio::task::LocalSet::enter),
            _inside: self.shared.enter(false),
        }
    }
}

/// Drives a set: has the turn while it is polled, and leaves it to the tasks while it is pending.
struct Drives {
    shared: Rc<Shared>,
    pending: bool,
}

impl Drives {
    fn new(shared: &Rc<Shared>) -> Self {
        Drives {
            shared: Rc::clone(shared),
            pending: false,
        }
    }

    fn poll<T>(&mut self, poll: impl FnOnce() -> Poll<T>) -> Poll<T> {
        let shared = Rc::clone(&self.shared);
        // If not, something that has the turn polls this.
        let outermost = !shared.has_turn();
        if outermost && shared.is_given.get() {
            shared.take_turn();
            // Not before: a task that had it has given it back because of this.
            shared.is_given.set(false);
        }
        self.pending_is(false);
        let polled = {
            let _inside = shared.enter(true);
            poll()
        };
        self.pending_is(polled.is_pending());
        if outermost && shared.drivers.get() > 0 {
            shared.is_given.set(true);
            shared.give_turn();
        }
        polled
    }

    fn pending_is(&mut self, pending: bool) {
        let drivers = &self.shared.drivers;
        drivers.set(drivers.get() + usize::from(pending) - usize::from(self.pending));
        self.pending = pending;
    }
}

impl Drop for Drives {
    /// One driver fewer.
    fn drop(&mut self) {
        self.pending_is(false);
        let shared = &self.shared;
        if shared.drivers.get() == 0 && shared.is_given.get() && shared.is_live() {
            if !shared.has_turn() {
                shared.take_turn();
            }
            shared.is_given.set(false);
        }
    }
}

impl Future for LocalSet {
    type Output = ();

    /// Drives the set until all its tasks have finished.
    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let this = &mut *self;
        if let Some(native) = &mut this.native {
            return Pin::new(native).poll(cx);
        }
        polled_with(cx);
        let shared = &this.shared;
        let drives = this.drives.get_or_insert_with(|| Drives::new(shared));
        let polled = drives.poll(|| {
            let mut tasks = shared.tasks.borrow_mut();
            let done = tasks.running.is_empty();
            let before = match done {
                true => tasks.waits.take(),
                false => tasks.waits.replace(cx.waker().clone()),
            };
            drop(tasks);
            drop(before);
            match done {
                true => Poll::Ready(()),
                false => Poll::Pending,
            }
        });
        if polled.is_ready() {
            this.drives = None;
        }
        polled
    }
}

impl Drop for LocalSet {
    /// The futures of all tasks are dropped, and their results never come.
    fn drop(&mut self) {
        self.drives = None;
        let shared = &self.shared;
        if self.native.is_some() || !shared.is_live() {
            return;
        }
        let has_turn = shared.has_turn();
        let inside = shared.enter(true);
        loop {
            let mut tasks = shared.tasks.borrow_mut();
            let Some((_, running)) = tasks.running.pop_first() else {
                break;
            };
            drop(tasks);
            (running.cancel)();
            if let Some(waker) = running.waker {
                waker.wake();
            }
        }
        drop(inside);
        // For good: whichever task comes now finds that it has no future.
        shared.is_given.set(true);
        if !has_turn {
            shared.give_turn();
        }
    }
}

impl Default for LocalSet {
    #[track_caller]
    fn default() -> Self {
        LocalSet::new()
    }
}

impl fmt::Debug for LocalSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalSet").finish_non_exhaustive()
    }
}

/// While it lives, [`spawn_local`] starts tasks on a set; made by [`LocalSet::enter`].
#[must_use = "dropping it leaves the set"]
pub struct LocalEnterGuard {
    _native: Option<tokio::task::LocalEnterGuard>,
    _inside: Inside,
}

impl fmt::Debug for LocalEnterGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalEnterGuard").finish_non_exhaustive()
    }
}

/// Starts a task on the [`LocalSet`] that the caller is in.
///
/// # Panics
/// Outside of one.
#[track_caller]
pub fn spawn_local<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    if is_native() {
        return spawn_native(future);
    }
    let current = CURRENT.with(|current| current.borrow().clone());
    let current = current.map(|current| current.set);
    current
        .expect("`spawn_local` called from outside of a `task::LocalSet`")
        .spawn(future)
}

/// Starts a task on the set of tokio's that the caller is in.
#[track_caller]
fn spawn_native<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future + 'static,
    F::Output: 'static,
{
    let (work, result) = Work::new(future);
    JoinHandle::new(any::AsyncTask::spawn_local(None, Box::pin(work)), result)
}
