//! [`Mutex`]: the real `tokio::sync::Mutex`.

use std::fmt;
use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync;

use tokio::sync::TryLockError;

use crate::future::block_on;
use crate::kernel::Class;
use crate::sync::Arc;
use crate::tokio::opaque::{Ends, Object, future};

/// A lock that may be held while awaiting; the real `tokio::sync::Mutex`.
pub struct Mutex<T> {
    inner: sync::Arc<tokio::sync::Mutex<T>>,
    object: Object,
}

impl<T> Mutex<T> {
    /// A free lock.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(value: T) -> Self {
        Mutex {
            inner: sync::Arc::new(tokio::sync::Mutex::new(value)),
            object: Object::new("Mutex"),
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.object.set_name(name);
        self
    }

    /// Waits until the lock is free, and takes it.
    #[track_caller]
    pub fn lock(&self) -> impl Future<Output = MutexGuard<'_, T>> {
        let locked = future(self.object, "lock", self.inner.lock());
        let (object, location) = (self.object, Location::caller());
        async move {
            MutexGuard {
                guard: Ends::at(object, "unlock", locked.await, location),
            }
        }
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
        let guard = self.object.call(
            "try_lock",
            Class::Write,
            || self.inner.try_lock(),
            |name, result| format!("{name}.try_lock ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(MutexGuard {
            guard: Ends::new(self.object, "unlock", guard),
        })
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
        if !self.object.is_controlled() {
            return MutexGuard {
                guard: Ends::new(self.object, "unlock", self.inner.blocking_lock()),
            };
        }
        block_on(self.lock())
    }

    /// The value; no lock is needed, because nobody else can have one.
    pub fn get_mut(&mut self) -> &mut T {
        sync::Arc::get_mut(&mut self.inner)
            .expect("guards keep the lock itself alive")
            .get_mut()
    }

    /// The value, out of the lock.
    pub fn into_inner(self) -> T {
        sync::Arc::into_inner(self.inner)
            .expect("guards keep the lock itself alive")
            .into_inner()
    }
}

/// What takes an owner of the lock.
impl<T> Arc<Mutex<T>> {
    /// [`Mutex::lock_owned`].
    #[track_caller]
    pub fn lock_owned(self) -> impl Future<Output = OwnedMutexGuard<T>> {
        let locked = future(self.object, "lock", sync::Arc::clone(&self.inner).lock_owned());
        let (object, location) = (self.object, Location::caller());
        async move {
            OwnedMutexGuard {
                guard: Ends::at(object, "unlock", locked.await, location),
                _lock: self,
            }
        }
    }

    /// [`Mutex::try_lock_owned`].
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_lock_owned(self) -> Result<OwnedMutexGuard<T>, TryLockError> {
        let body = || sync::Arc::clone(&self.inner).try_lock_owned();
        let guard = self.object.call("try_lock", Class::Write, body, |name, result| {
            format!("{name}.try_lock ➜ {}", if result.is_ok() { "locked" } else { "busy" })
        })?;
        Ok(OwnedMutexGuard {
            guard: Ends::new(self.object, "unlock", guard),
            _lock: self,
        })
    }
}

impl<T: Default> Default for Mutex<T> {
    #[track_caller]
    fn default() -> Self {
        Mutex::new(T::default())
    }
}

impl<T> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutex").finish_non_exhaustive()
    }
}

/// Access to the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct MutexGuard<'a, T> {
    guard: Ends<tokio::sync::MutexGuard<'a, T>>,
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Access to the value of a [`Mutex`] that does not borrow from it; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedMutexGuard<T> {
    guard: Ends<tokio::sync::OwnedMutexGuard<T>>,
    /// Keeps the lock itself, next to tokio's part of it.
    _lock: Arc<Mutex<T>>,
}

impl<T> Deref for OwnedMutexGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for OwnedMutexGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedMutexGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
