//! [`LazyLock`], as in `std::sync`: a value and the closure that makes it, next to the initialization that runs it.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any;
use crate::raw::{OnceWords, RawOnce};

/// A value that is made when it is first used. A static is made anew in each execution.
///
/// When the closure panics, the value is poisoned: every later use panics, too.
///
/// ```
/// use selvedge::sync::LazyLock;
/// use selvedge::thread;
///
/// static TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| (0..3).collect());
///
/// selvedge::check(|| {
///     let other = thread::spawn(|| TABLE.len());
///     assert_eq!(TABLE.len(), other.join().unwrap());
/// });
/// ```
pub struct LazyLock<T, F = fn() -> T> {
    once: any::Lazy<any::Once>,
    /// Somebody made the value who had the whole to himself, so there is nothing to wait for.
    alone: bool,
    /// Changed while `once` runs, shared once it is done.
    state: UnsafeCell<State<T, F>>,
}

enum State<T, F> {
    Unmade(F),
    Made(T),
    /// The closure runs, or has panicked.
    Empty,
}

// SAFETY: the value is written, and the closure taken, by the one call of `once` that runs, and read only after it is done; either
// may be dropped by another task than made it, hence `Send`.
unsafe impl<T: Send, F: Send> Send for LazyLock<T, F> {}
// SAFETY: as above, and all tasks share `&T`, hence `T: Sync`.
unsafe impl<T: Send + Sync, F: Send> Sync for LazyLock<T, F> {}

const WORDS: OnceWords = OnceWords {
    call: "force",
    finish: "initialized",
    look: "get",
    wait: "wait",
};

const POISONED: &str = "the LazyLock is poisoned: an earlier call panicked";

impl<T, F: FnOnce() -> T> LazyLock<T, F> {
    /// A value that `f` makes when somebody wants it.
    #[track_caller]
    pub const fn new(f: F) -> Self {
        LazyLock {
            once: any::Lazy::new("LazyLock"),
            alone: false,
            state: UnsafeCell::new(State::Unmade(f)),
        }
    }

    /// The value; made now if nobody has wanted it yet. Only one task makes it, the others wait for it.
    ///
    /// A recursive use deadlocks.
    ///
    /// # Panics
    /// When the closure panics, or has panicked before.
    #[track_caller]
    pub fn force(this: &Self) -> &T {
        let here = this.here();
        if !here.alone {
            here.once.call(WORDS, false, |_| here.make());
        }
        here.value().expect("a call that returns has found or made the value")
    }

    /// The value, to be changed; made now if nobody has wanted it yet. That is no operation: nobody else can reach it.
    ///
    /// # Panics
    /// As for [`force`](Self::force).
    pub fn force_mut(this: &mut Self) -> &mut T {
        let state = this.state.get_mut();
        if let State::Unmade(_) = state {
            let State::Unmade(f) = mem::replace(state, State::Empty) else {
                unreachable!("it has just been looked at")
            };
            *state = State::Made(f());
            this.alone = true;
        }
        match state {
            State::Made(value) => value,
            _ => panic!("{POISONED}"),
        }
    }

    fn make(&self) {
        // SAFETY: only the call of `once` that runs comes here, and nobody reads before it is done.
        let before = unsafe { mem::replace(&mut *self.state.get(), State::Empty) };
        let State::Unmade(f) = before else {
            panic!("{POISONED}");
        };
        let value = f();
        // SAFETY: as above.
        unsafe { *self.state.get() = State::Made(value) };
    }
}

impl<T, F> LazyLock<T, F> {
    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.once.set_name(name);
        self
    }

    /// The value, if it is made already.
    #[track_caller]
    pub fn get(this: &Self) -> Option<&T> {
        let here = this.here();
        if here.alone || here.once.look(WORDS) {
            here.value()
        } else {
            None
        }
    }

    /// The value, to be changed, if it is made already. No operation: nobody else can reach it.
    pub fn get_mut(this: &mut Self) -> Option<&mut T> {
        match this.state.get_mut() {
            State::Made(value) => Some(value),
            _ => None,
        }
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.once)
    }

    fn value(&self) -> Option<&T> {
        // SAFETY: `once` is done, so nobody writes until the cell is borrowed mutably.
        match unsafe { &*self.state.get() } {
            State::Made(value) => Some(value),
            _ => None,
        }
    }
}

impl<T, F: FnOnce() -> T> Deref for LazyLock<T, F> {
    type Target = T;

    #[track_caller]
    fn deref(&self) -> &T {
        LazyLock::force(self)
    }
}

impl<T, F: FnOnce() -> T> DerefMut for LazyLock<T, F> {
    fn deref_mut(&mut self) -> &mut T {
        LazyLock::force_mut(self)
    }
}

impl<T: Default> Default for LazyLock<T> {
    #[track_caller]
    fn default() -> Self {
        LazyLock::new(T::default)
    }
}

impl<T: UnwindSafe, F: UnwindSafe> UnwindSafe for LazyLock<T, F> {}
impl<T: RefUnwindSafe + UnwindSafe, F: UnwindSafe> RefUnwindSafe for LazyLock<T, F> {}

impl<T, F> fmt::Debug for LazyLock<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("LazyLock").finish_non_exhaustive()
    }
}
