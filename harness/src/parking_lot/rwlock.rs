//! [`RwLock`], as in `parking_lot`, without upgradable reads.

use std::fmt;

use crate::sync::nonpoison::{self, RwLockReadGuard, RwLockWriteGuard};

/// A lock that many readers or one writer hold, and that no panic poisons.
///
/// ```
/// use selvedge::parking_lot::{RwLock, RwLockWriteGuard};
///
/// let config = RwLock::new(1).named("config");
/// let mut write = config.write();
/// *write += 1;
/// let read = RwLockWriteGuard::downgrade(write);
/// assert_eq!(*read + *config.read(), 4);
/// ```
pub struct RwLock<T: ?Sized>(nonpoison::RwLock<T>);

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock(nonpoison::RwLock::new(value))
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        RwLock(self.0.named(name))
    }

    /// Shows the protected value in a column of its own, next to the name, whenever a writer unlocks.
    pub fn showing(self, show: fn(&T) -> String) -> Self {
        RwLock(self.0.showing(show))
    }

    /// The value, out of the lock.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes a share of it.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.0.read()
    }

    /// Takes a share of the lock if no writer holds it.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.0.try_read().ok()
    }

    /// Waits until nobody holds the lock and takes it.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.0.write()
    }

    /// Takes the lock if nobody holds it.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.0.try_write().ok()
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }
}

impl<T: ?Sized> RwLockReadGuard<'_, T> {
    /// Unlocks: who is next is open in any case.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<T: ?Sized> RwLockWriteGuard<'_, T> {
    /// Unlocks: who is next is open in any case.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> From<T> for RwLock<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        RwLock::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}
