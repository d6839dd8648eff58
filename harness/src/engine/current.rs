//! Which engine runs on this OS thread.

use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use crate::trace::relative;

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

/// Where threads that no execution knows have used objects of one, by the number of the execution.
static STRAYS: Mutex<Vec<(u64, String)>> = Mutex::new(Vec::new());

/// Whether there is anything in that list, which every execution asks.
static ANY_STRAYS: AtomicBool = AtomicBool::new(false);

/// Uses that are kept: those that nobody asks for any more are of no use.
const MOST_STRAYS: usize = 100;

/// Panics on a thread that no execution knows, and remembers it for the execution whose object it uses.
#[track_caller]
pub(crate) fn strays(epoch: u64) -> ! {
    let mut strays = STRAYS.lock().unwrap_or_else(PoisonError::into_inner);
    if strays.len() == MOST_STRAYS {
        strays.remove(0);
    }
    strays.push((epoch, relative(Location::caller())));
    drop(strays);
    // Ordering: Release; pairs with the Acquire in `strayed`.
    ANY_STRAYS.store(true, Ordering::Release);
    panic!("{ELSEWHERE}")
}

/// Where a thread that the execution with this number does not know has used one of its objects.
pub(crate) fn strayed(epoch: u64) -> Option<String> {
    if !ANY_STRAYS.load(Ordering::Acquire) {
        return None;
    }
    let strays = STRAYS.lock().unwrap_or_else(PoisonError::into_inner);
    strays
        .iter()
        .find(|(of, _)| *of == epoch)
        .map(|(_, place)| place.clone())
}

/// Panics when a native object is used by a controlled execution: it could block for real.
#[track_caller]
pub(crate) fn assert_native() {
    assert!(current() == Engine::Native, "{FOREIGN}");
}
