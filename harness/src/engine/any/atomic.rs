//! An atomic of the engine that runs.

use std::sync::atomic::{self, Ordering};

use super::late::Late;
use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Combine, Fetch, Orderings, Origin, RawAtomic, RawFetch, Show, Stored, StoredFetch, Word};

/// A memory fence.
#[track_caller]
pub(crate) fn fence(ordering: Ordering) {
    match current() {
        Engine::Native => atomic::fence(ordering),
        Engine::Controlled => controlled::fence(ordering),
        #[cfg(feature = "loom")]
        Engine::Loom => ::loom::sync::atomic::fence(ordering),
    }
}

/// A value that there are atomics of.
pub(crate) trait Value: Word {
    type Std: Stored<Self>;
    #[cfg(feature = "loom")]
    type Loom: Stored<Self>;
}

/// A value whose atomics have `fetch_..` methods.
#[cfg(feature = "loom")]
pub(crate) trait Fetchable: Value<Std: StoredFetch<Self>, Loom: StoredFetch<Self>> + Combine {}

/// A value whose atomics have `fetch_..` methods.
#[cfg(not(feature = "loom"))]
pub(crate) trait Fetchable: Value<Std: StoredFetch<Self>> + Combine {}

macro_rules! fetchable {
    ($($value:ty)+) => {
        $(impl Fetchable for $value {})+
    };
}

fetchable!(u8 u16 u32 u64 usize i8 i16 i32 i64 isize bool);

macro_rules! values {
    ($($name:ident $value:ty $(, $parameter:ident)?;)+) => {
        $(impl $(<$parameter>)? Value for $value {
            type Std = atomic::$name $(<$parameter>)?;
            #[cfg(feature = "loom")]
            type Loom = ::loom::sync::atomic::$name $(<$parameter>)?;
        })+
    };
}

values! {
    AtomicU8 u8;
    AtomicU16 u16;
    AtomicU32 u32;
    AtomicU64 u64;
    AtomicUsize usize;
    AtomicI8 i8;
    AtomicI16 i16;
    AtomicI32 i32;
    AtomicI64 i64;
    AtomicIsize isize;
    AtomicBool bool;
    AtomicPtr *mut T, T;
}

/// An atomic value.
pub(crate) enum Atomic<V: Value> {
    Native(native::Atomic<V::Std>),
    Controlled(controlled::Atomic<V::Std>),
    #[cfg(feature = "loom")]
    Loom(loom::Atomic<V::Loom>),
}

/// What an atomic begins with.
pub(crate) struct First<V> {
    /// Its type, for people.
    kind: &'static str,
    pub(crate) value: V,
    /// The name that it has had before its value was borrowed.
    pub(crate) named: Option<Box<(String, Show<V>)>>,
}

impl<V> First<V> {
    pub(crate) const fn new(kind: &'static str, value: V) -> Self {
        First {
            kind,
            value,
            named: None,
        }
    }
}

// SAFETY: it is a word that is copied and compared; a pointer is not followed.
unsafe impl<V: Value> Send for First<V> {}
// SAFETY: as above.
unsafe impl<V: Value> Sync for First<V> {}

impl<V: Value> Late for Atomic<V> {
    type Seed = First<V>;

    fn make(first: &First<V>, origin: Origin) -> Self {
        let mut atomic: Self = RawAtomic::new(first.kind, first.value, origin);
        if let Some(named) = &first.named {
            atomic.set_name(&named.0, named.1);
        }
        atomic
    }
}

impl<V: Value> RawAtomic<V> for Atomic<V> {
    fn new(kind: &'static str, value: V, origin: Origin) -> Self {
        make!(Atomic, RawAtomic::new(kind, value, origin))
    }

    fn set_name(&mut self, name: &str, show: Show<V>) {
        each!(self, Atomic(raw) => raw.set_name(name, show));
    }

    fn name(&self) -> Option<String> {
        each!(self, Atomic(raw) => raw.name())
    }

    fn show(&self, show: Show<V>) {
        each!(self, Atomic(raw) => raw.show(show));
    }

    fn load(&self, ordering: Ordering, show: Show<V>) -> V {
        each!(self, Atomic(raw) => raw.load(ordering, show))
    }

    fn store(&self, new: V, ordering: Ordering, show: Show<V>) {
        each!(self, Atomic(raw) => raw.store(new, ordering, show));
    }

    fn swap(&self, new: V, ordering: Ordering, show: Show<V>) -> V {
        each!(self, Atomic(raw) => raw.swap(new, ordering, show))
    }

    fn compare_exchange(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        each!(self, Atomic(raw) => raw.compare_exchange(current, new, order, show))
    }

    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        each!(self, Atomic(raw) => raw.compare_exchange_weak(current, new, order, show))
    }

    fn modify(
        &self,
        verb: &'static str,
        operand: impl FnOnce() -> String,
        change: impl Fn(V) -> V,
        ordering: Ordering,
        show: Show<V>,
    ) -> V {
        each!(self, Atomic(raw) => raw.modify(verb, operand, change, ordering, show))
    }

    fn peek(&self) -> Option<V> {
        each!(self, Atomic(raw) => raw.peek())
    }

    fn into_inner(self) -> V {
        each!(self, Atomic(raw) => raw.into_inner())
    }
}

impl<V: Fetchable> RawFetch<V> for Atomic<V> {
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, show: Show<V>) -> V {
        each!(self, Atomic(raw) => raw.fetch(how, operand, ordering, show))
    }
}
