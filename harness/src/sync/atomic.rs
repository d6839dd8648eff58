//! Atomics with the names and signatures of `std::sync::atomic`.
//!
//! A load sees any store that its ordering and those of others let it see. A relaxed flag publishes nothing: an
//! [`UnsafeCell`](crate::cell::UnsafeCell) behind one is a data race. If [`Check::memory_model`](crate::Check::memory_model) asks
//! for sequential consistency, a load sees the last store, and the declared orderings count for data races only.

pub use std::sync::atomic::Ordering;

use std::fmt;

use crate::engine::any;
use crate::raw::{Fetch, Orderings, RawAtomic, RawFetch, Show};

/// A memory fence.
#[track_caller]
pub fn fence(ordering: Ordering) {
    any::fence(ordering);
}

/// The methods every atomic has.
macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident $(<$p:ident>)?, $value:ty) => {
        $(#[$doc])*
        pub struct $name $(<$p>)? {
            raw: any::Lazy<any::Atomic<$value>>,
            show: Show<$value>,
        }

        impl $(<$p>)? $name $(<$p>)? {
            /// A new atomic.
            #[track_caller]
            pub const fn new(value: $value) -> Self {
                let kind = stringify!($name);
                Self { raw: any::Lazy::new(any::First { kind, value }), show: Show(None) }
            }

            fn here(&self) -> &Self {
                any::here(self, &self.raw)
            }

            /// Its name in traces. A named atomic has a column that shows its value.
            pub fn named(mut self, name: &str) -> Self {
                self.raw.set_name(name, self.show);
                self
            }

            /// How traces print its value.
            pub fn showing(mut self, show: fn($value) -> String) -> Self {
                self.show = Show(Some(show));
                self.raw.show(self.show);
                self
            }

            /// Loads the value.
            ///
            /// # Panics
            /// When the ordering is `Release` or `AcqRel`, as in std.
            #[track_caller]
            pub fn load(&self, ordering: Ordering) -> $value {
                self.here().raw.load(ordering, self.show)
            }

            /// Stores a value.
            ///
            /// # Panics
            /// When the ordering is `Acquire` or `AcqRel`, as in std.
            #[track_caller]
            pub fn store(&self, new: $value, ordering: Ordering) {
                self.here().raw.store(new, ordering, self.show);
            }

            /// Stores a value and returns the one before.
            #[track_caller]
            pub fn swap(&self, new: $value, ordering: Ordering) -> $value {
                self.here().raw.swap(new, ordering, self.show)
            }

            /// Stores `new` if the value is `current`.
            ///
            /// # Errors
            /// The value that was found instead.
            ///
            /// # Panics
            /// When the failure ordering is `Release` or `AcqRel`, as in std.
            #[track_caller]
            pub fn compare_exchange(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.here().raw.compare_exchange(current, new, Orderings { success, failure }, self.show)
            }

            /// [`compare_exchange`](Self::compare_exchange) that may fail for no reason. Under the controlled engine it
            /// does as often as [`Check::spurious_wakeups`](crate::Check::spurious_wakeups) says, under loom never.
            ///
            /// # Errors
            /// The value that was found instead.
            ///
            /// # Panics
            /// When the failure ordering is `Release` or `AcqRel`, as in std.
            #[track_caller]
            pub fn compare_exchange_weak(
                &self,
                current: $value,
                new: $value,
                success: Ordering,
                failure: Ordering,
            ) -> Result<$value, $value> {
                self.here().raw.compare_exchange_weak(current, new, Orderings { success, failure }, self.show)
            }

            /// Loads, computes and exchanges until no other task came in between.
            ///
            /// # Errors
            /// The value for which `f` returned `None`.
            #[track_caller]
            pub fn fetch_update<F>(&self, set: Ordering, fetch: Ordering, mut f: F) -> Result<$value, $value>
            where
                F: FnMut($value) -> Option<$value>,
            {
                let mut current = self.load(fetch);
                while let Some(new) = f(current) {
                    match self.compare_exchange_weak(current, new, set, fetch) {
                        Ok(old) => return Ok(old),
                        Err(found) => current = found,
                    }
                }
                Err(current)
            }

            /// The value; no operation, because nobody else can reach it.
            pub fn into_inner(self) -> $value {
                match self.raw.into_parts() {
                    (Some(raw), _) => raw.into_inner(),
                    (None, first) => first.value,
                }
            }
        }

        impl $(<$p>)? fmt::Debug for $name $(<$p>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Not an operation of the program: nobody is scheduled for a debug print.
                match self.here().raw.made().map_or_else(|first| Some(first.value), RawAtomic::peek) {
                    Some(value) => fmt::Debug::fmt(&value, f),
                    None => f.write_str(concat!(stringify!($name), " { .. }")),
                }
            }
        }
    };
}

/// `fetch_..` methods: the name, and what it does.
macro_rules! fetch {
    ($name:ident, $value:ty, $($(#[$doc:meta])* $method:ident: $how:ident;)+) => {
        impl $name {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(&self, operand: $value, ordering: Ordering) -> $value {
                    self.here().raw.fetch(Fetch::$how, operand, ordering, self.show)
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
                $name, $value
            }
            fetch! { $name, $value,
                /// Adds, wrapping around, and returns the value before.
                fetch_add: Add;
                /// Subtracts, wrapping around, and returns the value before.
                fetch_sub: Sub;
                /// Bitwise and; returns the value before.
                fetch_and: And;
                /// Bitwise or; returns the value before.
                fetch_or: Or;
                /// Bitwise exclusive or; returns the value before.
                fetch_xor: Xor;
                /// Bitwise not-and; returns the value before.
                fetch_nand: Nand;
                /// Keeps the larger value; returns the one before.
                fetch_max: Max;
                /// Keeps the smaller value; returns the one before.
                fetch_min: Min;
            }
            impl Default for $name {
                #[track_caller]
                fn default() -> Self {
                    Self::new(0)
                }
            }
            impl From<$value> for $name {
                #[track_caller]
                fn from(value: $value) -> Self {
                    Self::new(value)
                }
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
    AtomicBool, bool
}

fetch! { AtomicBool, bool,
    /// Logical and; returns the value before.
    fetch_and: And;
    /// Logical or; returns the value before.
    fetch_or: Or;
    /// Logical exclusive or; returns the value before.
    fetch_xor: Xor;
    /// Logical not-and; returns the value before.
    fetch_nand: Nand;
}

impl Default for AtomicBool {
    #[track_caller]
    fn default() -> Self {
        Self::new(false)
    }
}

impl From<bool> for AtomicBool {
    #[track_caller]
    fn from(value: bool) -> Self {
        Self::new(value)
    }
}

atomic! {
    /// An atomic pointer. Traces do not show where it points: addresses differ from run to run.
    AtomicPtr<T>, *mut T
}
