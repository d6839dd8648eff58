//! [`Mutex`]: the real `tokio::sync::Mutex`.

use std::fmt;
use std::future::Future;
use std::panic::Location;
use std::sync;

use tokio::sync::TryLockError;

use crate::future::block_on;
use crate::kernel::Class;
use crate::sync::Arc;
use crate::tokio::held::{Held, shows_its_part};
use crate::tokio::opaque::{Ends, LateObject, future_at, here};

/// A lock that may be held while awaiting; the real `tokio::sync::Mutex`.
pub struct Mutex<T: ?Sized> {
    object: LateObject,
    inner: tokio::sync::Mutex<T>,
}

impl<T> Mutex<T> {
    /// A free lock.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Mutex {
            object: LateObject::at_once("Mutex"),
            inner: tokio::sync::Mutex::new(value),
        }
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        Mutex {
            object: LateObject::new("Mutex"),
            inner: tokio::sync::Mutex::const_new(value),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.object.made_here().set_name(name);
        self
    }

    /// The value, out of the lock.
    pub fn into_inner(self) -> T {
        self.inner.into_inner()
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits until the lock is free, and takes it.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let location = Location::caller();
        let here = self.here();
        let locked = future_at(*here.object, "lock", location, here.inner.lock());
        async move { here.guard(locked.await, location) }
    }

    /// [`lock`](Self::lock) with a guard that does not borrow from the lock. Of a [`sync::Arc`](Arc::lock_owned) of this
    /// crate, too.
    #[track_caller]
    pub fn lock_owned(self: sync::Arc<Self>) -> impl Future<Output = OwnedMutexGuard<T>> {
        Arc::from_std(self).lock_owned()
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When it is not.
    #[track_caller]
    pub fn try_lock(&self) -> Result<MutexGuard<'_, T>, TryLockError> {
        let here = self.here();
        let guard = here.object.call(
            "try_lock",
            Class::Write,
            || here.inner.try_lock(),
            |name, result| format!("{name}.try_lock ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(here.guard(guard, Location::caller()))
    }

    /// [`try_lock`](Self::try_lock) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::try_lock_owned) of this crate, too.
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_lock_owned(self: sync::Arc<Self>) -> Result<OwnedMutexGuard<T>, TryLockError> {
        Arc::from_std(self).try_lock_owned()
    }

    /// Waits for the lock on a thread.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_lock(&self) -> MutexGuard<'_, T> {
        let here = self.here();
        if !here.object.is_controlled() {
            return here.guard(here.inner.blocking_lock(), Location::caller());
        }
        block_on(here.lock())
    }

    /// [`blocking_lock`](Self::blocking_lock) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::blocking_lock_owned) of this crate, too.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_lock_owned(self: sync::Arc<Self>) -> OwnedMutexGuard<T> {
        Arc::from_std(self).blocking_lock_owned()
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        self.inner.get_mut()
    }

    /// This one, or what the execution has in its place if it is a static.
    #[track_caller]
    fn here(&self) -> &Self {
        here(self, &self.object)
    }

    /// Our guard, of tokio's, given back at the place that took the lock.
    fn guard<'a>(
        &'a self,
        guard: tokio::sync::MutexGuard<'a, T>,
        location: &'static Location<'static>,
    ) -> MutexGuard<'a, T> {
        MutexGuard {
            held: Held::exclusive(Ends::at(*self.object, "unlock", guard, location)),
            mutex: self,
        }
    }
}

/// What takes an owner of the lock.
impl<T: ?Sized> Arc<Mutex<T>> {
    /// [`Mutex::lock_owned`].
    #[track_caller]
    pub fn lock_owned(self) -> impl Future<Output = OwnedMutexGuard<T>> {
        let location = Location::caller();
        async move {
            let guard = future_at(*self.object, "lock", location, self.inner.lock()).await;
            // SAFETY: the lock stays where it is, and is dropped after the guard, as the type has it.
            let held = unsafe { self.guard(guard, location).held.owned() };
            OwnedMutexGuard { held, mutex: self }
        }
    }

    /// [`Mutex::try_lock_owned`].
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_lock_owned(self) -> Result<OwnedMutexGuard<T>, TryLockError> {
        // SAFETY: as in `lock_owned`.
        let held = unsafe { self.try_lock()?.held.owned() };
        Ok(OwnedMutexGuard { held, mutex: self })
    }

    /// [`Mutex::blocking_lock_owned`].
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_lock_owned(self) -> OwnedMutexGuard<T> {
        // SAFETY: as in `lock_owned`.
        let held = unsafe { self.blocking_lock().held.owned() };
        OwnedMutexGuard { held, mutex: self }
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
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// Access to the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct MutexGuard<'a, T: ?Sized> {
    held: Held<'a, T>,
    mutex: &'a Mutex<T>,
}

// SAFETY: as tokio's: it may be sent where the value may, and gives others a look at the value alone.
unsafe impl<T: ?Sized + Send> Send for MutexGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for MutexGuard<'_, T> {}

impl<'a, T: ?Sized> MutexGuard<'a, T> {
    /// Access to a part of the value. The lock stays held.
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        MappedMutexGuard {
            // SAFETY: a guard of a mutex is exclusive.
            held: unsafe { this.held.map(f) },
        }
    }

    /// Access to a part of the value, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<MappedMutexGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let MutexGuard { held, mutex } = this;
        // SAFETY: a guard of a mutex is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(MappedMutexGuard { held }),
            Err(held) => Err(MutexGuard { held, mutex }),
        }
    }

    /// The lock.
    pub fn mutex(this: &Self) -> &'a Mutex<T> {
        this.mutex
    }
}

/// Access to a part of the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct MappedMutexGuard<'a, U: ?Sized> {
    held: Held<'a, U>,
}

// SAFETY: as for `MutexGuard`; of the value as a whole, nothing is within reach.
unsafe impl<U: ?Sized + Send> Send for MappedMutexGuard<'_, U> {}
// SAFETY: as above.
unsafe impl<U: ?Sized + Send + Sync> Sync for MappedMutexGuard<'_, U> {}

impl<'a, U: ?Sized> MappedMutexGuard<'a, U> {
    /// Access to a part of the part. The lock stays held.
    pub fn map<V: ?Sized, F>(this: Self, f: F) -> MappedMutexGuard<'a, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        MappedMutexGuard {
            // SAFETY: a guard of a mutex is exclusive.
            held: unsafe { this.held.map(f) },
        }
    }

    /// Access to a part of the part, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<V: ?Sized, F>(this: Self, f: F) -> Result<MappedMutexGuard<'a, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        // SAFETY: a guard of a mutex is exclusive.
        match unsafe { this.held.try_map(f) } {
            Ok(held) => Ok(MappedMutexGuard { held }),
            Err(held) => Err(MappedMutexGuard { held }),
        }
    }
}

/// Access to the value of a [`Mutex`] that does not borrow from it; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedMutexGuard<T: ?Sized> {
    /// Of `mutex`, and dropped before it.
    held: Held<'static, T>,
    mutex: Arc<Mutex<T>>,
}

// SAFETY: as for `MutexGuard`; whoever may send the value may send an owner of its lock.
unsafe impl<T: ?Sized + Send> Send for OwnedMutexGuard<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedMutexGuard<T> {}

impl<T: ?Sized> OwnedMutexGuard<T> {
    /// Access to a part of the value. The lock stays held.
    pub fn map<U: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        OwnedMappedMutexGuard {
            // SAFETY: a guard of a mutex is exclusive.
            held: unsafe { this.held.map(f) },
            mutex: this.mutex,
        }
    }

    /// Access to a part of the value, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<U: ?Sized, F>(this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let OwnedMutexGuard { held, mutex } = this;
        // SAFETY: a guard of a mutex is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(OwnedMappedMutexGuard { held, mutex }),
            Err(held) => Err(OwnedMutexGuard { held, mutex }),
        }
    }

    /// The lock.
    pub fn mutex(this: &Self) -> &Arc<Mutex<T>> {
        &this.mutex
    }
}

/// Access to a part of the value of a [`Mutex`] that does not borrow from it; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedMappedMutexGuard<T: ?Sized, U: ?Sized = T> {
    /// Of `mutex`, and dropped before it.
    held: Held<'static, U>,
    mutex: Arc<Mutex<T>>,
}

// SAFETY: as for `OwnedMutexGuard`, and the part goes with it.
unsafe impl<T: ?Sized + Send, U: ?Sized + Send> Send for OwnedMappedMutexGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedMappedMutexGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedMappedMutexGuard<T, U> {
    /// Access to a part of the part. The lock stays held.
    pub fn map<V: ?Sized, F>(this: Self, f: F) -> OwnedMappedMutexGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        OwnedMappedMutexGuard {
            // SAFETY: a guard of a mutex is exclusive.
            held: unsafe { this.held.map(f) },
            mutex: this.mutex,
        }
    }

    /// Access to a part of the part, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<V: ?Sized, F>(this: Self, f: F) -> Result<OwnedMappedMutexGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let OwnedMappedMutexGuard { held, mutex } = this;
        // SAFETY: a guard of a mutex is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(OwnedMappedMutexGuard { held, mutex }),
            Err(held) => Err(OwnedMappedMutexGuard { held, mutex }),
        }
    }
}

shows_its_part!(exclusive [T: ?Sized] MutexGuard<'_, T>, T);
shows_its_part!(exclusive [U: ?Sized] MappedMutexGuard<'_, U>, U);
shows_its_part!(exclusive [T: ?Sized] OwnedMutexGuard<T>, T);
shows_its_part!(exclusive [T: ?Sized, U: ?Sized] OwnedMappedMutexGuard<T, U>, U);
