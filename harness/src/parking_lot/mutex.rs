//! [`Mutex`], as in `parking_lot`.

use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::engine::any::Deadline;
use crate::sync::nonpoison::{self, MappedMutexGuard};
use crate::time::{Duration, Instant};

/// A mutual exclusion lock that no panic poisons.
///
/// ```
/// use selvedge::parking_lot::{Mutex, MutexGuard};
///
/// static PAIR: Mutex<(u32, u32)> = Mutex::new((1, 2));
///
/// selvedge::check(|| {
///     *MutexGuard::map(PAIR.lock(), |pair| &mut pair.0) += 1;
///     assert_eq!(*PAIR.lock(), (2, 2));
/// });
/// ```
pub struct Mutex<T: ?Sized>(nonpoison::Mutex<T>);

/// Access to the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the mutex unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    pub(super) guard: nonpoison::MutexGuard<'a, T>,
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex(nonpoison::Mutex::new(value))
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        Mutex(self.0.named(name))
    }

    /// Shows the protected value in a column of its own, next to the name, whenever it is unlocked.
    pub fn showing(self, show: fn(&T) -> String) -> Self {
        Mutex(self.0.showing(show))
    }

    /// The value, out of the mutex.
    pub fn into_inner(self) -> T {
        self.0.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free and locks it.
    #[track_caller]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.guard(self.0.lock())
    }

    /// Locks the mutex if it is free.
    #[track_caller]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        self.0.try_lock().ok().map(|guard| self.guard(guard))
    }

    /// Waits until the mutex is free, at most for `timeout` of virtual time, and locks it. On real threads, of real time.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn try_lock_for(&self, timeout: Duration) -> Option<MutexGuard<'_, T>> {
        let guard = self.0.lock_until(Deadline::after(timeout));
        guard.map(|guard| self.guard(guard))
    }

    /// [`try_lock_for`](Self::try_lock_for) with the time at which it gives up.
    ///
    /// # Panics
    /// As for [`try_lock_for`](Self::try_lock_for).
    #[track_caller]
    pub fn try_lock_until(&self, deadline: Instant) -> Option<MutexGuard<'_, T>> {
        self.try_lock_for(deadline.saturating_duration_since(Instant::now()))
    }

    /// Whether somebody holds the lock now.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.0.is_locked()
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.0.get_mut()
    }

    fn guard<'a>(&'a self, guard: nonpoison::MutexGuard<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard { mutex: self, guard }
    }
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// The mutex that it locks.
    pub fn mutex(guard: &Self) -> &'a Mutex<T> {
        guard.mutex
    }

    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedMutexGuard<'a, U> {
        nonpoison::MutexGuard::map(guard.guard, part)
    }

    /// A guard of a part of the value, if there is one.
    ///
    /// # Errors
    /// The guard, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedMutexGuard<'a, U>, Self> {
        let mutex = guard.mutex;
        nonpoison::MutexGuard::filter_map(guard.guard, part).map_err(|guard| mutex.guard(guard))
    }

    /// Runs `f` while the mutex is unlocked, and locks it again.
    #[track_caller]
    pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        /// Locks again, when `f` panics, too.
        struct Again<'b, 'a, T: ?Sized>(&'b mut MutexGuard<'a, T>);
        impl<T: ?Sized> Drop for Again<'_, '_, T> {
            fn drop(&mut self) {
                self.0.guard.give_back(self.0.mutex.0.lock().lend());
            }
        }
        drop(guard.guard.lend());
        let _again = Again(guard);
        f()
    }

    /// [`unlocked`](Self::unlocked): who is next is open in any case.
    #[track_caller]
    pub fn unlocked_fair<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
        Self::unlocked(guard, f)
    }

    /// Unlocks: who is next is open in any case.
    #[track_caller]
    pub fn unlock_fair(guard: Self) {
        drop(guard);
    }

    /// Unlocks and locks again, so that others may come between.
    #[track_caller]
    pub fn bump(guard: &mut Self) {
        Self::unlocked(guard, || ());
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
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
