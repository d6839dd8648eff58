//! [`UnsafeCell`]: memory that only the program's own synchronization protects.
//!
//! It has loom's shape, closures instead of a raw pointer, so that an access has a beginning and an end.
//! Under the controlled engine an access is no scheduling point. Each is compared with the earlier
//! accesses of other tasks: if one of the two writes and nothing in the *declared* orderings puts one
//! before the other, the execution ends as a data race, whichever of them came first in it.

use std::fmt;

use crate::engine::any;
use crate::raw::RawCell;

/// A value that can be changed through a shared reference, with nothing to stop two tasks from doing so.
///
/// ```
/// use selvedge::cell::UnsafeCell;
///
/// let cell = UnsafeCell::new(1);
/// // SAFETY: this is the only task.
/// cell.with_mut(|value| unsafe { *value += 1 });
/// // SAFETY: as above.
/// assert_eq!(cell.with(|value| unsafe { *value }), 2);
/// ```
pub struct UnsafeCell<T: ?Sized> {
    raw: any::Cell,
    value: std::cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell. The first one of a check starts the search again, with race detection.
    ///
    /// No `const fn`: in a static, memory would keep what the execution before has left in it. A
    /// [`LazyLock`](crate::sync::LazyLock) makes a new one in each.
    #[track_caller]
    pub fn new(value: T) -> Self {
        UnsafeCell::part_of("UnsafeCell", value)
    }

    /// A cell that a type of another crate is made of: `kind` is what it is called, with the place of the caller.
    #[doc(hidden)]
    #[track_caller]
    pub fn part_of(kind: &'static str, value: T) -> Self {
        UnsafeCell {
            raw: RawCell::new(kind),
            value: std::cell::UnsafeCell::new(value),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }

    /// The value, out of the cell.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads: `f` may only read through the pointer, and must not keep it.
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.raw.access(false, || f(self.value.get()))
    }

    /// An access that reads and belongs to another operation, which has a row of its own.
    #[doc(hidden)]
    #[track_caller]
    pub fn read_untold(&self) {
        self.raw.read_untold();
    }

    /// Writes: `f` may read and write through the pointer, and must not keep it.
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.raw.access(true, || f(self.value.get()))
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> Self {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        UnsafeCell::new(value)
    }
}

impl<T> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}
