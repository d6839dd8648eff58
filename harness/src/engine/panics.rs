//! One panic hook for the whole process, so that a run prints nothing but what we print.
//!
//! A panic of the program under test is a finding. The hook keeps its message for the report instead
//! of printing it, on OS threads that run such a program; everywhere else the hook that was installed
//! before goes on as before. shuttle-engine and loom's generators install hooks of their own on their
//! first execution, once; so we let them do that first, with nothing at stake, and then put ours in
//! place.
//!
//! A panic in a destructor while its task unwinds aborts the process, and the hook is the last code
//! that runs before. So there the hook tells the run ([`on_abort`]) and keeps the OS thread for ever:
//! the run is given up, and the process lives.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::rc::Rc;
use std::sync::Once;

use shuttle_engine::Config;
use shuttle_engine::runtime::execution::Execution;
use shuttle_engine::runtime::thread::continuation::{CONTINUATION_POOL, ContinuationPool};
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};

/// How the story of a panic begins that std answers by aborting.
pub(crate) const ABORTS: &str = "a destructor panicked while its task was unwinding, which aborts a process";

/// Told when the process would abort, with the message of the panic in the destructor.
type OnAbort = Box<dyn FnOnce(String)>;

/// Panics inside loom's runtime, after its search has broken, that one OS thread may catch.
const BROKEN_LOOM_PANICS: u32 = 100;

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
    static ON_ABORT: RefCell<Option<OnAbort>> = const { RefCell::new(None) };
    static IN_LOOM: RefCell<Option<String>> = const { RefCell::new(None) };
    static IN_LOOM_COUNT: Cell<u32> = const { Cell::new(0) };
}

/// Keeps the messages of panics on this OS thread from being printed until the guard is dropped.
pub(crate) fn capture() -> impl Drop {
    install();
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            CAPTURING.set(self.0);
        }
    }
    Restore(CAPTURING.replace(true))
}

/// The message of the last panic on this OS thread, with where it happened.
pub(crate) fn take_message() -> Option<String> {
    LAST.take()
}

/// Calls `handler` instead of letting the process abort because of a panic on this OS thread. The
/// thread never goes on after that.
pub(crate) fn on_abort(handler: impl FnOnce(String) + 'static) {
    ON_ABORT.set(Some(Box::new(handler)));
}

/// The first panic that loom's runtime raised on this OS thread since the last call: a deadlock, a
/// data race, a limit. What the program makes of the panic does not matter, loom cannot go on.
pub(crate) fn take_loom_message() -> Option<String> {
    IN_LOOM_COUNT.set(0);
    IN_LOOM.take()
}

/// Whether loom's runtime has raised a panic on this OS thread.
pub(crate) fn loom_is_broken() -> bool {
    IN_LOOM_COUNT.get() > 0
}

fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let original = std::panic::take_hook();
        let mut config = Config::new();
        config.failure_persistence = shuttle_engine::FailurePersistence::None;
        CONTINUATION_POOL.set(&ContinuationPool::new(), || {
            Execution::new(Rc::new(RefCell::new(First)), Schedule::new(0)).run(
                &config,
                || (),
                std::panic::Location::caller(),
            );
        });
        super::loom::first_execution();
        drop(std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| {
            if CAPTURING.get() {
                keep(info);
            } else {
                original(info);
            }
        }));
    });
}

fn keep(info: &PanicHookInfo<'_>) {
    let message = info
        .payload_as_str()
        .unwrap_or("a panic whose payload is not a string")
        .to_owned();
    // The two panics after which std aborts; there is no other way to ask on stable Rust.
    let aborts = matches!(
        message.as_str(),
        "panic in a destructor during cleanup" | "panic in a function that cannot unwind"
    );
    let broken = in_loom(info);
    if broken {
        IN_LOOM_COUNT.set(IN_LOOM_COUNT.get() + 1);
        IN_LOOM.with_borrow_mut(|first| {
            first.get_or_insert_with(|| message.clone());
        });
    }
    if aborts || IN_LOOM_COUNT.get() > BROKEN_LOOM_PANICS {
        give_up();
    }
    LAST.set(Some(message));
}

/// Whether a panic comes from the inside of loom.
fn in_loom(info: &PanicHookInfo<'_>) -> bool {
    info.location().is_some_and(|at| {
        let file = at.file().replace('\\', "/");
        file.contains("loom") && file.contains("/src/rt/")
    })
}

/// Tells the run, if there is one that listens, and never returns then.
fn give_up() {
    if let Some(tell) = ON_ABORT.take() {
        // The last message is the one of the destructor.
        tell(LAST.take().unwrap_or_default());
        loop {
            std::thread::park();
        }
    }
}

/// Runs the first task there is.
struct First;

impl Scheduler for First {
    fn new_execution(&mut self) -> Option<Schedule> {
        None
    }

    fn next_task(&mut self, runnable: &[&Task], _: Option<TaskId>, _: bool) -> Option<TaskId> {
        runnable.first().map(|task| task.id())
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}
