//! Where the primitives get their locks and atomics from: the one place that knows about the feature.
//!
//! The facade has names and values for traces and std has not, so objects are made by the functions here.

#[cfg(feature = "selvedge")]
pub(crate) use facade::*;
#[cfg(not(feature = "selvedge"))]
pub(crate) use production::*;

#[cfg(feature = "selvedge")]
mod facade {
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
}

#[cfg(not(feature = "selvedge"))]
mod production {
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
}
