//! [`Mutex`], as in `std::sync`.
//!
//! | kernel state | who holds it | what may happen |
//! |---|---|---|
//! | free | nobody | `lock` and `try_lock` succeed |
//! | held | the task with the guard | `lock` is not enabled, `try_lock` fails; dropping the guard frees it |

use std::cell::UnsafeCell;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{LockResult, PoisonError, TryLockError, TryLockResult};

use crate::engine::loom::Label;
use crate::engine::{self, Engine, Handle};
use crate::kernel::{Class, Op};

/// A mutual exclusion lock that is poisoned when a task panics while it holds it.
///
/// ```
/// use selvedge::sync::Mutex;
///
/// let queue = Mutex::new(Vec::new()).named("queue").showing(|q| format!("{q:?}"));
/// queue.lock().unwrap().push(1);
/// assert_eq!(*queue.lock().unwrap(), [1]);
/// ```
pub struct Mutex<T> {
    inner: Inner<T>,
    show: Option<fn(&T) -> String>,
}

enum Inner<T> {
    /// On real threads (`object` is `None`) or under the controlled engine.
    Std {
        object: Option<Handle>,
        lock: std::sync::Mutex<()>,
        poisoned: AtomicBool,
        value: UnsafeCell<T>,
    },
    Loom(loom::sync::Mutex<T>, Label),
}

// SAFETY: `value` is reached only through a guard, and a guard exists only while its task holds the
// lock: the std mutex on real threads, the kernel's gate under the controlled engine.
unsafe impl<T: Send> Send for Mutex<T> {}
// SAFETY: as above; sharing the mutex hands out `&mut T` one task at a time, so `T: Send` is enough.
unsafe impl<T: Send> Sync for Mutex<T> {}

/// Access to the value of a [`Mutex`]; dropping it unlocks.
#[must_use = "if unused, the mutex unlocks at once"]
pub struct MutexGuard<'a, T> {
    mutex: &'a Mutex<T>,
    held: Held<'a, T>,
    /// The task was panicking already when it locked, so unwinding it does not poison.
    panicking: bool,
}

enum Held<'a, T> {
    Native(Option<std::sync::MutexGuard<'a, ()>>),
    Controlled(Handle),
    Loom(Option<loom::sync::MutexGuard<'a, T>>),
}

impl<T> Mutex<T> {
    /// An unlocked mutex.
    #[track_caller]
    pub fn new(value: T) -> Self {
        let object = match engine::current() {
            Engine::Native => None,
            Engine::Controlled => Some(Handle::new("Mutex")),
            Engine::Loom => {
                let inner = Inner::Loom(loom::sync::Mutex::new(value), Label::new("Mutex"));
                return Mutex { inner, show: None };
            }
        };
        let inner = Inner::Std {
            object,
            lock: std::sync::Mutex::new(()),
            poisoned: AtomicBool::new(false),
            value: UnsafeCell::new(value),
        };
        Mutex { inner, show: None }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        match &mut self.inner {
            Inner::Std {
                object: Some(object), ..
            } => object.set_name(name),
            Inner::Std { .. } => {}
            Inner::Loom(_, label) => label.set_name(name),
        }
        self
    }

    /// Shows the protected value in a column of its own, next to the name, whenever it is unlocked.
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

    /// Waits until the mutex is free and locks it.
    ///
    /// # Errors
    /// When a task panicked while it held the lock; the error contains the guard.
    #[track_caller]
    pub fn lock(&self) -> LockResult<MutexGuard<'_, T>> {
        match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                let native = lock.lock().unwrap_or_else(PoisonError::into_inner);
                self.judge(self.guard(Held::Native(Some(native))))
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                engine::perform(Op::new("lock", handle.id(), Class::Acquire), |step| {
                    step.tell(|| format!("lock {}", engine::name_of(handle.id())));
                });
                self.judge(self.guard(Held::Controlled(*handle)))
            }
            Inner::Loom(mutex, label) => {
                label.waits();
                let locked = mutex.lock();
                label.record(|name| format!("lock {name}"));
                match locked {
                    Ok(guard) => Ok(self.guard(Held::Loom(Some(guard)))),
                    Err(poison) => Err(PoisonError::new(self.guard(Held::Loom(Some(poison.into_inner()))))),
                }
            }
        }
    }

    /// Locks the mutex if it is free.
    ///
    /// # Errors
    /// `WouldBlock` when it is held, `Poisoned` as for [`lock`](Self::lock).
    #[track_caller]
    pub fn try_lock(&self) -> TryLockResult<MutexGuard<'_, T>> {
        match &self.inner {
            Inner::Std { object: None, lock, .. } => {
                engine::assert_native();
                let native = match lock.try_lock() {
                    Ok(native) => native,
                    Err(TryLockError::Poisoned(poison)) => poison.into_inner(),
                    Err(TryLockError::WouldBlock) => return Err(TryLockError::WouldBlock),
                };
                Ok(self.judge(self.guard(Held::Native(Some(native))))?)
            }
            Inner::Std {
                object: Some(handle), ..
            } => {
                let id = handle.id();
                let locked = engine::perform(Op::new("try_lock", id, Class::TryAcquire), |step| {
                    let free = engine::with_kernel(|k| k.object(id).gate.admits(Class::Acquire, 0));
                    if !free {
                        step.refine(0, Class::TryFail);
                    }
                    step.tell(|| {
                        format!(
                            "try_lock {} ➜ {}",
                            engine::name_of(id),
                            if free { "locked" } else { "busy" }
                        )
                    });
                    free
                });
                if !locked {
                    return Err(TryLockError::WouldBlock);
                }
                Ok(self.judge(self.guard(Held::Controlled(*handle)))?)
            }
            Inner::Loom(mutex, label) => {
                let tried = mutex.try_lock();
                let busy = matches!(tried, Err(TryLockError::WouldBlock));
                label.record(|name| format!("try_lock {name} ➜ {}", if busy { "busy" } else { "locked" }));
                match tried {
                    Ok(guard) => Ok(self.guard(Held::Loom(Some(guard)))),
                    Err(TryLockError::WouldBlock) => Err(TryLockError::WouldBlock),
                    Err(TryLockError::Poisoned(poison)) => Err(TryLockError::Poisoned(PoisonError::new(
                        self.guard(Held::Loom(Some(poison.into_inner()))),
                    ))),
                }
            }
        }
    }

    /// Whether a task panicked while it held the lock.
    pub fn is_poisoned(&self) -> bool {
        match &self.inner {
            Inner::Std { poisoned, .. } => poisoned.load(Ordering::Relaxed),
            Inner::Loom(mutex, _) => matches!(mutex.try_lock(), Err(TryLockError::Poisoned(_))),
        }
    }

    /// Forgets that a task panicked while it held the lock.
    pub fn clear_poison(&self) {
        if let Inner::Std { poisoned, .. } = &self.inner {
            poisoned.store(false, Ordering::Relaxed);
        }
    }

    /// The value; no lock is needed, because nobody else can have one.
    ///
    /// # Errors
    /// As for [`lock`](Self::lock).
    pub fn get_mut(&mut self) -> LockResult<&mut T> {
        let poisoned = self.is_poisoned();
        let value = match &mut self.inner {
            Inner::Std { value, .. } => value.get_mut(),
            Inner::Loom(mutex, _) => mutex.get_mut()?,
        };
        if poisoned {
            Err(PoisonError::new(value))
        } else {
            Ok(value)
        }
    }

    /// The value, out of the mutex.
    ///
    /// # Errors
    /// As for [`lock`](Self::lock).
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
            Inner::Loom(mutex, _) => mutex.into_inner(),
        }
    }

    fn guard<'a>(&'a self, held: Held<'a, T>) -> MutexGuard<'a, T> {
        MutexGuard {
            mutex: self,
            held,
            panicking: std::thread::panicking(),
        }
    }

    fn judge<'a>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        if self.is_poisoned() {
            Err(PoisonError::new(guard))
        } else {
            Ok(guard)
        }
    }
}

impl<'a, T> MutexGuard<'a, T> {
    /// The mutex it locks, for a condition variable.
    pub(crate) fn mutex(&self) -> &'a Mutex<T> {
        self.mutex
    }

    /// Its object under the controlled engine.
    pub(crate) fn handle(&self) -> Option<Handle> {
        match &self.held {
            Held::Controlled(handle) => Some(*handle),
            _ => None,
        }
    }

    /// Takes the std guard out, for a condition variable that gives it back.
    pub(crate) fn native_mut(&mut self) -> Option<&mut Option<std::sync::MutexGuard<'a, ()>>> {
        match &mut self.held {
            Held::Native(guard) => Some(guard),
            _ => None,
        }
    }

    /// Takes loom's guard out, for a condition variable that gives it back.
    pub(crate) fn loom_mut(&mut self) -> Option<&mut Option<loom::sync::MutexGuard<'a, T>>> {
        match &mut self.held {
            Held::Loom(guard) => Some(guard),
            _ => None,
        }
    }

    /// Shows the value, when somebody asked for it and a trace is recorded.
    pub(crate) fn show(&self) {
        if let (Held::Controlled(handle), Some(show)) = (&self.held, self.mutex.show)
            && let Some(id) = handle.live()
            && engine::tracing()
        {
            engine::show_value(id, show(self));
        }
    }
}

impl<T> Drop for MutexGuard<'_, T> {
    fn drop(&mut self) {
        let poisoned = match &self.mutex.inner {
            Inner::Std { poisoned, .. } => poisoned,
            Inner::Loom(_, label) => {
                if let Held::Loom(Some(_)) = &self.held {
                    if let Some(show) = self.mutex.show {
                        label.record_value(|name| format!("unlock {name}"), || show(self));
                    } else {
                        label.record(|name| format!("unlock {name}"));
                    }
                }
                return;
            }
        };
        if !self.panicking && std::thread::panicking() && !engine::controlled::unwinding_at_end() {
            poisoned.store(true, Ordering::Relaxed);
        }
        if let Held::Controlled(handle) = &self.held
            && let Some(id) = handle.live()
        {
            engine::perform_release(Op::new("unlock", id, Class::Release), |step| {
                step.tell(|| format!("unlock {}", engine::name_of(id)));
                self.show();
            });
        }
    }
}

impl<T> Deref for MutexGuard<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        match (&self.held, &self.mutex.inner) {
            (Held::Loom(Some(guard)), _) => guard,
            // SAFETY: this guard holds the lock, so no other reference to the value exists.
            (_, Inner::Std { value, .. }) => unsafe { &*value.get() },
            _ => unreachable!("a loom mutex hands out loom guards"),
        }
    }
}

impl<T> DerefMut for MutexGuard<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        match (&mut self.held, &self.mutex.inner) {
            (Held::Loom(Some(guard)), _) => guard,
            // SAFETY: this guard holds the lock and is borrowed mutably, so the reference is unique.
            (_, Inner::Std { value, .. }) => unsafe { &mut *value.get() },
            _ => unreachable!("a loom mutex hands out loom guards"),
        }
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

impl<T: fmt::Debug> fmt::Debug for Mutex<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Looking at the value would be an operation of the program.
        f.debug_struct("Mutex")
            .field("poisoned", &self.is_poisoned())
            .finish_non_exhaustive()
    }
}

impl<T: fmt::Debug> fmt::Debug for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

impl<T: fmt::Display> fmt::Display for MutexGuard<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}
