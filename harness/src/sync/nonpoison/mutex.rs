//! [`Mutex`], as in `std::sync::nonpoison`.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{PoisonError, TryLockError};

use super::mapped::{self, MappedMutexGuard};
use super::{TryLockResult, WouldBlock};
use crate::engine::any::Deadline;
use crate::sync;

/// A mutual exclusion lock that no panic poisons.
///
/// ```
/// use selvedge::sync::nonpoison::Mutex;
/// use selvedge::thread;
///
/// static COUNT: Mutex<u32> = Mutex::new(0);
///
/// selvedge::check(|| {
///     let other = thread::spawn(|| {
///         *COUNT.lock() += 1;
///     });
///     COUNT.with_mut(|count| *count += 1);
///     other.join().unwrap();
///     assert_eq!(COUNT.get_cloned(), 2);
/// });
/// ```
pub struct Mutex<T: ?Sized>(sync::Mutex<T>);

/// Access to the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the mutex unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    /// Nothing while somebody else has the lock: a condition variable, for example.
    guard: Option<sync::MutexGuard<'a, T>>,
}

const UNLOCKED: &str = "a guard that is used has its lock";

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex(sync::Mutex::new(value))
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        Mutex(self.0.named(name))
    }

    /// Shows the protected value in a column of its own, next to the name, whenever it is unlocked.
    pub fn showing(self, show: fn(&T) -> String) -> Self {
        Mutex(self.0.showing(show))
    }

    /// A copy of the value, made while the mutex is locked.
    #[track_caller]
    pub fn get_cloned(&self) -> T
    where
        T: Clone,
    {
        self.lock().clone()
    }

    /// Puts a value in the place of the one before, which is dropped when the mutex is unlocked again.
    #[track_caller]
    pub fn set(&self, value: T) {
        drop(self.replace(value));
    }

    /// Puts a value in the place of the one before, and returns that.
    #[track_caller]
    pub fn replace(&self, value: T) -> T {
        std::mem::replace(&mut *self.lock(), value)
    }

    /// The value, out of the mutex.
    pub fn into_inner(self) -> T {
        self.0.into_inner().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free and locks it.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        let guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        MutexGuard { guard: Some(guard) }
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    /// When it is not.
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let guard = match self.0.try_lock() {
            Ok(guard) => guard,
            Err(TryLockError::Poisoned(poison)) => poison.into_inner(),
            Err(TryLockError::WouldBlock) => return Err(WouldBlock),
        };
        Ok(MutexGuard { guard: Some(guard) })
    }

    /// Runs `f` while the mutex is locked.
    #[track_caller]
    pub fn with_mut<R>(&self, f: impl FnOnce(&mut T) -> R) -> R {
        f(&mut *self.lock())
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`lock`](Self::lock) until a deadline.
    #[track_caller]
    pub(crate) fn lock_until(&self, deadline: Deadline) -> Option<MutexGuard<'_, T>> {
        let guard = self.0.lock_until(deadline)?;
        Some(MutexGuard { guard: Some(guard) })
    }

    /// Whether somebody holds it now.
    #[track_caller]
    pub(crate) fn is_locked(&self) -> bool {
        self.0.is_locked()
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        mapped::part_mut(guard, part)
    }

    /// A guard of a part of the value, if there is one.
    ///
    /// # Errors
    /// The guard, if there is none.
    pub fn filter_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        mapped::try_part_mut(guard, part)
    }

    /// Takes the lock out of the guard, for who gives it back.
    pub(crate) fn lend(&mut self) -> sync::MutexGuard<'a, T> {
        self.guard.take().expect(UNLOCKED)
    }

    /// It has the lock again.
    pub(crate) fn give_back(&mut self, guard: sync::MutexGuard<'a, T>) {
        self.guard = Some(guard);
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(UNLOCKED)
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect(UNLOCKED)
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> From<T> for Mutex<T> {
    #[track_caller]
    fn from(value: T) -> Self {
        Mutex::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
