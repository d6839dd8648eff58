//! [`RwLock`], as in `std::sync`.
//!
//! | kernel state | who holds it | what may happen |
//! |---|---|---|
//! | free | nobody | everything succeeds |
//! | shared | the tasks with a read guard | `read` and `try_read` succeed, `write` is not enabled, `try_write` fails |
//! | exclusive | the task with the write guard | `read` and `write` are not enabled, `try_read` and `try_write` fail |
//!
//! No side has priority: std promises none, so every order in which waiting readers and writers get
//! their turn is explored.

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::engine::{self, Engine, Handle};
use crate::kernel::{Class, Op};

/// A lock that many readers or one writer hold, poisoned when a task panics while it writes.
///
/// ```
/// use selvedge::sync::RwLock;
///
/// let config = RwLock::new(1).named("config").showing(|n| n.to_string());
/// *config.write().unwrap() += 1;
/// let (a, b) = (config.read().unwrap(), config.read().unwrap());
/// assert_eq!(*a + *b, 4);
/// ```
pub struct RwLock<T> {
    inner: Inner<T>,
    show: Option<fn(&T) -> String>,
}

enum Inner<T> {
    /// On real threads (`object` is `None`) or under the controlled engine.
    Std {
        object: Option<Handle>,
        lock: std::sync::RwLock<()>,
        poisoned: AtomicBool,
        value: UnsafeCell<T>,
    },
    Loom(loom::sync::RwLock<T>),
}

// SAFETY: `value` is reached only through a guard, and a guard exists only while its task holds the
// lock: the std lock on real threads, the kernel's gate under the controlled engine.
unsafe impl<T: Send> Send for RwLock<T> {}
// SAFETY: as above; readers on several tasks share `&T`, hence `T: Sync`, and writers move `T` between
// tasks, hence `T: Send`.
unsafe impl<T: Send + Sync> Sync for RwLock<T> {}

/// Shared access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockReadGuard<'a, T> {
    lock: &'a RwLock<T>,
    held: Held<std::sync::RwLockReadGuard<'a, ()>, loom::sync::RwLockReadGuard<'a, T>>,
}

/// Exclusive access to the value of an [`RwLock`]; dropping it unlocks.
#[must_use = "if unused, the lock is released at once"]
pub struct RwLockWriteGuard<'a, T> {
    lock: &'a RwLock<T>,
    held: Held<std::sync::RwLockWriteGuard<'a, ()>, loom::sync::RwLockWriteGuard<'a, T>>,
    /// The task was panicking already when it locked, so unwinding it does not poison.
    panicking: bool,
}

enum Held<N, L> {
    Native { _unlocks: N },
    Controlled(Handle),
    Loom(L),
}

impl<T> RwLock<T> {
    /// An unlocked lock.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let object = match engine::current() {
            Engine::Native => None,
            Engine::Controlled => Some(Handle::new("RwLock")),
            Engine::Loom => {
                return RwLock {
                    inner: Inner::Loom(loom::sync::RwLock::new(value)),
                    show: None,
                };
            }
        };
        let inner = Inner::Std {
            object,
            lock: std::sync::RwLock::new(()),
            poisoned: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        };
        RwLock { inner, show: None }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        if let Inner::Std {
            object: Some(object), ..
        } = &self.inner
        {
            object.set_name(name);
        }
        self
    }

    /// Shows the protected value in a column of its own, next to the name, whenever a writer unlocks.
    pub fn showing(mut self, show: fn(&T) -> String) -> Self {
        self.show = Some(show);
        if let Inner::Std {
            object: Some(object),
            value,
            ..
        } = &self.inner
            && engine::tracing()
        {
            // SAFETY: `self` is owned here, so nobody else can reach the value.
            engine::show_value(object.id(), show(unsafe { &*value.get() }));
        }
        self
    }

    /// Waits until no writer holds the lock and takes a share of it.
    ///
    /// # Errors
    /// When a task panicked while it held the lock for writing; the error contains the guard.
    #[track_caller]
    pub fn read(&self) -> LockResult<RwLockReadGuard<'_, T>> {
        let held = match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                Held::Native {
                    _unlocks: lock.read().unwrap_or_else(PoisonError::into_inner),
                }
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                engine::perform(Op::new("read", handle.id(), Class::ShareAcquire), |step| {
                    step.tell(|| format!("read-lock {}", engine::name_of(handle.id())));
                });
                Held::Controlled(*handle)
            }
            Inner::Loom(lock) => Held::Loom(lock.read().unwrap_or_else(PoisonError::into_inner)),
        };
        self.judge(RwLockReadGuard { lock: self, held })
    }

    /// Takes a share of the lock if no writer holds it.
    ///
    /// # Errors
    /// `WouldBlock` when a writer holds it, `Poisoned` as for [`read`](Self::read).
    #[track_caller]
    pub fn try_read(&self) -> TryLockResult<RwLockReadGuard<'_, T>> {
        let held = match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                Held::Native {
                    _unlocks: regardless_of_poison(lock.try_read())?,
                }
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                if !try_controlled("try_read", *handle, Class::TryShare, Class::ShareAcquire) {
                    return Err(TryLockError::WouldBlock);
                }
                Held::Controlled(*handle)
            }
            Inner::Loom(lock) => Held::Loom(regardless_of_poison(lock.try_read())?),
        };
        Ok(self.judge(RwLockReadGuard { lock: self, held })?)
    }

    /// Waits until nobody holds the lock and takes it.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    #[track_caller]
    pub fn write(&self) -> LockResult<RwLockWriteGuard<'_, T>> {
        let held = match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                Held::Native {
                    _unlocks: lock.write().unwrap_or_else(PoisonError::into_inner),
                }
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                engine::perform(Op::new("write", handle.id(), Class::Acquire), |step| {
                    step.tell(|| format!("write-lock {}", engine::name_of(handle.id())));
                });
                Held::Controlled(*handle)
            }
            Inner::Loom(lock) => Held::Loom(lock.write().unwrap_or_else(PoisonError::into_inner)),
        };
        self.judge(self.write_guard(held))
    }

    /// Takes the lock if nobody holds it.
    ///
    /// # Errors
    /// `WouldBlock` when somebody holds it, `Poisoned` as for [`read`](Self::read).
    #[track_caller]
    pub fn try_write(&self) -> TryLockResult<RwLockWriteGuard<'_, T>> {
        let held = match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                Held::Native {
                    _unlocks: regardless_of_poison(lock.try_write())?,
                }
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                if !try_controlled("try_write", *handle, Class::TryAcquire, Class::Acquire) {
                    return Err(TryLockError::WouldBlock);
                }
                Held::Controlled(*handle)
            }
            Inner::Loom(lock) => Held::Loom(regardless_of_poison(lock.try_write())?),
        };
        Ok(self.judge(self.write_guard(held))?)
    }

    /// Whether a task panicked while it held the lock for writing. Always false under loom, which ends
    /// at the first panic.
    pub fn is_poisoned(&self) -> bool {
        match &self.inner {
            // Ordering: Relaxed; a guard that sees the flag has the lock, which orders it.
            Inner::Std { poisoned, .. } => poisoned.load(Ordering::Relaxed),
            Inner::Loom(_) => false,
        }
    }

    /// Forgets that a task panicked while it held the lock for writing.
    pub fn clear_poison(&self) {
        if let Inner::Std { poisoned, .. } = &self.inner {
            // Ordering: Relaxed; the caller decides on its own when the value is sound again.
            poisoned.store(false, Ordering::Relaxed);
        }
    }

    /// The value; no lock is needed, because nobody else can have one.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        let value = match &mut self.inner {
            Inner::Std { value, .. } => value.get_mut(),
            Inner::Loom(lock) => lock.get_mut()?,
        };
        if poisoned {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }

    /// The value, out of the lock.
    ///
    /// # Errors
    /// As for [`read`](Self::read).
    pub fn into_inner(self) -> LockResult<T> {
        match self.inner {
            Inner::Std { value, poisoned, .. } => {
                let value = value.into_inner();
                if poisoned.into_inner() {
                    Err(PoisonError::new(value))
                } else {
                    Ok(value)
                }
            }
            Inner::Loom(lock) => lock.into_inner(),
        }
    }

    fn write_guard<'a>(
        &'a self,
        held: Held<std::sync::RwLockWriteGuard<'a, ()>, loom::sync::RwLockWriteGuard<'a, T>>,
    ) -> RwLockWriteGuard<'a, T> {
        RwLockWriteGuard {
            lock: self,
            held,
            panicking: std::thread::panicking(),
        }
    }

    fn judge<G>(&self, guard: G) -> LockResult<G> {
        if self.is_poisoned() {
            Err(PoisonError::new(guard))
        } else {
            Ok(guard)
        }
    }
}

/// The lock behind ours protects nothing, so only our own poison counts.
fn regardless_of_poison<G, H>(result: TryLockResult<G>) -> Result<G, TryLockError<H>> {
    match result {
        Ok(guard) => Ok(guard),
        Err(TryLockError::Poisoned(poison)) => Ok(poison.into_inner()),
        Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
    }
}

#[track_caller]
fn try_controlled(verb: &'static str, handle: Handle, class: Class, waiting: Class) -> bool {
    let id = handle.id();
    engine::perform(Op::new(verb, id, class), |step| {
        let free = engine::with_kernel(|k| k.object(id).gate.admits(waiting, 0));
        if !free {
            step.refine(0, Class::TryFail);
        }
        step.tell(|| {
            format!(
                "{verb} {} ➜ {}",
                engine::name_of(id),
                if free { "locked" } else { "busy" }
            )
        });
        free
    })
}

impl<T> Drop for RwLockReadGuard<'_, T> {
    fn drop(&mut self) {
        if let Held::Controlled(handle) = &self.held
            && let Some(id) = handle.live()
        {
            engine::perform_release(Op::new("read-unlock", id, Class::ShareRelease), |step| {
                step.tell(|| format!("read-unlock {}", engine::name_of(id)));
            });
        }
    }
}

impl<T> Drop for RwLockWriteGuard<'_, T> {
    fn drop(&mut self) {
        let Inner::Std { poisoned, .. } = &self.lock.inner else {
            return;
        };
        if !self.panicking && std::thread::panicking() && !engine::controlled::unwinding_at_end() {
            // Ordering: Relaxed; the unlock that follows publishes it to the next guard.
            poisoned.store(true, Ordering::Relaxed);
        }
        if let Held::Controlled(handle) = &self.held
            && let Some(id) = handle.live()
        {
            engine::perform_release(Op::new("write-unlock", id, Class::Release), |step| {
                step.tell(|| format!("write-unlock {}", engine::name_of(id)));
                if let Some(show) = self.lock.show {
                    step.show(id, || show(self));
                }
            });
        }
    }
}

impl<T> Deref for RwLockReadGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match (&self.held, &self.lock.inner) {
            (Held::Loom(guard), _) => guard,
            // SAFETY: this guard holds a share of the lock, so no writer exists.
            (_, Inner::Std { value, .. }) => unsafe { &*value.get() },
            _ => unreachable!("a loom lock hands out loom guards"),
        }
    }
}

impl<T> Deref for RwLockWriteGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match (&self.held, &self.lock.inner) {
            (Held::Loom(guard), _) => guard,
            // SAFETY: this guard holds the lock, so no other reference to the value exists.
            (_, Inner::Std { value, .. }) => unsafe { &*value.get() },
            _ => unreachable!("a loom lock hands out loom guards"),
        }
    }
}

impl<T> DerefMut for RwLockWriteGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match (&mut self.held, &self.lock.inner) {
            (Held::Loom(guard), _) => guard,
            // SAFETY: this guard holds the lock and is borrowed mutably, so the reference is unique.
            (_, Inner::Std { value, .. }) => unsafe { &mut *value.get() },
            _ => unreachable!("a loom lock hands out loom guards"),
        }
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

impl<T: fmt::Debug> fmt::Debug for RwLock<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("RwLock")
            .field("poisoned", &self.is_poisoned())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Debug> fmt::Debug for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for RwLockReadGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for RwLockWriteGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
