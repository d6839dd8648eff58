//! [`RwLock`]: the real `tokio::sync::RwLock`.
//!
//! Readers commute when they come: they get the lock together, or wait for the same writer and are let in together. Not
//! so where there is room for so many readers only: then it matters who came first.
//! When they leave they do not, because the last of them lets a writer in.

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

/// A lock for one writer or several readers, fair between them; the real `tokio::sync::RwLock`.
pub struct RwLock<T: ?Sized> {
    object: LateObject,
    /// What it is to other readers that one comes.
    reads: Class,
    inner: tokio::sync::RwLock<T>,
}

impl<T> RwLock<T> {
    /// A free lock.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(value: T) -> Self {
        RwLock {
            object: LateObject::at_once("RwLock"),
            reads: Class::Read,
            inner: tokio::sync::RwLock::new(value),
        }
    }

    /// [`new`](Self::new) for a static, which begins each execution afresh.
    #[track_caller]
    pub const fn const_new(value: T) -> Self {
        RwLock {
            object: LateObject::new("RwLock"),
            reads: Class::Read,
            inner: tokio::sync::RwLock::const_new(value),
        }
    }

    /// A free lock for so many readers at a time.
    ///
    /// # Panics
    /// With more than `u32::MAX >> 3`, and under loom.
    #[track_caller]
    pub fn with_max_readers(value: T, max_reads: u32) -> Self {
        RwLock {
            object: LateObject::at_once("RwLock"),
            reads: Class::Write,
            inner: tokio::sync::RwLock::with_max_readers(value, max_reads),
        }
    }

    /// [`with_max_readers`](Self::with_max_readers) for a static, which begins each execution afresh. More than `u32::MAX >> 3`
    /// are as many as that.
    #[track_caller]
    pub const fn const_with_max_readers(value: T, max_reads: u32) -> Self {
        RwLock {
            object: LateObject::new("RwLock"),
            reads: Class::Write,
            inner: tokio::sync::RwLock::const_with_max_readers(value, max_reads),
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

impl<T: ?Sized> RwLock<T> {
    /// Waits until the lock is free of writers, and takes it.
    #[track_caller]
    pub fn read(&self) -> impl Future<Output = RwLockReadGuard<'_, T>> {
        let location = Location::caller();
        let here = self.here();
        let locked = future_at(*here.object, "read", location, here.inner.read()).class(here.reads);
        async move { here.reads(locked.await, location) }
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
        let here = self.here();
        let guard = here.object.call(
            "try_read",
            here.reads,
            || here.inner.try_read(),
            |name, result| format!("{name}.try_read ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(here.reads(guard, Location::caller()))
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
        let here = self.here();
        if !here.object.is_controlled() {
            return here.reads(here.inner.blocking_read(), Location::caller());
        }
        block_on(here.read())
    }

    /// Waits until the lock is free, and takes it.
    #[track_caller]
    pub fn write(&self) -> impl Future<Output = RwLockWriteGuard<'_, T>> {
        let location = Location::caller();
        let here = self.here();
        let locked = future_at(*here.object, "write", location, here.inner.write());
        async move { here.writes(locked.await, location) }
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
        let here = self.here();
        let guard = here.object.call(
            "try_write",
            Class::Write,
            || here.inner.try_write(),
            |name, result| format!("{name}.try_write ➜ {}", if result.is_ok() { "locked" } else { "busy" }),
        )?;
        Ok(here.writes(guard, Location::caller()))
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
        let here = self.here();
        if !here.object.is_controlled() {
            return here.writes(here.inner.blocking_write(), Location::caller());
        }
        block_on(here.write())
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

    /// Our guard of tokio's, given back at the place that took the lock.
    fn reads<'a>(
        &'a self,
        guard: tokio::sync::RwLockReadGuard<'a, T>,
        location: &'static Location<'static>,
    ) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            held: Held::sharing(Ends::at(*self.object, "release (read)", guard, location)),
        }
    }

    /// Our guard of tokio's, given back at the place that took the lock.
    fn writes<'a>(
        &'a self,
        guard: tokio::sync::RwLockWriteGuard<'a, T>,
        location: &'static Location<'static>,
    ) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            held: Held::exclusive(Ends::at(*self.object, "release (write)", guard, location)),
        }
    }
}

/// What takes an owner of the lock.
impl<T: ?Sized> Arc<RwLock<T>> {
    /// [`RwLock::read_owned`].
    #[track_caller]
    pub fn read_owned(self) -> impl Future<Output = OwnedRwLockReadGuard<T>> {
        let location = Location::caller();
        async move {
            let guard = future_at(*self.object, "read", location, self.inner.read())
                .class(self.reads)
                .await;
            // SAFETY: the lock stays where it is, and is dropped after the guard, as the type has it.
            let held = unsafe { self.reads(guard, location).held.owned() };
            OwnedRwLockReadGuard { held, lock: self }
        }
    }

    /// [`RwLock::try_read_owned`].
    ///
    /// # Errors
    /// When the lock is not free of writers.
    #[track_caller]
    pub fn try_read_owned(self) -> Result<OwnedRwLockReadGuard<T>, TryLockError> {
        // SAFETY: as in `read_owned`.
        let held = unsafe { self.try_read()?.held.owned() };
        Ok(OwnedRwLockReadGuard { held, lock: self })
    }

    /// [`RwLock::write_owned`].
    #[track_caller]
    pub fn write_owned(self) -> impl Future<Output = OwnedRwLockWriteGuard<T>> {
        let location = Location::caller();
        async move {
            let guard = future_at(*self.object, "write", location, self.inner.write()).await;
            // SAFETY: the lock stays where it is, and is dropped after the guard, as the type has it.
            let held = unsafe { self.writes(guard, location).held.owned() };
            OwnedRwLockWriteGuard { held, lock: self }
        }
    }

    /// [`RwLock::try_write_owned`].
    ///
    /// # Errors
    /// When the lock is not free.
    #[track_caller]
    pub fn try_write_owned(self) -> Result<OwnedRwLockWriteGuard<T>, TryLockError> {
        // SAFETY: as in `write_owned`.
        let held = unsafe { self.try_write()?.held.owned() };
        Ok(OwnedRwLockWriteGuard { held, lock: self })
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
        f.debug_struct("RwLock").finish_non_exhaustive()
    }
}

/// Shared access to the value of a [`RwLock`], or to a part of it; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockReadGuard<'a, T: ?Sized> {
    held: Held<'a, T>,
}

// SAFETY: as tokio's: it gives a look at the value and nothing else.
unsafe impl<T: ?Sized + Sync> Send for RwLockReadGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockReadGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// Access to a part of the value. The lock stays held.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        RwLockReadGuard {
            held: this.held.map_shared(f),
        }
    }

    /// Access to a part of the value, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let RwLockReadGuard { held } = this;
        match held.try_map_shared(f) {
            Ok(held) => Ok(RwLockReadGuard { held }),
            Err(held) => Err(RwLockReadGuard { held }),
        }
    }
}

/// Shared access, to the value or to a part of it, that does not borrow from the [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedRwLockReadGuard<T: ?Sized, U: ?Sized = T> {
    /// Of `lock`, and dropped before it.
    held: Held<'static, U>,
    lock: Arc<RwLock<T>>,
}

// SAFETY: as tokio's: it owns the lock and gives a look at the part.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Sync> Send for OwnedRwLockReadGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockReadGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedRwLockReadGuard<T, U> {
    /// Access to a part of the part. The lock stays held.
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, V>
    where
        F: FnOnce(&U) -> &V,
    {
        OwnedRwLockReadGuard {
            held: this.held.map_shared(f),
            lock: this.lock,
        }
    }

    /// Access to a part of the part, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, V>, Self>
    where
        F: FnOnce(&U) -> Option<&V>,
    {
        let OwnedRwLockReadGuard { held, lock } = this;
        match held.try_map_shared(f) {
            Ok(held) => Ok(OwnedRwLockReadGuard { held, lock }),
            Err(held) => Err(OwnedRwLockReadGuard { held, lock }),
        }
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

/// Exclusive access to the value of a [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockWriteGuard<'a, T: ?Sized> {
    held: Held<'a, T>,
}

// SAFETY: as tokio's: it may be sent where the value may be, and gives others a look at it.
unsafe impl<T: ?Sized + Send + Sync> Send for RwLockWriteGuard<'_, T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for RwLockWriteGuard<'_, T> {}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// Access to a part of the value. The lock stays held.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        RwLockMappedWriteGuard {
            // SAFETY: a guard of a writer is exclusive.
            held: unsafe { this.held.map(f) },
        }
    }

    /// Access to a part of the value, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let RwLockWriteGuard { held } = this;
        // SAFETY: a guard of a writer is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(RwLockMappedWriteGuard { held }),
            Err(held) => Err(RwLockWriteGuard { held }),
        }
    }

    /// The guard as one of a part, which is all of it.
    pub fn into_mapped(this: Self) -> RwLockMappedWriteGuard<'a, T> {
        RwLockMappedWriteGuard { held: this.held }
    }

    /// Turns exclusive access into shared access, with no other writer in between.
    #[track_caller]
    pub fn downgrade(self) -> RwLockReadGuard<'a, T> {
        RwLockReadGuard {
            held: self.held.downgrade(),
        }
    }

    /// [`downgrade`](Self::downgrade) and shared access to a part of the value.
    #[track_caller]
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> RwLockReadGuard<'a, U>
    where
        F: FnOnce(&T) -> &U,
    {
        RwLockReadGuard {
            held: this.held.map_shared(f).downgrade(),
        }
    }

    /// [`downgrade_map`](Self::downgrade_map), if `f` says so.
    ///
    /// # Errors
    /// The guard itself, which is a writer's still, when it does not.
    #[track_caller]
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<RwLockReadGuard<'a, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let RwLockWriteGuard { held } = this;
        match held.try_map_shared(f) {
            Ok(held) => Ok(RwLockReadGuard { held: held.downgrade() }),
            Err(held) => Err(RwLockWriteGuard { held }),
        }
    }
}

/// Exclusive access to a part of the value of a [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockMappedWriteGuard<'a, U: ?Sized> {
    held: Held<'a, U>,
}

// SAFETY: as for `RwLockWriteGuard`.
unsafe impl<U: ?Sized + Send + Sync> Send for RwLockMappedWriteGuard<'_, U> {}
// SAFETY: as above.
unsafe impl<U: ?Sized + Send + Sync> Sync for RwLockMappedWriteGuard<'_, U> {}

impl<'a, U: ?Sized> RwLockMappedWriteGuard<'a, U> {
    /// Access to a part of the part. The lock stays held.
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> RwLockMappedWriteGuard<'a, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        RwLockMappedWriteGuard {
            // SAFETY: a guard of a writer is exclusive.
            held: unsafe { this.held.map(f) },
        }
    }

    /// Access to a part of the part, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<RwLockMappedWriteGuard<'a, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let RwLockMappedWriteGuard { held } = this;
        // SAFETY: a guard of a writer is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(RwLockMappedWriteGuard { held }),
            Err(held) => Err(RwLockMappedWriteGuard { held }),
        }
    }
}

/// Exclusive access that does not borrow from the [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedRwLockWriteGuard<T: ?Sized> {
    /// Of `lock`, and dropped before it.
    held: Held<'static, T>,
    lock: Arc<RwLock<T>>,
}

// SAFETY: as for `RwLockWriteGuard`, and an owner of the lock goes with it.
unsafe impl<T: ?Sized + Send + Sync> Send for OwnedRwLockWriteGuard<T> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync> Sync for OwnedRwLockWriteGuard<T> {}

impl<T: ?Sized> OwnedRwLockWriteGuard<T> {
    /// Access to a part of the value. The lock stays held.
    pub fn map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, U>
    where
        F: FnOnce(&mut T) -> &mut U,
    {
        OwnedRwLockMappedWriteGuard {
            // SAFETY: a guard of a writer is exclusive.
            held: unsafe { this.held.map(f) },
            lock: this.lock,
        }
    }

    /// Access to a part of the value, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, U: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, U>, Self>
    where
        F: FnOnce(&mut T) -> Option<&mut U>,
    {
        let OwnedRwLockWriteGuard { held, lock } = this;
        // SAFETY: a guard of a writer is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(OwnedRwLockMappedWriteGuard { held, lock }),
            Err(held) => Err(OwnedRwLockWriteGuard { held, lock }),
        }
    }

    /// The guard as one of a part, which is all of it.
    pub fn into_mapped(this: Self) -> OwnedRwLockMappedWriteGuard<T> {
        OwnedRwLockMappedWriteGuard {
            held: this.held,
            lock: this.lock,
        }
    }

    /// Turns exclusive access into shared access, with no other writer in between.
    #[track_caller]
    pub fn downgrade(self) -> OwnedRwLockReadGuard<T> {
        OwnedRwLockReadGuard {
            held: self.held.downgrade(),
            lock: self.lock,
        }
    }

    /// [`downgrade`](Self::downgrade) and shared access to a part of the value.
    #[track_caller]
    pub fn downgrade_map<F, U: ?Sized>(this: Self, f: F) -> OwnedRwLockReadGuard<T, U>
    where
        F: FnOnce(&T) -> &U,
    {
        OwnedRwLockReadGuard {
            held: this.held.map_shared(f).downgrade(),
            lock: this.lock,
        }
    }

    /// [`downgrade_map`](Self::downgrade_map), if `f` says so.
    ///
    /// # Errors
    /// The guard itself, which is a writer's still, when it does not.
    #[track_caller]
    pub fn try_downgrade_map<F, U: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockReadGuard<T, U>, Self>
    where
        F: FnOnce(&T) -> Option<&U>,
    {
        let OwnedRwLockWriteGuard { held, lock } = this;
        match held.try_map_shared(f) {
            Ok(held) => Ok(OwnedRwLockReadGuard {
                held: held.downgrade(),
                lock,
            }),
            Err(held) => Err(OwnedRwLockWriteGuard { held, lock }),
        }
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

/// Exclusive access to a part of the value that does not borrow from the [`RwLock`]; dropping it releases the lock.
#[must_use = "if unused, the lock is released at once"]
pub struct OwnedRwLockMappedWriteGuard<T: ?Sized, U: ?Sized = T> {
    /// Of `lock`, and dropped before it.
    held: Held<'static, U>,
    lock: Arc<RwLock<T>>,
}

// SAFETY: as for `OwnedRwLockWriteGuard`, and the part goes with it.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Send for OwnedRwLockMappedWriteGuard<T, U> {}
// SAFETY: as above.
unsafe impl<T: ?Sized + Send + Sync, U: ?Sized + Send + Sync> Sync for OwnedRwLockMappedWriteGuard<T, U> {}

impl<T: ?Sized, U: ?Sized> OwnedRwLockMappedWriteGuard<T, U> {
    /// Access to a part of the part. The lock stays held.
    pub fn map<F, V: ?Sized>(this: Self, f: F) -> OwnedRwLockMappedWriteGuard<T, V>
    where
        F: FnOnce(&mut U) -> &mut V,
    {
        OwnedRwLockMappedWriteGuard {
            // SAFETY: a guard of a writer is exclusive.
            held: unsafe { this.held.map(f) },
            lock: this.lock,
        }
    }

    /// Access to a part of the part, if `f` says so.
    ///
    /// # Errors
    /// The guard itself, when it does not.
    pub fn try_map<F, V: ?Sized>(this: Self, f: F) -> Result<OwnedRwLockMappedWriteGuard<T, V>, Self>
    where
        F: FnOnce(&mut U) -> Option<&mut V>,
    {
        let OwnedRwLockMappedWriteGuard { held, lock } = this;
        // SAFETY: a guard of a writer is exclusive.
        match unsafe { held.try_map(f) } {
            Ok(held) => Ok(OwnedRwLockMappedWriteGuard { held, lock }),
            Err(held) => Err(OwnedRwLockMappedWriteGuard { held, lock }),
        }
    }

    /// The lock.
    pub fn rwlock(this: &Self) -> &Arc<RwLock<T>> {
        &this.lock
    }
}

shows_its_part!(shared [T: ?Sized] RwLockReadGuard<'_, T>, T);
shows_its_part!(shared [T: ?Sized, U: ?Sized] OwnedRwLockReadGuard<T, U>, U);
shows_its_part!(exclusive [T: ?Sized] RwLockWriteGuard<'_, T>, T);
shows_its_part!(exclusive [U: ?Sized] RwLockMappedWriteGuard<'_, U>, U);
shows_its_part!(exclusive [T: ?Sized] OwnedRwLockWriteGuard<T>, T);
shows_its_part!(exclusive [T: ?Sized, U: ?Sized] OwnedRwLockMappedWriteGuard<T, U>, U);
