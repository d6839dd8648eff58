//! Which engine runs on this OS thread.

use std::cell::Cell;
use std::sync::Arc;

/// The program under test: runs once and returns its outcome.
pub(crate) type Program = Arc<dyn Fn() -> String + Send + Sync>;

/// Which engine runs on this OS thread.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Engine {
    Native,
    Controlled,
    #[cfg(feature = "loom")]
    Loom,
}

thread_local! {
    static ENGINE: Cell<Engine> = const { Cell::new(Engine::Native) };
}

/// Which engine runs on this OS thread.
pub(crate) fn current() -> Engine {
    ENGINE.get()
}

/// Makes `engine` the engine of this OS thread until the guard is dropped.
pub(crate) fn enter_engine(engine: Engine) -> impl Drop {
    struct Restore(Engine);
    impl Drop for Restore {
        fn drop(&mut self) {
            ENGINE.set(self.0);
        }
    }
    Restore(ENGINE.replace(engine))
}

/// What to tell the owner of an object that outlived its execution.
pub(crate) const FOREIGN: &str = "this object was created outside the execution that uses it: create it inside the \
     checked closure, so that every execution starts afresh";

/// What to tell a thread that no execution knows.
pub(crate) const ELSEWHERE: &str = "this object belongs to a controlled execution, and was used outside of it: on a thread that selvedge does not \
     know (start threads with selvedge::thread::spawn), or after the execution was over";

/// Panics when a native object is used by a controlled execution: it could block for real.
#[track_caller]
pub(crate) fn assert_native() {
    assert!(current() == Engine::Native, "{FOREIGN}");
}
