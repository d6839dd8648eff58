//! [`OnceLock`], as in `std::sync`: a value next to the initialization that writes it.

use std::cell::UnsafeCell;
use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any;
use crate::raw::{OnceWords, RawOnce};

/// A value that is written once and then only read.
///
/// ```
/// use selvedge::sync::{Arc, OnceLock};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let config = Arc::new(OnceLock::new());
///     let other = Arc::clone(&config);
///     let task = thread::spawn(move || *other.get_or_init(|| 1));
///     let here = *config.get_or_init(|| 2);
///     assert_eq!(here, task.join().unwrap());
/// });
/// ```
pub struct OnceLock<T> {
    once: any::Lazy<any::Once>,
    /// Written while `once` runs, shared once it is done.
    value: UnsafeCell<Option<T>>,
}

// SAFETY: the value is written by the one call of `once` that runs and read only after it is done; it
// may be dropped by another task than wrote it, hence `T: Send`.
unsafe impl<T: Send> Send for OnceLock<T> {}
// SAFETY: as above, and all tasks share `&T`, hence `T: Sync`.
unsafe impl<T: Send + Sync> Sync for OnceLock<T> {}

const GET_OR_INIT: OnceWords = OnceWords {
    call: "get_or_init",
    finish: "initialized",
    look: "get",
    wait: "wait",
};
const SET: OnceWords = OnceWords {
    call: "set",
    finish: "initialized",
    look: "get",
    wait: "wait",
};

impl<T> OnceLock<T> {
    /// An empty cell.
    #[track_caller]
    pub const fn new() -> Self {
        OnceLock {
            once: any::Lazy::new("OnceLock"),
            value: UnsafeCell::new(None),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.once.set_name(name);
        self
    }

    /// The value, if there is one already.
    #[track_caller]
    pub fn get(&self) -> Option<&T> {
        let here = self.here();
        if here.once.look(GET_OR_INIT) {
            here.value()
        } else {
            None
        }
    }

    /// The value. No operation: nobody else can reach the cell.
    pub fn get_mut(&mut self) -> Option<&mut T> {
        self.value.get_mut().as_mut()
    }

    /// Writes the value; waits if somebody else is just writing one.
    ///
    /// # Errors
    /// `value`, when there is one already.
    #[track_caller]
    pub fn set(&self, value: T) -> Result<(), T> {
        let mut value = Some(value);
        let here = self.here();
        here.once.call(SET, true, |_| here.write(value.take()));
        value.map_or(Ok(()), Err)
    }

    /// The value; `f` makes it if there is none. Only one call's `f` runs, the others wait for it. When
    /// it panics, the cell stays empty and the next call tries again.
    ///
    /// A recursive call deadlocks.
    #[track_caller]
    pub fn get_or_init<F: FnOnce() -> T>(&self, f: F) -> &T {
        let here = self.here();
        here.once.call(GET_OR_INIT, true, |_| here.write(Some(f())));
        here.value()
            .expect("a call that returns has found or written the value")
    }

    /// Waits for the value. It makes none itself: if nobody ever does, that is a deadlock.
    #[track_caller]
    pub fn wait(&self) -> &T {
        let here = self.here();
        here.once.wait(GET_OR_INIT, true);
        here.value()
            .expect("somebody waits for a value that nobody will make any more")
    }

    /// The value, out of the cell.
    pub fn into_inner(self) -> Option<T> {
        self.value.into_inner()
    }

    /// Takes the value out; the cell is empty again.
    pub fn take(&mut self) -> Option<T> {
        self.once.reset();
        self.value.get_mut().take()
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.once)
    }

    fn write(&self, value: Option<T>) {
        // SAFETY: only the call of `once` that runs comes here, and nobody reads before it is done.
        unsafe { *self.value.get() = value };
    }

    fn value(&self) -> Option<&T> {
        // SAFETY: `once` is done, so nobody writes until the cell is borrowed mutably.
        unsafe { &*self.value.get() }.as_ref()
    }
}

impl<T> Default for OnceLock<T> {
    #[track_caller]
    fn default() -> Self {
        OnceLock::new()
    }
}

impl<T> From<T> for OnceLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        let cell = OnceLock::new();
        let _ = cell.set(value);
        cell
    }
}

impl<T: Clone> Clone for OnceLock<T> {
    /// A cell with what this one holds now.
    #[track_caller]
    fn clone(&self) -> Self {
        match self.get() {
            Some(value) => OnceLock::from(value.clone()),
            None => OnceLock::new(),
        }
    }
}

impl<T: PartialEq> PartialEq for OnceLock<T> {
    #[track_caller]
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl<T: Eq> Eq for OnceLock<T> {}

impl<T: UnwindSafe> UnwindSafe for OnceLock<T> {}
impl<T: RefUnwindSafe + UnwindSafe> RefUnwindSafe for OnceLock<T> {}

impl<T> fmt::Debug for OnceLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("OnceLock").finish_non_exhaustive()
    }
}
