//! [`LocalKey`] and [`thread_local!`](crate::thread_local!).

use std::cell::{Cell, RefCell};
use std::fmt;
use std::thread::AccessError;

use crate::engine::any;
use crate::raw::RawLocal;

/// A value that each task has of its own; made by [`thread_local!`](crate::thread_local!).
pub struct LocalKey<T: 'static>(any::Local<T>);

impl<T: 'static> LocalKey<T> {
    #[doc(hidden)]
    pub const fn new(on_real_threads: &'static std::thread::LocalKey<T>, init: fn() -> T) -> Self {
        LocalKey(any::Local::new(on_real_threads, init))
    }

    /// Calls `f` with the value of the current task, which is created on first use.
    ///
    /// # Panics
    /// When the value is being destroyed, on real threads.
    pub fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }

    /// [`with`](Self::with) that does not panic.
    ///
    /// # Errors
    /// When the value is being destroyed, on real threads.
    pub fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        self.0.try_with(f)
    }
}

impl<T: 'static> LocalKey<Cell<T>> {
    /// Sets the value of the current task.
    ///
    /// # Panics
    /// As for [`with`](Self::with); so for all that follow.
    pub fn set(&'static self, value: T) {
        self.with(|cell| cell.set(value));
    }

    /// A copy of the value.
    pub fn get(&'static self) -> T
    where
        T: Copy,
    {
        self.with(Cell::get)
    }

    /// The value, in whose place is the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(Cell::take)
    }

    /// The value, in whose place is another one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> LocalKey<RefCell<T>> {
    /// Calls `f` with the value.
    ///
    /// # Panics
    /// As for [`with`](Self::with), and when the value is borrowed in another way; so for all that follow.
    pub fn with_borrow<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&T) -> R,
    {
        self.with(|cell| f(&cell.borrow()))
    }

    /// Calls `f` with the value, which it may change.
    pub fn with_borrow_mut<F, R>(&'static self, f: F) -> R
    where
        F: FnOnce(&mut T) -> R,
    {
        self.with(|cell| f(&mut cell.borrow_mut()))
    }

    /// Sets the value of the current task.
    pub fn set(&'static self, value: T) {
        self.replace(value);
    }

    /// The value, in whose place is the default.
    pub fn take(&'static self) -> T
    where
        T: Default,
    {
        self.with(RefCell::take)
    }

    /// The value, in whose place is another one.
    pub fn replace(&'static self, value: T) -> T {
        self.with(|cell| cell.replace(value))
    }
}

impl<T: 'static> fmt::Debug for LocalKey<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalKey").finish_non_exhaustive()
    }
}

/// Values that each task has of its own, as `std::thread_local!`.
///
/// ```
/// use std::cell::Cell;
///
/// selvedge::thread_local! {
///     static DEPTH: Cell<u32> = Cell::new(0);
/// }
/// DEPTH.with(|depth| depth.set(depth.get() + 1));
/// ```
#[macro_export]
macro_rules! thread_local {
    () => {};
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr; $($rest:tt)*) => {
        $crate::thread_local!($(#[$attribute])* $visibility static $name: $type = $init);
        $crate::thread_local!($($rest)*);
    };
    ($(#[$attribute:meta])* $visibility:vis static $name:ident: $type:ty = $init:expr) => {
        $(#[$attribute])*
        $visibility static $name: $crate::thread::LocalKey<$type> = {
            fn init() -> $type {
                $init
            }
            ::std::thread_local! {
                static REAL: $type = init();
            }
            $crate::thread::LocalKey::new(&REAL, init)
        };
    };
}
