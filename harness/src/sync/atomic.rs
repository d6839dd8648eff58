//! Atomics with the names and signatures of `std::sync::atomic`.
//!
//! A load sees any store that its ordering and those of others let it see. A relaxed flag publishes nothing: an
//! [`UnsafeCell`](crate::cell::UnsafeCell) behind one is a data race. If [`Check::memory_model`](crate::Check::memory_model) asks
//! for sequential consistency, a load sees the last store, and the declared orderings count for data races only.
//!
//! What std has and this has not: `as_ptr`, `from_ptr`, `from_mut` and `get_mut_slice`. An access through such a pointer is no
//! operation, so nobody could see it.

pub use std::sync::atomic::Ordering;

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any;
use crate::raw::{Fetch, Orderings, RawAtomic, RawFetch, Show};

/// A memory fence.
///
/// # Panics
/// When the ordering is `Relaxed`, as in std.
#[track_caller]
pub fn fence(ordering: Ordering) {
    assert_not_relaxed(ordering);
    any::fence(ordering);
}

/// A fence for the compiler alone. No other task can see whether there is one, so under every engine but real threads it does
/// nothing.
///
/// # Panics
/// When the ordering is `Relaxed`, as in std.
#[track_caller]
pub fn compiler_fence(ordering: Ordering) {
    assert_not_relaxed(ordering);
    std::sync::atomic::compiler_fence(ordering);
}

#[track_caller]
fn assert_not_relaxed(ordering: Ordering) {
    assert!(
        ordering != Ordering::Relaxed,
        "there is no such thing as a relaxed fence"
    );
}

/// What [`hint::spin_loop`](crate::hint::spin_loop) was called once.
#[deprecated(note = "use `hint::spin_loop`")]
#[track_caller]
pub fn spin_loop_hint() {
    any::spin_loop();
}

/// The ordering of a failure that `compare_and_swap` has with this one.
fn of_failure(ordering: Ordering) -> Ordering {
    match ordering {
        Ordering::Release => Ordering::Relaxed,
        Ordering::AcqRel => Ordering::Acquire,
        other => other,
    }
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
                Self { raw: any::Lazy::new(any::First::new(kind, value)), show: Show(None) }
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

            /// Loads, computes and exchanges until no other task came in between; returns the value before.
            #[track_caller]
            pub fn update(&self, set: Ordering, fetch: Ordering, mut f: impl FnMut($value) -> $value) -> $value {
                let mut current = self.load(fetch);
                loop {
                    match self.compare_exchange_weak(current, f(current), set, fetch) {
                        Ok(old) => return old,
                        Err(found) => current = found,
                    }
                }
            }

            /// Stores `new` if the value is `current`; returns the value before.
            #[deprecated(note = "use `compare_exchange` or `compare_exchange_weak`")]
            #[track_caller]
            pub fn compare_and_swap(&self, current: $value, new: $value, ordering: Ordering) -> $value {
                match self.compare_exchange(current, new, ordering, of_failure(ordering)) {
                    Ok(old) | Err(old) => old,
                }
            }

            /// The value, to be changed in place; no operation, because nobody else can reach it.
            ///
            /// What is used afterwards is another object to the engine, which begins with the value that is left here and has
            /// the same name.
            pub fn get_mut(&mut self) -> &mut $value {
                let (raw, first) = self.raw.unmake();
                if let Some(raw) = raw {
                    first.named = raw.name().map(|name| Box::new((name, self.show)));
                    first.value = raw.into_inner();
                }
                &mut first.value
            }

            /// The value; no operation, because nobody else can reach it.
            pub fn into_inner(self) -> $value {
                match self.raw.into_parts() {
                    (Some(raw), _) => raw.into_inner(),
                    (None, first) => first.value,
                }
            }
        }

        impl $(<$p>)? UnwindSafe for $name $(<$p>)? {}
        impl $(<$p>)? RefUnwindSafe for $name $(<$p>)? {}

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

impl AtomicBool {
    /// Logical not; returns the value before.
    #[track_caller]
    pub fn fetch_not(&self, ordering: Ordering) -> bool {
        let text = String::new;
        self.here()
            .raw
            .modify("fetch_not", text, |old: bool| !old, ordering, self.show)
    }
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

macro_rules! fetch_pointer {
    ($($(#[$doc:meta])* $method:ident($operand:ident) = $old:ident => $new:expr;)+) => {
        impl<T> AtomicPtr<T> {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(&self, $operand: usize, ordering: Ordering) -> *mut T {
                    let change = |$old: *mut T| $new;
                    let text = || $operand.to_string();
                    self.here().raw.modify(stringify!($method), text, change, ordering, self.show)
                }
            )+
        }
    };
}

fetch_pointer! {
    /// Moves it forward by so many `T`s, wrapping around, and returns the pointer before.
    fetch_ptr_add(value) = old => old.wrapping_add(value);
    /// Moves it back by so many `T`s, wrapping around, and returns the pointer before.
    fetch_ptr_sub(value) = old => old.wrapping_sub(value);
    /// Moves it forward by so many bytes, wrapping around, and returns the pointer before.
    fetch_byte_add(value) = old => old.wrapping_byte_add(value);
    /// Moves it back by so many bytes, wrapping around, and returns the pointer before.
    fetch_byte_sub(value) = old => old.wrapping_byte_sub(value);
    /// Bitwise and of the address; returns the pointer before.
    fetch_and(value) = old => old.map_addr(|address| address & value);
    /// Bitwise or of the address; returns the pointer before.
    fetch_or(value) = old => old.map_addr(|address| address | value);
    /// Bitwise exclusive or of the address; returns the pointer before.
    fetch_xor(value) = old => old.map_addr(|address| address ^ value);
}

impl<T> Default for AtomicPtr<T> {
    #[track_caller]
    fn default() -> Self {
        Self::new(std::ptr::null_mut())
    }
}

impl<T> From<*mut T> for AtomicPtr<T> {
    #[track_caller]
    fn from(value: *mut T) -> Self {
        Self::new(value)
    }
}

impl<T> fmt::Pointer for AtomicPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not an operation of the program, as in `Debug`.
        match self
            .here()
            .raw
            .made()
            .map_or_else(|first| Some(first.value), RawAtomic::peek)
        {
            Some(value) => fmt::Pointer::fmt(&value, f),
            None => f.write_str("AtomicPtr { .. }"),
        }
    }
}
