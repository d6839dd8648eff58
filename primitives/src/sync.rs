//! Where the primitives get their locks and atomics from: the one place that knows about the feature.
//!
//! The facade has names and values for traces and std has not, so objects are made by the functions here.

#[cfg(feature = "selvedge")]
pub(crate) use facade::*;
#[cfg(not(feature = "selvedge"))]
pub(crate) use production::*;

#[cfg(feature = "selvedge")]
mod facade {
    use std::fmt;

    pub(crate) use selvedge::cell::UnsafeCell;
    pub(crate) use selvedge::sync::Mutex;
    pub(crate) use selvedge::sync::atomic::{AtomicUsize, Ordering};

    /// A mutex that traces call `name`; `show` prints its value.
    #[track_caller]
    pub(crate) fn mutex<T>(name: &str, value: T, show: fn(&T) -> String) -> Mutex<T> {
        Mutex::new(value).named(name).showing(show)
    }

    /// A counter that traces call `name`.
    #[track_caller]
    pub(crate) fn counter(name: &str, value: usize) -> AtomicUsize {
        AtomicUsize::new(value).named(name)
    }

    /// A counter that traces call `name`; `show` prints its value.
    #[track_caller]
    pub(crate) fn shown_counter(name: fmt::Arguments<'_>, value: usize, show: fn(usize) -> String) -> AtomicUsize {
        AtomicUsize::new(value).showing(show).named(&name.to_string())
    }

    /// Unprotected memory that traces call `name`.
    #[track_caller]
    pub(crate) fn cell<T>(name: fmt::Arguments<'_>, value: T) -> UnsafeCell<T> {
        UnsafeCell::new(value).named(&name.to_string())
    }
}

#[cfg(not(feature = "selvedge"))]
mod production {
    use std::fmt;

    pub(crate) use std::sync::Mutex;
    pub(crate) use std::sync::atomic::{AtomicUsize, Ordering};

    #[inline]
    pub(crate) fn mutex<T>(_name: &str, value: T, _show: fn(&T) -> String) -> Mutex<T> {
        Mutex::new(value)
    }

    #[inline]
    pub(crate) fn counter(_name: &str, value: usize) -> AtomicUsize {
        AtomicUsize::new(value)
    }

    #[inline]
    pub(crate) fn shown_counter(_name: fmt::Arguments<'_>, value: usize, _show: fn(usize) -> String) -> AtomicUsize {
        AtomicUsize::new(value)
    }

    /// std's cell in the shape of the facade's: closures instead of a raw pointer.
    #[derive(Debug)]
    pub(crate) struct UnsafeCell<T>(std::cell::UnsafeCell<T>);

    impl<T> UnsafeCell<T> {
        #[inline]
        pub(crate) fn with_mut<R>(&self, f: impl FnOnce(*mut T) -> R) -> R {
            f(self.0.get())
        }
    }

    #[inline]
    pub(crate) fn cell<T>(_name: fmt::Arguments<'_>, value: T) -> UnsafeCell<T> {
        UnsafeCell(std::cell::UnsafeCell::new(value))
    }
}
