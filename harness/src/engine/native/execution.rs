//! The native engine: the program on real OS threads, over and over, for comparison.
//!
//! Nothing is controlled here, so nothing is proved either: a run counts how often the program fails
//! under the schedules the operating system happens to choose. An execution ends when every thread of
//! the program has, or when nothing comes back for a while: that counts as a deadlock, and the threads
//! are left behind, because an OS thread cannot be stopped from outside.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::ThreadId;
use std::time::Duration;

use super::statics::Statics;
use crate::engine::copy::at;
use crate::engine::current::Program;
use crate::engine::{overflow, panics};
use crate::kernel::FailureKind;
use crate::raw::Body;

thread_local! {
    /// The execution this OS thread belongs to.
    static EXECUTION: RefCell<Option<Arc<Execution>>> = const { RefCell::new(None) };
    /// The scope of this thread reports its panic.
    static TOLD: Cell<bool> = const { Cell::new(false) };
}

/// One execution, shared by its threads.
#[derive(Default)]
struct Execution {
    state: Mutex<State>,
    changed: Condvar,
    statics: Mutex<Statics>,
}

#[derive(Default)]
struct State {
    /// Threads that have not ended.
    running: usize,
    /// Panics nobody has joined, in the order they happened.
    panics: Vec<(ThreadId, String)>,
    /// A panic that would have aborted the process; its thread never ends.
    aborted: Option<String>,
    outcome: Option<String>,
}

impl Execution {
    fn state(&self) -> MutexGuard<'_, State> {
        // Whatever happened, the counts are right: each is changed in one step.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs `f` as a thread of this execution. The caller has counted it as running.
    fn enter<T>(self: &Arc<Self>, f: impl FnOnce() -> T) -> T {
        let _quiet = panics::capture();
        let execution = Arc::clone(self);
        let name = std::thread::current()
            .name()
            .map_or_else(|| "a thread".to_owned(), str::to_owned);
        overflow::watch(Arc::new(move |abort| {
            execution.state().aborted = Some(abort.story(&name));
            execution.changed.notify_all();
        }));
        EXECUTION.set(Some(Arc::clone(self)));
        let result = catch_unwind(AssertUnwindSafe(f));
        if result.is_err() && !TOLD.get() {
            let message = panics::take_message().unwrap_or_default();
            let name = std::thread::current()
                .name()
                .map_or_else(|| "a thread".to_owned(), str::to_owned);
            self.state()
                .panics
                .push((std::thread::current().id(), format!("{name} panicked: {message}")));
        }
        result.unwrap_or_else(|payload| resume_unwind(payload))
    }

    fn ended(&self) {
        self.state().running -= 1;
        self.changed.notify_all();
    }
}

/// What the execution that this OS thread belongs to has in place of a static. Nothing if the object is none, or if there is no
/// such execution: then the static is one.
///
/// # Safety
/// Nobody has used the object but through copies, if it is a static: it is as its constant expression has made it.
pub(crate) unsafe fn afresh<T: ?Sized>(object: &T) -> Option<&T> {
    let execution = EXECUTION
        .try_with(|execution| execution.borrow().clone())
        .ok()
        .flatten()?;
    let mut statics = execution.statics.lock().unwrap_or_else(PoisonError::into_inner);
    // SAFETY: the caller's promise.
    let copy = unsafe { statics.copy_of(object) }?;
    // It lives as long as the execution, whose threads alone get a reference to it here.
    Some(at(object, copy))
}

/// Makes a thread of the program under test inherit what the run has set up on this OS thread.
pub(super) fn inherit(body: Body) -> Body {
    match EXECUTION.with_borrow(Clone::clone).map(Running::new) {
        Some(running) => Box::new(move || running.0.enter(body)),
        None => body,
    }
}

/// The execution that an OS thread belongs to, for a task that others run.
pub(super) struct Membership(Option<Arc<Execution>>);

#[cfg_attr(not(feature = "tokio"), expect(dead_code, reason = "there are no tasks"))]
impl Membership {
    /// That of this OS thread.
    pub(super) fn here() -> Self {
        Membership(EXECUTION.with_borrow(Clone::clone))
    }

    /// What `f` gives where this OS thread belongs to the execution.
    pub(super) fn within<R>(&self, f: impl FnOnce() -> R) -> R {
        struct Before(Option<Arc<Execution>>);
        impl Drop for Before {
            fn drop(&mut self) {
                EXECUTION.set(self.0.take());
            }
        }
        let _before = Before(EXECUTION.replace(self.0.clone()));
        f()
    }
}

/// A thread that runs; counted from its spawn on, so that an execution cannot end before it starts.
struct Running(Arc<Execution>);

impl Running {
    fn new(execution: Arc<Execution>) -> Self {
        execution.state().running += 1;
        Running(execution)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.0.ended();
    }
}

/// Somebody has seen the panic of `thread`: it is no failure of the program any more.
pub(super) fn joined(thread: ThreadId) {
    EXECUTION.with_borrow(|execution| {
        if let Some(execution) = execution {
            execution.state().panics.retain(|(id, _)| *id != thread);
        }
    });
}

/// The panic of this thread is raised again by the scope it belongs to.
pub(super) fn told_by_scope() {
    TOLD.set(true);
}

/// How one execution ended.
pub(crate) enum Ended {
    Well(String),
    Badly(FailureKind, String),
}

pub(crate) fn execute(program: &Program, patience: Duration) -> Result<(Ended, bool), std::io::Error> {
    let execution = Arc::new(Execution::default());
    let main = Running::new(Arc::clone(&execution));
    let program = Arc::clone(program);
    std::thread::Builder::new().name("main".to_owned()).spawn(move || {
        let outcome = catch_unwind(AssertUnwindSafe(|| main.0.enter(|| program())));
        main.0.state().outcome = outcome.ok();
        EXECUTION.set(None);
    })?;
    let state = execution.state();
    let (mut state, timeout) = execution
        .changed
        .wait_timeout_while(state, patience, |s| s.running > 0 && s.aborted.is_none())
        .unwrap_or_else(PoisonError::into_inner);
    let first = state.panics.first().map(|(_, message)| message.clone());
    let hangs = timeout.timed_out() && state.running > 0;
    let ended = if let Some(story) = state.aborted.take() {
        Ended::Badly(FailureKind::Panic, story)
    } else if let Some(message) = first {
        Ended::Badly(FailureKind::Panic, message)
    } else if hangs {
        let n = state.running;
        let threads = if n == 1 {
            "1 thread has".to_owned()
        } else {
            format!("{n} threads have")
        };
        let message =
            format!("{threads} not ended after {patience:?} and are left behind: a deadlock, or an endless loop");
        Ended::Badly(FailureKind::Deadlock, message)
    } else {
        Ended::Well(state.outcome.take().unwrap_or_default())
    };
    Ok((ended, hangs))
}
