//! The atomics of std.

use std::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize, Ordering,
};

use crate::engine::current::assert_native;
use crate::raw::{Fetch, Orderings, Origin, RawAtomic, RawFetch, Show, Stored, StoredFetch, modify_stored, stored};

stored!();

/// An atomic of std.
pub(crate) struct Atomic<S>(S);

impl<V: Copy, S: Stored<V>> RawAtomic<V> for Atomic<S> {
    fn new(_: &'static str, value: V, _: Origin) -> Self {
        Atomic(S::new(value))
    }

    fn set_name(&mut self, _: &str, _: Show<V>) {}

    fn name(&self) -> Option<String> {
        None
    }

    fn show(&self, _: Show<V>) {}

    fn load(&self, ordering: Ordering, _: Show<V>) -> V {
        assert_native();
        self.0.load(ordering)
    }

    fn store(&self, new: V, ordering: Ordering, _: Show<V>) {
        assert_native();
        self.0.store(new, ordering);
    }

    fn swap(&self, new: V, ordering: Ordering, _: Show<V>) -> V {
        assert_native();
        self.0.swap(new, ordering)
    }

    fn compare_exchange(&self, current: V, new: V, order: Orderings, _: Show<V>) -> Result<V, V> {
        assert_native();
        self.0.compare_exchange(current, new, order)
    }

    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, _: Show<V>) -> Result<V, V> {
        assert_native();
        self.0.compare_exchange_weak(current, new, order)
    }

    fn modify(
        &self,
        _: &'static str,
        _: impl FnOnce() -> String,
        change: impl Fn(V) -> V,
        ordering: Ordering,
        _: Show<V>,
    ) -> V {
        assert_native();
        modify_stored(&self.0, change, ordering)
    }

    fn peek(&self) -> Option<V> {
        // Ordering: Relaxed; a look for a debug print orders nothing.
        Some(self.0.load(Ordering::Relaxed))
    }

    fn into_inner(self) -> V {
        // Ordering: Relaxed; whoever owns the atomic is ordered after all who used it.
        self.0.load(Ordering::Relaxed)
    }
}

impl<V: Copy, S: StoredFetch<V>> RawFetch<V> for Atomic<S> {
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, _: Show<V>) -> V {
        assert_native();
        self.0.fetch(how, operand, ordering)
    }
}
