//! [`RwLock`], as in `std::sync`.

use std::cell::UnsafeCell;
use std::fmt;
use std::mem::ManuallyDrop;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use super::shown::Shown;
use crate::engine::any;
use crate::raw::{RawDowngrade, RawHeld, RawRwLock};

/// A lock that many readers or one writer hold, poisoned when a task panics while it writes.
///
/// Neither readers nor writers have priority: std promises none.
///
/// ```
/// use selvedge::sync::RwLock;
///
/// let config = RwLock::new(1).named("config").showing(|n| n.to_string());
/// *config.write().unwrap() += 1;
/// let (a, b) = (config.read().unwrap(), config.read().unwrap());
/// assert_eq!(*a + *b, 4);
/// ```
pub struct RwLock<T: ?Sized> {
    raw: any::Lazy<any::RwLock>,
    poisoned: AtomicBool,
    show: Option<Shown>,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached only through a guard, and a guard exists only while its task holds `raw`:
// a share of it for `&T`, the whole of it for `&mut T`.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above; readers on several tasks share `&T`, hence `T: Sync`, and writers move `T` between
// tasks, hence `T: Send`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// Shared access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// Taken when the guard is dropped.
    held: ManuallyDrop<any::ReadHeld<'a>>,
}

/// Exclusive access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    lock: &'a RwLock<T>,
    /// Taken when the guard is dropped.
    held: ManuallyDrop<any::WriteHeld<'a>>,
    /// The task was panicking already when it locked, so unwinding it does not poison.
    panicking: bool,
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock {
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

    /// Shows the protected value in a column of its own, next to the name, whenever a writer unlocks.
    pub fn showing(mut self, show: fn(&T) -> String) -> Self {
        self.show = Some(Shown::new(show));
        let value = self.value.get_mut();
        self.raw.show(|| Some(show(value)));
        self
    }

    /// The value, out of the lock.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn into_inner(self) -> LockResult<T> {
        if self.has_poison() {
            Err(PoisonError::new(self.value.into_inner()))
        } else {
            Ok(self.value.into_inner())
        }
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock and takes a share of it.
    ///
    /// # Errors
    /// When a task panicked while it held the lock for writing; the error contains the guard.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let here = self.here();
        here.judge(here.read_guard(here.raw.read()))
    }

    /// Takes a share of the lock if no writer holds it.
    ///
    /// # Errors
    /// `WouldBlock` when a writer holds it, `Poisoned` as for [`read`](Self::read).
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let here = self.here();
        match here.raw.try_read() {
            Some(held) => Ok(here.judge(here.read_guard(held))?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Waits until nobody holds the lock and takes it.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let here = self.here();
        here.judge(here.write_guard(here.raw.write()))
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// `WouldBlock` when somebody holds it, `Poisoned` as for [`read`](Self::read).
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let here = self.here();
        match here.raw.try_write() {
            Some(held) => Ok(here.judge(here.write_guard(held))?),
            None => Err(TryLockError::WouldBlock),
        }
    }

    /// Whether a task panicked while it held the lock for writing. loom panics when the lock is taken after that.
    #[track_caller]
    pub fn is_poisoned(&self) -> bool {
        let here = self.here();
        here.raw.poison(false);
        here.has_poison()
    }

    /// Forgets that a task panicked while it held the lock for writing.
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
    /// As for [`read`](Self::read).
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
        // SAFETY: it is the value that the lock was made with, or was put in its place by a `&mut T` to it.
        self.show.map(|show| unsafe { show.text(value) })
    }

    fn read_guard<'a>(&'a self, held: any::ReadHeld<'a>) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            lock: self,
            held: ManuallyDrop::new(held),
        }
    }

    fn write_guard<'a>(&'a self, held: any::WriteHeld<'a>) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            lock: self,
            held: ManuallyDrop::new(held),
            panicking: any::unwinds(),
        }
    }

    fn judge<G>(&self, guard: G) -> LockResult<G> {
        if self.has_poison() {
            Err(PoisonError::new(guard))
        } else {
            Ok(guard)
        }
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Lets readers in and goes on as one of them: no writer comes in between. loom cannot do that.
    #[track_caller]
    pub fn downgrade(guard: Self) -> RwLockReadGuard<'a, T> {
        let mut guard = ManuallyDrop::new(guard);
        let lock = guard.lock;
        // SAFETY: the guard is not dropped, and is not used again but to show the value.
        let held = unsafe { ManuallyDrop::take(&mut guard.held) };
        lock.read_guard(held.downgrade(|| lock.shown(&guard)))
    }
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        // SAFETY: the guard is gone after this.
        let held = unsafe { ManuallyDrop::take(&mut self.held) };
        held.unlock(|| None);
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if !self.panicking && any::panicking() {
            // Ordering: Relaxed; the unlock that follows publishes it to the next guard.
            self.lock.poisoned.store(true, Ordering::Relaxed);
        }
        // SAFETY: the guard is gone after this.
        let held = unsafe { ManuallyDrop::take(&mut self.held) };
        held.unlock(|| self.lock.shown(self));
    }
}

impl<T: ?Sized> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard holds a share of the lock, so no writer exists.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: this guard holds the lock, so no other reference to the value exists.
        unsafe { &*self.lock.value.get() }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard holds the lock and is borrowed mutably, so the reference is unique.
        unsafe { &mut *self.lock.value.get() }
    }
}

impl<T: ?Sized> UnwindSafe for RwLock<T> {}
impl<T: ?Sized> RefUnwindSafe for RwLock<T> {}

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

impl<T: ?Sized + fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("RwLock")
            .field("poisoned", &self.has_poison())
            .finish_non_exhaustive()
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

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: ?Sized + fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
