//! Where the primitives get their locks and atomics from: the one place that knows about the feature.
//!
//! The facade has names and values for traces and std has not, so objects are made by the functions here.
//!
//! Two types stand for crates that the checker does not see into. [`Lock`] is `parking_lot::Mutex` in production; the
//! checker uses the facade's mutex in its place, because what parking_lot promises is a mutex without poisoning,
//! and so what others do between `lock` and `unlock` is explored too. [`Segments`] is `crossbeam_queue::SegQueue` on
//! both sides; for the checker each call is one opaque operation, so its own inside is taken to be correct.

#[cfg(feature = "selvedge")]
pub(crate) use facade::*;
#[cfg(not(feature = "selvedge"))]
pub(crate) use production::*;

#[cfg(feature = "selvedge")]
mod facade {
    use std::fmt;

    use crossbeam_queue::SegQueue;
    pub(crate) use selvedge::cell::UnsafeCell;
    pub(crate) use selvedge::hint::spin_loop;
    pub(crate) use selvedge::sync::atomic::{AtomicUsize, Ordering, fence};
    pub(crate) use selvedge::sync::{Mutex, MutexGuard};

    pub(crate) type LockGuard<'a, T> = MutexGuard<'a, T>;

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

    /// What `parking_lot::Mutex` is in production.
    pub(crate) struct Lock<T>(Mutex<T>);

    impl<T> Lock<T> {
        #[track_caller]
        pub(crate) fn new(name: &str, value: T, show: fn(&T) -> String) -> Self {
            Lock(mutex(name, value, show))
        }

        #[track_caller]
        pub(crate) fn lock(&self) -> LockGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }

    /// `SegQueue`, one opaque operation a call.
    pub(crate) struct Segments<T> {
        name: &'static str,
        inner: SegQueue<T>,
    }

    impl<T> Segments<T> {
        pub(crate) fn new(name: &'static str) -> Self {
            Segments {
                name,
                inner: SegQueue::new(),
            }
        }

        #[track_caller]
        pub(crate) fn push(&self, value: T) {
            selvedge::opaque(self.name, || self.inner.push(value));
        }

        #[track_caller]
        pub(crate) fn pop(&self) -> Option<T> {
            selvedge::opaque(self.name, || self.inner.pop())
        }
    }
}

#[cfg(not(feature = "selvedge"))]
mod production {
    use std::fmt;

    use crossbeam_queue::SegQueue;
    pub(crate) use std::hint::spin_loop;
    pub(crate) use std::sync::atomic::{AtomicUsize, Ordering, fence};
    pub(crate) use std::sync::{Mutex, MutexGuard};

    pub(crate) type LockGuard<'a, T> = parking_lot::MutexGuard<'a, T>;

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

    /// `parking_lot::Mutex`.
    pub(crate) struct Lock<T>(parking_lot::Mutex<T>);

    impl<T> Lock<T> {
        #[inline]
        pub(crate) fn new(_name: &str, value: T, _show: fn(&T) -> String) -> Self {
            Lock(parking_lot::Mutex::new(value))
        }

        #[inline]
        pub(crate) fn lock(&self) -> LockGuard<'_, T> {
            self.0.lock()
        }
    }

    /// `crossbeam_queue::SegQueue`.
    pub(crate) struct Segments<T>(SegQueue<T>);

    impl<T> Segments<T> {
        #[inline]
        pub(crate) fn new(_name: &'static str) -> Self {
            Segments(SegQueue::new())
        }

        #[inline]
        pub(crate) fn push(&self, value: T) {
            self.0.push(value);
        }

        #[inline]
        pub(crate) fn pop(&self) -> Option<T> {
            self.0.pop()
        }
    }
}
