//! A value that is read and changed in one step.

use std::fmt;
use std::hash::Hash;
use std::sync::atomic::Ordering;

use super::Origin;

/// An atomic value of an engine.
pub(crate) trait RawAtomic<V>: Sized {
    /// An atomic of this type, for people: `AtomicU32`.
    fn new(kind: &'static str, value: V, origin: Origin) -> Self;

    /// Its name in traces, which show its value in a column from here on.
    fn set_name(&mut self, name: &str, show: Show<V>);

    /// The name that traces know, while one is recorded.
    fn name(&self) -> Option<String>;

    /// Shows its value as it is now, if it has a name.
    fn show(&self, show: Show<V>);

    #[track_caller]
    fn load(&self, ordering: Ordering, show: Show<V>) -> V;

    #[track_caller]
    fn store(&self, new: V, ordering: Ordering, show: Show<V>);

    #[track_caller]
    fn swap(&self, new: V, ordering: Ordering, show: Show<V>) -> V;

    /// `Ok` is the value before, `Err` the one that was found instead of `current`.
    #[track_caller]
    fn compare_exchange(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V>;

    /// May fail for no reason.
    #[track_caller]
    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V>;

    /// Changes the value in one step and gives the one before: `name.verb(operand) ➜ old`.
    #[track_caller]
    fn modify(
        &self,
        verb: &'static str,
        operand: impl FnOnce() -> String,
        change: impl Fn(V) -> V,
        ordering: Ordering,
        show: Show<V>,
    ) -> V;

    /// The value, without an operation of the program; nothing where that is impossible.
    fn peek(&self) -> Option<V>;

    /// The value; nobody else can reach it.
    fn into_inner(self) -> V;
}

/// An atomic value that can be combined with an operand.
pub(crate) trait RawFetch<V>: RawAtomic<V> {
    /// Combines and gives the value before.
    #[track_caller]
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, show: Show<V>) -> V;
}

/// The orderings of a compare-and-exchange that succeeds, and of one that fails.
#[derive(Clone, Copy)]
pub(crate) struct Orderings {
    pub(crate) success: Ordering,
    pub(crate) failure: Ordering,
}

/// How traces print a value.
pub(crate) struct Show<V>(pub(crate) Option<fn(V) -> String>);

impl<V> Clone for Show<V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Show<V> {}

impl<V: fmt::Debug> Show<V> {
    pub(crate) fn text(self, value: V) -> String {
        match self.0 {
            Some(show) => show(value),
            None => format!("{value:?}"),
        }
    }
}

/// How a value is combined with an operand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fetch {
    Add,
    Sub,
    And,
    Or,
    Xor,
    Nand,
    Max,
    Min,
}

impl Fetch {
    /// std's name of the method.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Fetch::Add => "fetch_add",
            Fetch::Sub => "fetch_sub",
            Fetch::And => "fetch_and",
            Fetch::Or => "fetch_or",
            Fetch::Xor => "fetch_xor",
            Fetch::Nand => "fetch_nand",
            Fetch::Max => "fetch_max",
            Fetch::Min => "fetch_min",
        }
    }
}

/// A value that fits into an atomic of the processor.
pub(crate) trait Word: Copy + PartialEq + fmt::Debug + Hash {}

impl<V: Copy + PartialEq + fmt::Debug + Hash> Word for V {}

/// A value that can be combined with another one.
pub(crate) trait Combine: Word + fmt::Display {
    fn combine(self, how: Fetch, operand: Self) -> Self;
}

macro_rules! combine_integers {
    ($($value:ty)+) => {
        $(impl Combine for $value {
            fn combine(self, how: Fetch, operand: Self) -> Self {
                match how {
                    Fetch::Add => self.wrapping_add(operand),
                    Fetch::Sub => self.wrapping_sub(operand),
                    Fetch::And => self & operand,
                    Fetch::Or => self | operand,
                    Fetch::Xor => self ^ operand,
                    Fetch::Nand => !(self & operand),
                    Fetch::Max => self.max(operand),
                    Fetch::Min => self.min(operand),
                }
            }
        })+
    };
}

combine_integers!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize);

impl Combine for bool {
    fn combine(self, how: Fetch, operand: Self) -> Self {
        match how {
            Fetch::And => self & operand,
            Fetch::Or => self | operand,
            Fetch::Xor => self ^ operand,
            Fetch::Nand => !(self & operand),
            Fetch::Add | Fetch::Sub | Fetch::Max | Fetch::Min => unreachable!("a bool is no number"),
        }
    }
}

/// An atomic of std or of loom, which have the same methods.
pub(crate) trait Stored<V> {
    fn new(value: V) -> Self;
    #[track_caller]
    fn load(&self, ordering: Ordering) -> V;
    #[track_caller]
    fn store(&self, new: V, ordering: Ordering);
    #[track_caller]
    fn swap(&self, new: V, ordering: Ordering) -> V;
    #[track_caller]
    fn compare_exchange(&self, current: V, new: V, order: Orderings) -> Result<V, V>;
    #[track_caller]
    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings) -> Result<V, V>;
}

/// Changes the value in one step, as exchanges do it that are tried until no other task came in between.
#[track_caller]
pub(crate) fn modify_stored<V: Copy>(stored: &impl Stored<V>, change: impl Fn(V) -> V, ordering: Ordering) -> V {
    // Ordering: Relaxed, here and for a failure; only the exchange that succeeds is the operation.
    let failure = Ordering::Relaxed;
    let mut current = stored.load(failure);
    loop {
        let order = Orderings {
            success: ordering,
            failure,
        };
        match stored.compare_exchange(current, change(current), order) {
            Ok(old) => return old,
            Err(found) => current = found,
        }
    }
}

/// One that has `fetch_..` methods.
pub(crate) trait StoredFetch<V>: Stored<V> {
    #[track_caller]
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering) -> V;
}

/// [`Stored`] for the atomics that are in scope where it is called.
macro_rules! stored {
    () => {
        stored! { @integers
            AtomicU8 u8, AtomicU16 u16, AtomicU32 u32, AtomicU64 u64, AtomicUsize usize,
            AtomicI8 i8, AtomicI16 i16, AtomicI32 i32, AtomicI64 i64, AtomicIsize isize
        }
        stored! { @one (), AtomicBool, bool }
        stored! { @fetch AtomicBool, bool;
            And fetch_and, Or fetch_or, Xor fetch_xor, Nand fetch_nand;
            Fetch::Add | Fetch::Sub | Fetch::Max | Fetch::Min => unreachable!("a bool is no number"),
        }
        stored! { @one (T), AtomicPtr<T>, *mut T }
    };
    (@integers $($name:ident $value:ty),+) => {
        $(
            stored! { @one (), $name, $value }
            stored! { @fetch $name, $value;
                Add fetch_add, Sub fetch_sub, And fetch_and, Or fetch_or,
                Xor fetch_xor, Nand fetch_nand, Max fetch_max, Min fetch_min;
            }
        )+
    };
    (@one ($($parameter:ident)?), $stored:ty, $value:ty) => {
        impl $(<$parameter>)? Stored<$value> for $stored {
            fn new(value: $value) -> Self {
                <$stored>::new(value)
            }
            fn load(&self, ordering: Ordering) -> $value {
                self.load(ordering)
            }
            fn store(&self, new: $value, ordering: Ordering) {
                self.store(new, ordering);
            }
            fn swap(&self, new: $value, ordering: Ordering) -> $value {
                self.swap(new, ordering)
            }
            fn compare_exchange(&self, current: $value, new: $value, order: Orderings) -> Result<$value, $value> {
                self.compare_exchange(current, new, order.success, order.failure)
            }
            fn compare_exchange_weak(&self, current: $value, new: $value, order: Orderings) -> Result<$value, $value> {
                self.compare_exchange_weak(current, new, order.success, order.failure)
            }
        }
    };
    (@fetch $stored:ty, $value:ty; $($how:ident $method:ident),+; $($others:tt)*) => {
        impl StoredFetch<$value> for $stored {
            fn fetch(&self, how: Fetch, operand: $value, ordering: Ordering) -> $value {
                match how {
                    $(Fetch::$how => self.$method(operand, ordering),)+
                    $($others)*
                }
            }
        }
    };
}
pub(crate) use stored;
