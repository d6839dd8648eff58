//! One panic hook for the whole process, so that a run prints nothing but what we print.
//!
//! A panic of the program under test is a finding. The hook keeps its message for the report instead
//! of printing it, on OS threads that run such a program; everywhere else the hook that was installed
//! before goes on as before. shuttle-engine installs a hook of its own on its first execution, once,
//! and prints from it; so we let it do that first, with nothing at stake, and then put ours in place.

use std::cell::{Cell, RefCell};
use std::panic::PanicHookInfo;
use std::rc::Rc;
use std::sync::Once;

use shuttle_engine::Config;
use shuttle_engine::runtime::execution::Execution;
use shuttle_engine::runtime::thread::continuation::{CONTINUATION_POOL, ContinuationPool};
use shuttle_engine::scheduler::{Schedule, Scheduler, Task, TaskId};

thread_local! {
    static CAPTURING: Cell<bool> = const { Cell::new(false) };
    static LAST: RefCell<Option<String>> = const { RefCell::new(None) };
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
        drop(std::panic::take_hook());
        std::panic::set_hook(Box::new(move |info| {
            if CAPTURING.get() {
                LAST.set(Some(describe(info)));
            } else {
                original(info);
            }
        }));
    });
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    info.payload_as_str().unwrap_or("a panic whose payload is not a string").to_owned()
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
