//! [`RwLock`], as in `parking_lot`, without upgradable reads.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, TryLockError, TryLockResult};

use super::mapped::{self, MappedRwLockReadGuard, MappedRwLockWriteGuard};
use crate::sync;

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
pub struct RwLock<T: ?Sized>(sync::RwLock<T>);

/// Shared access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockReadGuard<'a, T: ?Sized>(sync::RwLockReadGuard<'a, T>);

/// Exclusive access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized>(sync::RwLockWriteGuard<'a, T>);

fn attempt<G>(result: TryLockResult<G>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poison)) => Some(poison.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock(sync::RwLock::new(value))
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
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes a share of it.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        RwLockReadGuard(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes a share of the lock if no writer holds it.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        attempt(self.0.try_read()).map(RwLockReadGuard)
    }

    /// Waits until nobody holds the lock and takes it.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        RwLockWriteGuard(self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes the lock if nobody holds it.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        attempt(self.0.try_write()).map(RwLockWriteGuard)
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRwLockReadGuard<'a, U> {
        mapped::part(guard.0, part)
    }

    /// Unlocks: who is next is open in any case.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedRwLockWriteGuard<'a, U> {
        mapped::part_mut(guard.0, part)
    }

    /// Lets readers in and goes on as one of them: no writer comes in between. loom cannot do that.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard(sync::RwLockWriteGuard::downgrade(guard.0))
    }

    /// Unlocks: who is next is open in any case.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
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

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
