//! [`Once`], as in `std::sync`.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any;
use crate::raw::{OnceWords, RawOnce};

/// Runs an initialization once, however many tasks ask for it.
///
/// ```
/// use selvedge::sync::{Arc, Once};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let once = Arc::new(Once::new());
///     let other = Arc::clone(&once);
///     let task = thread::spawn(move || other.call_once(|| ()));
///     once.call_once(|| ());
///     assert!(once.is_completed());
///     task.join().unwrap();
/// });
/// ```
pub struct Once {
    raw: any::Lazy<any::Once>,
}

/// What [`Once::call_once_force`] tells its closure.
#[derive(Debug)]
pub struct OnceState {
    poisoned: bool,
}

impl OnceState {
    /// Whether an earlier call panicked.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }
}

const WORDS: OnceWords = OnceWords {
    call: "call_once",
    finish: "finish",
    look: "is_completed",
    wait: "wait",
};

impl Once {
    /// An initialization that has not run.
    #[track_caller]
    pub const fn new() -> Self {
        Once {
            raw: any::Lazy::new("Once"),
        }
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.raw)
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }

    /// Runs `f` if no call has, and waits for a call that is running.
    ///
    /// # Panics
    /// When an earlier call panicked.
    #[track_caller]
    pub fn call_once<F: FnOnce()>(&self, f: F) {
        self.here().raw.call(WORDS, false, |_| f());
    }

    /// [`call_once`](Self::call_once) that runs `f` after a call that panicked, too.
    #[track_caller]
    pub fn call_once_force<F: FnOnce(&OnceState)>(&self, f: F) {
        self.here().raw.call(WORDS, true, |poisoned| f(&OnceState { poisoned }));
    }

    /// Waits until a call has completed. It runs nothing itself: if nobody ever calls, that is a deadlock.
    ///
    /// # Panics
    /// When a call panicked.
    #[track_caller]
    pub fn wait(&self) {
        self.here().raw.wait(WORDS, false);
    }

    /// [`wait`](Self::wait) that goes on waiting after a call that panicked.
    #[track_caller]
    pub fn wait_force(&self) {
        self.here().raw.wait(WORDS, true);
    }

    /// Whether a call has completed.
    #[track_caller]
    pub fn is_completed(&self) -> bool {
        self.here().raw.look(WORDS)
    }
}

/// An initialization that has not run.
#[deprecated(note = "use `Once::new`")]
#[expect(
    clippy::declare_interior_mutable_const,
    reason = "each use is meant to be a new one, as in std"
)]
pub const ONCE_INIT: Once = Once::new();

impl UnwindSafe for Once {}
impl RefUnwindSafe for Once {}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}

impl fmt::Debug for Once {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once").finish_non_exhaustive()
    }
}
