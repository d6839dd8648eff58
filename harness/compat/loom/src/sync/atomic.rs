//! Atomics, as in `std::sync::atomic`, and what loom adds: [`with_mut`](AtomicUsize::with_mut), which is compared with all other
//! accesses as one to an [`UnsafeCell`](crate::cell::UnsafeCell) would be, and [`unsync_load`](AtomicUsize::unsync_load).

use std::fmt;

use selvedge::sync::atomic;

use crate::cell::Watch;

pub use selvedge::sync::atomic::{Ordering, fence};

/// Says that the thread spins.
#[track_caller]
pub fn spin_loop_hint() {
    selvedge::hint::spin_loop();
}

/// The failure ordering of a `compare_and_swap`.
fn failure(order: Ordering) -> Ordering {
    match order {
        Ordering::Relaxed | Ordering::Release => Ordering::Relaxed,
        Ordering::Acquire | Ordering::AcqRel => Ordering::Acquire,
        _ => Ordering::SeqCst,
    }
}

macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident $(<$p:ident>)?, $value:ty, $none:expr) => {
        $(#[$doc])*
        pub struct $name $(<$p>)? {
            atomic: atomic::$name $(<$p>)?,
            /// Written by `with_mut` and read by all others.
            watch: Watch,
        }

        impl $(<$p>)? $name $(<$p>)? {
            /// A new atomic.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                Self { atomic: atomic::$name::new(value), watch: Watch::new(concat!("value of ", stringify!($name))) }
            }

            #[track_caller]
            fn shared(&self) -> &atomic::$name $(<$p>)? {
                self.watch.is_used();
                &self.atomic
            }

            /// The value, to change it. Accesses of others that are not ordered with this one are data races.
            #[track_caller]
            pub fn with_mut<R>(&mut self, f: impl FnOnce(&mut $value) -> R) -> R {
                self.watch.writes(|| ());
                f(self.atomic.get_mut())
            }

            /// The value. It is two relaxed loads: of a store that races with it, one of them can see the value before and the other
            /// one the value after.
            ///
            /// # Safety
            /// No store may race with it.
            ///
            /// # Panics
            /// When a store has come between them that changes the value.
            #[track_caller]
            pub unsafe fn unsync_load(&self) -> $value {
                let value = self.shared().load(Ordering::Relaxed);
                assert!(self.atomic.load(Ordering::Relaxed) == value, "data race: an unsync_load, and a store by another thread");
                value
            }

            /// The value, out of the atomic.
            #[track_caller]
            pub fn into_inner(self) -> $value {
                self.watch.writes(|| ());
                self.atomic.into_inner()
            }

            /// Loads the value.
            #[track_caller]
            pub fn load(&self, order: Ordering) -> $value {
                self.shared().load(order)
            }

            /// Stores a value.
            #[track_caller]
            pub fn store(&self, value: $value, order: Ordering) {
                self.shared().store(value, order);
            }

            /// Stores a value and returns the one before.
            #[track_caller]
            pub fn swap(&self, value: $value, order: Ordering) -> $value {
                self.shared().swap(value, order)
            }

            /// Stores `new` if the value is `current`, and returns the value before.
            #[track_caller]
            pub fn compare_and_swap(&self, current: $value, new: $value, order: Ordering) -> $value {
                self.compare_exchange(current, new, order, failure(order)).unwrap_or_else(|found| found)
            }

            /// Stores `new` if the value is `current`.
            ///
            /// # Errors
            /// The value that was found instead.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.shared().compare_exchange(current, new, success, failure)
            }

            /// [`compare_exchange`](Self::compare_exchange); as in loom, it does not fail without a reason.
            ///
            /// # Errors
            /// The value that was found instead.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.shared().compare_exchange_weak(current, new, success, failure)
            }

            /// Loads, computes and exchanges until no other thread came in between.
            ///
            /// # Errors
            /// The value for which `f` returned `None`.
            #[track_caller]
            pub fn fetch_update<F>(&self, set: Ordering, fetch: Ordering, f: F) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                self.shared().fetch_update(set, fetch, f)
            }

            /// [`fetch_update`](Self::fetch_update) by its newer name.
            ///
            /// # Errors
            /// The value for which `f` returned `None`.
            #[track_caller]
            pub fn try_update(
                &self,
                set: Ordering,
                fetch: Ordering,
                f: impl FnMut($value) -> Option<$value>,
            ) -> Result<$value, $value> {
                self.fetch_update(set, fetch, f)
            }

            /// [`try_update`](Self::try_update) that always computes a value. Returns the one before.
            #[track_caller]
            pub fn update(&self, set: Ordering, fetch: Ordering, mut f: impl FnMut($value) -> $value) -> $value {
                self.fetch_update(set, fetch, |value| Some(f(value))).unwrap_or_else(|value| value)
            }
        }

        impl $(<$p>)? fmt::Debug for $name $(<$p>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.atomic.fmt(f)
            }
        }

        impl $(<$p>)? Default for $name $(<$p>)? {
            #[track_caller]
            fn default() -> Self {
                Self::new($none)
            }
        }

        impl $(<$p>)? From<$value> for $name $(<$p>)? {
            #[track_caller]
            fn from(value: $value) -> Self {
                Self::new(value)
            }
        }
    };
}

macro_rules! fetch {
    ($name:ident, $value:ty, $($(#[$doc:meta])* $method:ident)+) => {
        impl $name {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(&self, value: $value, order: Ordering) -> $value {
                    self.shared().$method(value, order)
                }
            )+
        }
    };
}

macro_rules! integer {
    ($($name:ident, $value:ty;)+) => {
        $(
            atomic! {
                #[doc = concat!("An atomic `", stringify!($value), "`.")]
                $name, $value, 0
            }
            fetch! { $name, $value,
                /// Adds, wrapping around, and returns the value before.
                fetch_add
                /// Subtracts, wrapping around, and returns the value before.
                fetch_sub
                /// Bitwise and; returns the value before.
                fetch_and
                /// Bitwise not-and; returns the value before.
                fetch_nand
                /// Bitwise or; returns the value before.
                fetch_or
                /// Bitwise exclusive or; returns the value before.
                fetch_xor
                /// Keeps the larger value; returns the one before.
                fetch_max
                /// Keeps the smaller value; returns the one before.
                fetch_min
            }
        )+
    };
}

integer! {
    AtomicU8, u8;
    AtomicU16, u16;
    AtomicU32, u32;
    AtomicU64, u64;
    AtomicUsize, usize;
    AtomicI8, i8;
    AtomicI16, i16;
    AtomicI32, i32;
    AtomicI64, i64;
    AtomicIsize, isize;
}

atomic! {
    /// An atomic `bool`.
    AtomicBool, bool, false
}

fetch! { AtomicBool, bool,
    /// Logical and; returns the value before.
    fetch_and
    /// Logical not-and; returns the value before.
    fetch_nand
    /// Logical or; returns the value before.
    fetch_or
    /// Logical exclusive or; returns the value before.
    fetch_xor
}

atomic! {
    /// An atomic pointer.
    AtomicPtr<T>, *mut T, std::ptr::null_mut()
}
