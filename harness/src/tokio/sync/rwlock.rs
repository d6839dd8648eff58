//! [`RwLock`]: the real `tokio::sync::RwLock`.
//!
//! Readers commute when they come: they get the lock together, or wait for the same writer and are let in together.
//! When they leave they do not, because the last of them lets a writer in.

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

/// A lock for one writer or several readers, fair between them; the real `tokio::sync::RwLock`.
pub struct RwLock<T> {
    inner: sync::Arc<tokio::sync::RwLock<T>>,
    object: Object,
}

impl<T> RwLock<T> {
    /// A free lock.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(value: T) -> Self {
        RwLock {
            inner: sync::Arc::new(tokio::sync::RwLock::new(value)),
            object: Object::new("RwLock"),
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.object.set_name(name);
        self
    }

    /// Waits until the lock is free of writers, and takes it.
    #[track_caller]
    pub fn read(&self) -> impl Future<Output = RwLockReadGuard<'_, T>> {
        let locked = future(self.object, "read", self.inner.read()).only_looks();
        let (object, location) = (self.object, Location::caller());
        async move {
            RwLockReadGuard {
                guard: Ends::at(object, "release (read)", locked.await, location),
            }
        }
    }

    /// [`read`](Self::read) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::read_owned) of this crate, too.
    #[track_caller]
    pub fn read_owned(self: sync::Arc<Self>) -> impl Future<Output = OwnedRwLockReadGuard<T>> {
        Arc::from_std(self).read_owned()
    }

    /// Takes the lock if it is free of writers.
    ///
    /// # Errors
    /// When it is not.
    #[track_caller]
    pub fn try_read(&self) -> Result<RwLockReadGuard<'_, T>, TryLockError> {
        let guard = self.object.call(
            "try_read",
            Class::Read,
            || self.inner.try_read(),
            |name, result| format!("{name}.try_read ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(RwLockReadGuard {
            guard: Ends::new(self.object, "release (read)", guard),
        })
    }

    /// [`try_read`](Self::try_read) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::try_read_owned) of this crate, too.
    ///
    /// # Errors
    /// When the lock is not free of writers.
    #[track_caller]
    pub fn try_read_owned(self: sync::Arc<Self>) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        Arc::from_std(self).try_read_owned()
    }

    /// Waits for the lock on a thread.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_read(&self) -> RwLockReadGuard<'_, T> {
        if !self.object.is_controlled() {
            return RwLockReadGuard {
                guard: Ends::new(self.object, "release (read)", self.inner.blocking_read()),
            };
        }
        block_on(self.read())
    }

    /// Waits until the lock is free, and takes it.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = RwLockWriteGuard<'_, T>> {
        let locked = future(self.object, "write", self.inner.write());
        let (object, location) = (self.object, Location::caller());
        async move {
            RwLockWriteGuard {
                guard: Ends::at(object, "release (write)", locked.await, location),
            }
        }
    }

    /// [`write`](Self::write) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::write_owned) of this crate, too.
    #[track_caller]
    pub fn write_owned(self: sync::Arc<Self>) -> impl Future<Output = OwnedRwLockWriteGuard<T>> {
        Arc::from_std(self).write_owned()
    }

    /// Takes the lock if it is free.
    ///
    /// # Errors
    /// When it is not.
    #[track_caller]
    pub fn try_write(&self) -> Result<RwLockWriteGuard<'_, T>, TryLockError> {
        let guard = self.object.call(
            "try_write",
            Class::Write,
            || self.inner.try_write(),
            |name, result| format!("{name}.try_write ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(RwLockWriteGuard {
            guard: Ends::new(self.object, "release (write)", guard),
        })
    }

    /// [`try_write`](Self::try_write) with a guard that does not borrow from the lock. Of a
    /// [`sync::Arc`](Arc::try_write_owned) of this crate, too.
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_write_owned(self: sync::Arc<Self>) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        Arc::from_std(self).try_write_owned()
    }

    /// Waits for the lock on a thread.
    ///
    /// # Panics
    /// Inside a future.
    #[track_caller]
    pub fn blocking_write(&self) -> RwLockWriteGuard<'_, T> {
        if !self.object.is_controlled() {
            return RwLockWriteGuard {
                guard: Ends::new(self.object, "release (write)", self.inner.blocking_write()),
            };
        }
        block_on(self.write())
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
impl<T> Arc<RwLock<T>> {
    /// [`RwLock::read_owned`].
    #[track_caller]
    pub fn read_owned(self) -> impl Future<Output = OwnedRwLockReadGuard<T>> {
        let inner = sync::Arc::clone(&self.inner);
        let locked = future(self.object, "read", inner.read_owned()).only_looks();
        let (object, location) = (self.object, Location::caller());
        async move {
            OwnedRwLockReadGuard {
                guard: Ends::at(object, "release (read)", locked.await, location),
                _lock: self,
            }
        }
    }

    /// [`RwLock::try_read_owned`].
    ///
    /// # Errors
    /// When the lock is not free of writers.
    #[track_caller]
    pub fn try_read_owned(self) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        let body = || sync::Arc::clone(&self.inner).try_read_owned();
        let guard = self.object.call("try_read", Class::Read, body, |name, result| {
            format!("{name}.try_read ➜ {}", if result.is_ok() { "locked" } else { "busy" })
        })?;
        Ok(OwnedRwLockReadGuard {
            guard: Ends::new(self.object, "release (read)", guard),
            _lock: self,
        })
    }

    /// [`RwLock::write_owned`].
    #[track_caller]
    pub fn write_owned(self) -> impl Future<Output = OwnedRwLockWriteGuard<T>> {
        let locked = future(self.object, "write", sync::Arc::clone(&self.inner).write_owned());
        let (object, location) = (self.object, Location::caller());
        async move {
            OwnedRwLockWriteGuard {
                guard: Ends::at(object, "release (write)", locked.await, location),
                _lock: self,
            }
        }
    }

    /// [`RwLock::try_write_owned`].
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_write_owned(self) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        let body = || sync::Arc::clone(&self.inner).try_write_owned();
        let guard = self.object.call("try_write", Class::Write, body, |name, result| {
            format!("{name}.try_write ➜ {}", if result.is_ok() { "locked" } else { "busy" })
        })?;
        Ok(OwnedRwLockWriteGuard {
            guard: Ends::new(self.object, "release (write)", guard),
            _lock: self,
        })
    }
}

impl<T: Default> Default for RwLock<T> {
    #[track_caller]
    fn default() -> Self {
        RwLock::new(T::default())
    }
}

impl<T> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}

/// Shared access to the value of a [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockReadGuard<'a, T> {
    guard: Ends<tokio::sync::RwLockReadGuard<'a, T>>,
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Shared access that does not borrow from the [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedRwLockReadGuard<T> {
    guard: Ends<tokio::sync::OwnedRwLockReadGuard<T>>,
    /// Keeps the lock itself, next to tokio's part of it.
    _lock: Arc<RwLock<T>>,
}

impl<T> Deref for OwnedRwLockReadGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedRwLockReadGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Exclusive access to the value of a [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockWriteGuard<'a, T> {
    guard: Ends<tokio::sync::RwLockWriteGuard<'a, T>>,
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

/// Exclusive access that does not borrow from the [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedRwLockWriteGuard<T> {
    guard: Ends<tokio::sync::OwnedRwLockWriteGuard<T>>,
    /// Keeps the lock itself, next to tokio's part of it.
    _lock: Arc<RwLock<T>>,
}

impl<T> Deref for OwnedRwLockWriteGuard<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for OwnedRwLockWriteGuard<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
    }
}

impl<T: fmt::Debug> fmt::Debug for OwnedRwLockWriteGuard<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<'a, T> RwLockWriteGuard<'a, T> {
    /// Turns exclusive access into shared access, with no writer in between.
    #[track_caller]
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        let object = self.guard.object();
        let guard = self.guard.take();
        let guard = object.call(
            "downgrade",
            Class::Write,
            || guard.downgrade(),
            |name, _| format!("{name}.downgrade"),
        );
        RwLockReadGuard {
            guard: Ends::new(object, "release (read)", guard),
        }
    }
}
