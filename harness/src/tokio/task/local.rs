//! [`LocalKey`] and [`task_local!`](crate::tokio::task_local): a value that a future has while it is polled.
//!
//! tokio swaps the value into a thread local for each poll. Tasks of the controlled engine share an OS thread and are
//! interrupted inside their polls, so it is a local of this crate, which each of them has of its own.

use std::cell::RefCell;
use std::fmt;
use std::future::Future;
use std::marker::PhantomPinned;
use std::mem;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::thread;

/// A value that a future has while it is polled; made by [`task_local!`](crate::tokio::task_local).
pub struct LocalKey<T: 'static>(thread::LocalKey<RefCell<Option<T>>>);

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(slot: thread::LocalKey<RefCell<Option<T>>>) -> Self {
        LocalKey(slot)
    }

    /// A future that has this value whenever `f` is polled. The value is dropped with it.
    pub fn scope<F: Future>(&'static self, value: T, f: F) -> TaskLocalFuture<T, F> {
        TaskLocalFuture {
            local: self,
            slot: Some(value),
            future: Some(f),
            _pinned: PhantomPinned,
        }
    }

    /// Calls `f`, which has this value meanwhile.
    ///
    /// # Panics
    /// Inside [`with`](Self::with) of the same key.
    #[track_caller]
    pub fn sync_scope<F, R>(&'static self, value: T, f: F) -> R
    where
        F: FnOnce() -> R,
    {
        self.inside(&mut Some(value), f)
            .expect("cannot enter a task-local scope while the task-local storage is borrowed")
    }

    /// Calls `f` with the value.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn with<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.try_with(f)
            .expect("cannot access a task-local storage value without setting it first")
    }

    /// Calls `f` with the value.
    ///
    /// # Errors
    /// When there is none.
    pub fn try_with<F, R>(&'static self, f: F) -> Result<R, AccessError>
    where
        F: FnOnce(&T) -> R,
    {
        let found = self.0.try_with(|slot| slot.borrow().as_ref().map(f));
        found.ok().flatten().ok_or(AccessError(()))
    }

    /// Calls `f` while what is in `slot` is the value; nothing if somebody looks at the value just now.
    fn inside<R>(&'static self, slot: &mut Option<T>, f: impl FnOnce() -> R) -> Option<R> {
        /// Swaps back, however `f` ends.
        struct Swapped<'a, T: 'static> {
            local: &'static LocalKey<T>,
            slot: &'a mut Option<T>,
        }
        impl<T: 'static> Drop for Swapped<'_, T> {
            fn drop(&mut self) {
                self.local
                    .0
                    .with(|inside| mem::swap(self.slot, &mut *inside.borrow_mut()));
            }
        }
        let entered = self.0.try_with(|inside| match inside.try_borrow_mut() {
            Ok(mut inside) => {
                mem::swap(slot, &mut inside);
                true
            }
            Err(_) => false,
        });
        let entered = entered.unwrap_or(false);
        entered.then(|| {
            let _swapped = Swapped { local: self, slot };
            f()
        })
    }
}

impl<T: Clone + 'static> LocalKey<T> {
    /// A clone of the value.
    ///
    /// # Panics
    /// When there is none.
    #[track_caller]
    pub fn get(&'static self) -> T {
        self.with(T::clone)
    }

    /// A clone of the value.
    ///
    /// # Errors
    /// When there is none.
    pub fn try_get(&'static self) -> Result<T, AccessError> {
        self.try_with(T::clone)
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// A future that has a value whenever it is polled; made by [`LocalKey::scope`].
#[must_use = "futures do nothing unless you await or poll them"]
pub struct TaskLocalFuture<T: 'static, F> {
    local: &'static LocalKey<T>,
    slot: Option<T>,
    /// Gone once it is done.
    future: Option<F>,
    _pinned: PhantomPinned,
}

impl<T: 'static, F> TaskLocalFuture<T, F> {
    /// The value, which the future then has no more.
    pub fn take_value(self: Pin<&mut Self>) -> Option<T> {
        self.project().1.take()
    }

    /// The future, pinned as the whole is, and the two fields that are not.
    fn project(self: Pin<&mut Self>) -> (&'static LocalKey<T>, &mut Option<T>, Pin<&mut Option<F>>) {
        // SAFETY: the future is pinned with the whole and never moved out of it, also by Drop, and the whole is not
        // `Unpin`. The other fields are never pinned.
        unsafe {
            let this = self.get_unchecked_mut();
            (this.local, &mut this.slot, Pin::new_unchecked(&mut this.future))
        }
    }
}

impl<T: 'static, F: Future> Future for TaskLocalFuture<T, F> {
    type Output = F::Output;

    #[track_caller]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let (local, slot, mut future) = self.project();
        let polled = local.inside(slot, || {
            let running = future.as_mut().as_pin_mut();
            let polled = running.expect("`TaskLocalFuture` polled after completion").poll(cx);
            if polled.is_ready() {
                future.set(None);
            }
            polled
        });
        polled.expect("cannot enter a task-local scope while the task-local storage is borrowed")
    }
}

impl<T: 'static, F> Drop for TaskLocalFuture<T, F> {
    /// The future has the value when it is dropped, too.
    fn drop(&mut self) {
        if mem::needs_drop::<F>() && self.future.is_some() {
            // SAFETY: whoever drops it does not move it any more.
            let (local, slot, mut future) = unsafe { Pin::new_unchecked(self) }.project();
            let _ = local.inside(slot, || future.set(None));
        }
    }
}

impl<T: fmt::Debug + 'static, F> fmt::Debug for TaskLocalFuture<T, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskLocalFuture")
            .field("value", &self.slot)
            .finish_non_exhaustive()
    }
}

/// There is no value.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct AccessError(());

impl fmt::Debug for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessError").finish()
    }
}

impl fmt::Display for AccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("task-local value not set")
    }
}

impl std::error::Error for AccessError {}

/// Values that a future has while it is polled, as `tokio::task_local!`.
///
/// ```
/// use selvedge::tokio::task_local;
/// use selvedge::{check, future};
///
/// task_local! {
///     static REQUEST: u32;
/// }
/// check(|| {
///     future::block_on(async {
///         let task = future::spawn(REQUEST.scope(1, async { REQUEST.get() }));
///         REQUEST.scope(2, async { assert_eq!(REQUEST.get(), 2) }).await;
///         assert_eq!(task.await.unwrap(), 1);
///         assert!(REQUEST.try_get().is_err());
///     });
/// });
/// ```
#[doc(hidden)]
#[macro_export]
macro_rules! __tokio_task_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty; $($rest:tt)*) => {
        $crate::__tokio_task_local!($(#[$attribute])* $visibility static $name: $type);
        $crate::__tokio_task_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty) => {
        $(#[$attribute])*
        $visibility static $name: $crate::tokio::task::LocalKey<$type> = {
            fn init() -> ::std::cell::RefCell<::core::option::Option<$type>> {
                ::std::cell::RefCell::new(::core::option::Option::None)
            }
            ::std::thread_local! {
                static REAL: ::std::cell::RefCell<::core::option::Option<$type>> = init();
            }
            $crate::tokio::task::LocalKey::new($crate::thread::LocalKey::new(&REAL, init))
        };
    };
}

/// What the program calls `task_local!`.
#[doc(hidden)]
pub use __tokio_task_local as task_local;
