//! [`Mutex`], as in `std::sync`.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use super::shown::Shown;
use crate::engine::any;
use crate::raw::{RawHeld, RawMutex};

/// A mutual exclusion lock that is poisoned when a task panics while it holds it.
///
/// ```
/// use selvedge::sync::Mutex;
///
/// let queue = Mutex::new(Vec::new()).named("queue").showing(|q| format!("{q:?}"));
/// queue.lock().unwrap().push(1);
/// assert_eq!(*queue.lock().unwrap(), [1]);
/// ```
pub struct Mutex<T: ?Sized> {
    raw: any::Lazy<any::Mutex>,
    poisoned: AtomicBool,
    show: Option<Shown>,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached only through a guard, and a guard exists only while its task holds `raw`.
unsafe impl<T: ?Sized + Send> Send for Mutex<T> {}
// SAFETY: as above; sharing the mutex hands out `&mut T` one task at a time, so `T: Send` is enough.
unsafe impl<T: ?Sized + Send> Sync for Mutex<T> {}

/// Access to the value of a [`Mutex`]; dropping it unlocks.
///
/// Tasks may share a guard only if they may share its value:
///
/// ```compile_fail,E0277
/// fn shares<T: Sync>() {}
/// shares::<selvedge::sync::MutexGuard<'_, std::cell::Cell<u32>>>();
/// ```
#[must_use = "if unused, the mutex unlocks at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    /// Taken when the guard is dropped, or while a condition variable has it.
    held: ManuallyDrop<any::Held<'a>>,
    /// The task was panicking already when it locked, so unwinding it does not poison.
    panicking: bool,
    /// It is a `&mut T` to those who share the guard.
    _value: PhantomData<&'a mut T>,
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        Mutex {
            raw: any::Lazy::new(()),
            poisoned: AtomicBool::new(false),
            show: None,
            value: UnsafeCell::new(value),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }

    /// Shows the protected value in a column of its own, next to the name, whenever it is unlocked.
    pub fn showing(mut self, show: fn(&T) -> String) -> Self {
        self.show = Some(Shown::new(show));
        let value = self.value.get_mut();
        self.raw.show(|| Some(show(value)));
        self
    }

    /// The value, out of the mutex.
    ///
    /// # Errors
    /// As for [`lock`](Self::lock).
    pub fn into_inner(self) -> LockResult<T> {
        if self.has_poison() {
            Err(PoisonError::new(self.value.into_inner()))
        } else {
            Ok(self.value.into_inner())
        }
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the mutex is free and locks it.
    ///
    /// # Errors
    /// When a task panicked while it held the lock; the error contains the guard.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        let here = self.here();
        here.judge(here.raw.lock(), any::unwinds())
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    /// `WouldBlock` when it is held, `Poisoned` as for [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        let here = self.here();
        match here.raw.try_lock() {
            Some(held) => Ok(here.judge(held, any::unwinds())?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// [`lock`](Self::lock) until a deadline. Poison does not matter.
    #[track_caller]
    pub(crate) fn lock_until(&self, deadline: any::Deadline) -> Option<MutexGuard<'_, T>> {
        let here = self.here();
        let held = here.raw.lock_until(deadline)?;
        Some(here.judge(held, any::unwinds()).unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether somebody holds it now.
    #[track_caller]
    pub(crate) fn is_locked(&self) -> bool {
        self.here().raw.is_locked()
    }

    /// Whether a task panicked while it held the lock.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let here = self.here();
        here.raw.poison(false);
        here.has_poison()
    }

    /// Forgets that a task panicked while it held the lock.
    #[track_caller]
    pub fn clear_poison(&self) {
        let here = self.here();
        here.raw.poison(true);
        // Ordering: Relaxed; the caller decides on its own when the value is sound again.
        here.poisoned.store(false, Ordering::Relaxed);
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.raw)
    }

    fn has_poison(&self) -> bool {
        // Ordering: Relaxed; a guard that sees the flag has the lock, which orders it.
        self.poisoned.load(Ordering::Relaxed)
    }

    /// The value; no lock is needed, because nobody else can have one.
    ///
    /// # Errors
    /// As for [`lock`](Self::lock).
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.has_poison();
        let value = self.value.get_mut();
        if poisoned {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }

    /// The value as traces show it.
    fn shown(&self, value: &T) -> Option<String> {
        // SAFETY: it is the value that the mutex was made with, or was put in its place by a `&mut T` to it.
        self.show.map(|show| unsafe { show.text(value) })
    }

    fn judge<'a>(&'a self, held: any::Held<'a>, panicking: bool) -> LockResult<MutexGuard<'a, T>> {
        let guard = MutexGuard {
            mutex: self,
            held: ManuallyDrop::new(held),
            panicking,
            _value: PhantomData,
        };
        if self.has_poison() {
            Err(PoisonError::new(guard))
        } else {
            Ok(guard)
        }
    }
}

/// A guard whose lock a condition variable has.
pub(super) struct Lent<'a, T: ?Sized> {
    mutex: &'a Mutex<T>,
    panicking: bool,
}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Takes the lock out of the guard, for a condition variable that gives it back.
    pub(super) fn lend(self) -> (any::Held<'a>, Lent<'a, T>) {
        let mut guard = ManuallyDrop::new(self);
        // SAFETY: the guard is not dropped, and is not used again: the one that is made of the rest takes its place.
        let held = unsafe { ManuallyDrop::take(&mut guard.held) };
        let lent = Lent {
            mutex: guard.mutex,
            panicking: guard.panicking,
        };
        (held, lent)
    }
}

impl<'a, T: ?Sized> Lent<'a, T> {
    /// How to show the value.
    ///
    /// # Safety
    /// What it gives must be called only while the task holds the lock.
    pub(super) unsafe fn value(&self) -> impl FnOnce() -> Option<String> + use<'a, T> {
        let mutex = self.mutex;
        // SAFETY: the caller sees to it that this task has the value for itself then.
        move || mutex.shown(unsafe { &*mutex.value.get() })
    }

    /// A guard again, once the lock is taken again.
    pub(super) fn give_back(self, held: any::Held<'a>) -> LockResult<MutexGuard<'a, T>> {
        self.mutex.judge(held, self.panicking)
    }
}

impl<T: ?Sized> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        if !self.panicking && any::panicking() {
            // Ordering: Relaxed; whoever locks next is ordered after this by the lock.
            self.mutex.poisoned.store(true, Ordering::Relaxed);
        }
        // SAFETY: the guard is gone after this.
        let held = unsafe { ManuallyDrop::take(&mut self.held) };
        held.unlock(|| self.mutex.shown(self));
    }
}

impl<T: ?Sized> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard holds the lock, so no other reference to the value exists.
        unsafe { &*self.mutex.value.get() }
    }
}

impl<T: ?Sized> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard holds the lock and is borrowed mutably, so the reference is unique.
        unsafe { &mut *self.mutex.value.get() }
    }
}

impl<T: ?Sized> UnwindSafe for Mutex<T> {}
impl<T: ?Sized> RefUnwindSafe for Mutex<T> {}

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
        f.debug_struct("Mutex")
            .field("poisoned", &self.has_poison())
            .finish_non_exhaustive()
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
