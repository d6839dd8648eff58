//! [`RwLock`], as in `parking_lot`, and its guards; what else these can do is in `guards.rs`.

use std::cell::UnsafeCell;
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any::{self, Deadline};
use crate::raw::{Patience, RawHeld, RawUpgradable};
use crate::sync::shown::Shown;
use crate::time::{Duration, Instant};

/// A lock that many readers or one writer hold, and that no panic poisons. One of the readers may be one that can
/// [become](RwLockUpgradableReadGuard::upgrade) the writer, with nobody writing in between.
///
/// As in `parking_lot`, a reader waits while a writer waits for other readers, so who reads again while it reads may wait for
/// ever; and so it is while an upgradable reader waits to become the writer. While a writer waits for an upgradable reader, others
/// may read. Otherwise who is next is open.
///
/// ```
/// use selvedge::parking_lot::{RwLock, RwLockUpgradableReadGuard};
/// use selvedge::thread;
///
/// static NAMES: RwLock<Vec<u32>> = RwLock::new(Vec::new());
///
/// selvedge::check(|| {
///     let add_once = || {
///         let names = NAMES.upgradable_read();
///         if !names.contains(&7) {
///             RwLockUpgradableReadGuard::upgrade(names).push(7);
///         }
///     };
///     let other = thread::spawn(add_once);
///     add_once();
///     other.join().unwrap();
///     assert_eq!(*NAMES.read(), [7]);
/// });
/// ```
pub struct RwLock<T: ?Sized> {
    raw: any::Lazy<any::Upgradable>,
    show: Option<Shown>,
    value: UnsafeCell<T>,
}

// SAFETY: `value` is reached only through a guard, and a guard exists only while its task holds `raw`:
// a share of it or the right to upgrade it for `&T`, the whole of it for `&mut T`.
unsafe impl<T: ?Sized + Send> Send for RwLock<T> {}
// SAFETY: as above; readers on several tasks share `&T`, hence `T: Sync`, and writers move `T` between
// tasks, hence `T: Send`.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLock<T> {}

/// A guard stays on the thread where the lock was taken.
type Stays<'a> = PhantomData<std::sync::MutexGuard<'a, ()>>;

macro_rules! guards {
    ($($(#[$doc:meta])* $name:ident($held:ident) from $make:ident;)+) => {$(
        $(#[$doc])*
        #[must_use = "if unused, the lock is released at once"]
        pub struct $name<'a, T: ?Sized> {
            pub(super) lock: &'a RwLock<T>,
            /// Nothing while the lock is unlocked, or another guard has it.
            pub(super) held: Option<any::$held<'a>>,
            stays: Stays<'a>,
        }

        impl<T: ?Sized> RwLock<T> {
            pub(super) fn $make<'a>(&'a self, held: any::$held<'a>) -> $name<'a, T> {
                $name { lock: self, held: Some(held), stays: PhantomData }
            }
        }

        impl<T: ?Sized> Deref for $name<'_, T> {
            type Target = T;

            fn deref(&self) -> &T {
                // SAFETY: the guard has the lock, or is not used; so nobody else has a `&mut T`.
                unsafe { &*self.lock.value.get() }
            }
        }

        impl<T: ?Sized + fmt::Debug> fmt::Debug for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }

        impl<T: ?Sized + fmt::Display> fmt::Display for $name<'_, T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                (**self).fmt(f)
            }
        }
    )+};
}

guards! {
    /// Shared access to the value of an [`RwLock`]; dropping it unlocks.
    RwLockReadGuard(SharedHeld) from read_guard;
    /// Shared access to the value of an [`RwLock`], by the only one who can make it exclusive; dropping it unlocks.
    RwLockUpgradableReadGuard(UpgradableHeld) from upgradable_guard;
    /// Exclusive access to the value of an [`RwLock`]; dropping it unlocks.
    RwLockWriteGuard(WholeHeld) from write_guard;
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub const fn new(value: T) -> Self {
        RwLock {
            raw: any::Lazy::new(()),
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
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> RwLock<T> {
    /// Waits until no writer holds the lock, or waits for its readers, and takes a share of it.
    #[track_caller]
    pub fn read(&self) -> RwLockReadGuard<'_, T> {
        self.reads(Patience::Waits).expect(WAITS)
    }

    /// Takes a share of the lock if no writer holds it, or waits for its readers.
    #[track_caller]
    pub fn try_read(&self) -> Option<RwLockReadGuard<'_, T>> {
        self.reads(Patience::Tries)
    }

    /// [`read`](Self::read), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn try_read_for(&self, timeout: Duration) -> Option<RwLockReadGuard<'_, T>> {
        self.reads(Patience::Until(Deadline::after(timeout)))
    }

    /// [`try_read_for`](Self::try_read_for) with the time at which it gives up.
    ///
    /// # Panics
    /// As for [`try_read_for`](Self::try_read_for).
    #[track_caller]
    pub fn try_read_until(&self, deadline: Instant) -> Option<RwLockReadGuard<'_, T>> {
        self.try_read_for(left(deadline))
    }

    /// Waits until nobody holds the lock and takes it.
    #[track_caller]
    pub fn write(&self) -> RwLockWriteGuard<'_, T> {
        self.writes(Patience::Waits).expect(WAITS)
    }

    /// Takes the lock if nobody holds it.
    #[track_caller]
    pub fn try_write(&self) -> Option<RwLockWriteGuard<'_, T>> {
        self.writes(Patience::Tries)
    }

    /// [`write`](Self::write), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Panics
    /// As for [`try_read_for`](Self::try_read_for).
    #[track_caller]
    pub fn try_write_for(&self, timeout: Duration) -> Option<RwLockWriteGuard<'_, T>> {
        self.writes(Patience::Until(Deadline::after(timeout)))
    }

    /// [`try_write_for`](Self::try_write_for) with the time at which it gives up.
    ///
    /// # Panics
    /// As for [`try_read_for`](Self::try_read_for).
    #[track_caller]
    pub fn try_write_until(&self, deadline: Instant) -> Option<RwLockWriteGuard<'_, T>> {
        self.try_write_for(left(deadline))
    }

    /// Waits until nobody holds the lock but readers that cannot become writers, and takes it to read and maybe to write. loom has
    /// no such lock.
    #[track_caller]
    pub fn upgradable_read(&self) -> RwLockUpgradableReadGuard<'_, T> {
        self.reads_upgradably(Patience::Waits).expect(WAITS)
    }

    /// [`upgradable_read`](Self::upgradable_read), if nobody holds the lock but readers that cannot become writers.
    #[track_caller]
    pub fn try_upgradable_read(&self) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        self.reads_upgradably(Patience::Tries)
    }

    /// [`upgradable_read`](Self::upgradable_read), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Panics
    /// As for [`try_read_for`](Self::try_read_for).
    #[track_caller]
    pub fn try_upgradable_read_for(&self, timeout: Duration) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        self.reads_upgradably(Patience::Until(Deadline::after(timeout)))
    }

    /// [`try_upgradable_read_for`](Self::try_upgradable_read_for) with the time at which it gives up.
    ///
    /// # Panics
    /// As for [`try_read_for`](Self::try_read_for).
    #[track_caller]
    pub fn try_upgradable_read_until(&self, deadline: Instant) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        self.try_upgradable_read_for(left(deadline))
    }

    /// Whether somebody holds the lock now.
    #[track_caller]
    pub fn is_locked(&self) -> bool {
        self.here().raw.is_locked(false)
    }

    /// Whether a writer holds the lock now, or waits for its readers.
    #[track_caller]
    pub fn is_locked_exclusive(&self) -> bool {
        self.here().raw.is_locked(true)
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.value.get_mut()
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.raw)
    }

    /// The value as traces show it.
    pub(super) fn shown(&self, value: &T) -> Option<String> {
        // SAFETY: it is the value that the lock was made with, or was put in its place by a `&mut T` to it.
        self.show.map(|show| unsafe { show.text(value) })
    }

    #[track_caller]
    pub(super) fn reads(&self, patience: Patience<Deadline>) -> Option<RwLockReadGuard<'_, T>> {
        let here = self.here();
        Some(here.read_guard(here.raw.read(patience)?))
    }

    #[track_caller]
    pub(super) fn reads_upgradably(&self, patience: Patience<Deadline>) -> Option<RwLockUpgradableReadGuard<'_, T>> {
        let here = self.here();
        Some(here.upgradable_guard(here.raw.upgradable(patience)?))
    }

    #[track_caller]
    pub(super) fn writes(&self, patience: Patience<Deadline>) -> Option<RwLockWriteGuard<'_, T>> {
        let here = self.here();
        Some(here.write_guard(here.raw.write(patience)?))
    }
}

pub(super) const WAITS: &str = "who waits as long as it takes has what it waits for";

/// The time until then.
#[track_caller]
pub(super) fn left(deadline: Instant) -> Duration {
    deadline.saturating_duration_since(Instant::now())
}

impl<T: ?Sized> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.unlock(|| None);
        }
    }
}

impl<T: ?Sized> Drop for RwLockUpgradableReadGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.unlock(|| None);
        }
    }
}

impl<T: ?Sized> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            held.unlock(|| self.lock.shown(self));
        }
    }
}

impl<T: ?Sized> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: this guard has the lock, or is not used, and is borrowed mutably, so the reference is unique.
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

impl<T: ?Sized> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}
