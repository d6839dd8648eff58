//! The atomics of loom.

use std::fmt;
use std::sync::atomic::Ordering;

use ::loom::sync::atomic::{
    AtomicBool, AtomicI8, AtomicI16, AtomicI32, AtomicI64, AtomicIsize, AtomicPtr, AtomicU8, AtomicU16, AtomicU32,
    AtomicU64, AtomicUsize,
};

use super::early;
use super::label::Label;
use super::session::{begin_again, note_ordering, tracing, with_iteration};
use crate::raw::{
    Combine, Fetch, Orderings, Origin, RawAtomic, RawFetch, Show, Stored, StoredFetch, Word, modify_stored, stored,
};

stored!();

/// An atomic of loom.
pub(crate) struct Atomic<L> {
    value: L,
    label: Label,
}

impl<L> Atomic<L> {
    /// Tells a compare-and-exchange.
    #[track_caller]
    fn exchanged<V: Word>(&self, current: V, new: V, result: Result<V, V>, show: Show<V>) {
        if !tracing() {
            return;
        }
        let words = |outcome: String| {
            let arguments = format!("{}, {}", show.text(current), show.text(new));
            move |name: &str| format!("{name}.compare_exchange({arguments}) ➜ {outcome}")
        };
        match result {
            Ok(old) => self
                .label
                .record_value(words(format!("Ok({})", show.text(old))), || show.text(new)),
            Err(found) => self.label.record(words(format!("Err({})", show.text(found)))),
        }
    }
}

impl<V: Word, L: Stored<V>> RawAtomic<V> for Atomic<L> {
    fn new(kind: &'static str, value: V, origin: Origin) -> Self {
        // Who has made it is not known, and it must not have been one of several threads.
        let late = origin.address.is_some() && with_iteration(|i| i.threads.len() > 1).unwrap_or(false);
        let made = match late {
            true => early::take(value).unwrap_or_else(|| begin_again()),
            false => L::new(value),
        };
        Atomic {
            value: made,
            label: Label::of(kind, origin),
        }
    }

    fn set_name(&mut self, name: &str, _: Show<V>) {
        self.label.set_name(name);
    }

    fn name(&self) -> Option<String> {
        self.label.name()
    }

    fn show(&self, _: Show<V>) {}

    fn load(&self, ordering: Ordering, show: Show<V>) -> V {
        note_ordering(ordering);
        let value = self.value.load(ordering);
        self.label.record(|name| format!("{name} ➜ {}", show.text(value)));
        value
    }

    fn store(&self, new: V, ordering: Ordering, show: Show<V>) {
        note_ordering(ordering);
        self.value.store(new, ordering);
        let value = || show.text(new);
        self.label.record_value(|name| format!("{name} = {}", value()), value);
    }

    fn swap(&self, new: V, ordering: Ordering, show: Show<V>) -> V {
        note_ordering(ordering);
        let old = self.value.swap(new, ordering);
        let value = || show.text(new);
        self.label
            .record_value(|name| format!("{name}.swap({}) ➜ {}", value(), show.text(old)), value);
        old
    }

    fn compare_exchange(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        note_ordering(order.success);
        note_ordering(order.failure);
        let result = self.value.compare_exchange(current, new, order);
        self.exchanged(current, new, result, show);
        result
    }

    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        note_ordering(order.success);
        note_ordering(order.failure);
        let result = self.value.compare_exchange_weak(current, new, order);
        self.exchanged(current, new, result, show);
        result
    }

    fn modify(
        &self,
        verb: &'static str,
        operand: impl FnOnce() -> String,
        change: impl Fn(V) -> V,
        ordering: Ordering,
        show: Show<V>,
    ) -> V {
        note_ordering(ordering);
        let old = modify_stored(&self.value, &change, ordering);
        self.label.record_value(
            |name| format!("{name}.{verb}({}) ➜ {}", operand(), show.text(old)),
            || show.text(change(old)),
        );
        old
    }

    fn peek(&self) -> Option<V> {
        None
    }

    fn into_inner(self) -> V {
        self.value.load(Ordering::SeqCst)
    }
}

impl<V: Combine + fmt::Display, L: StoredFetch<V>> RawFetch<V> for Atomic<L> {
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, show: Show<V>) -> V {
        note_ordering(ordering);
        let old = self.value.fetch(how, operand, ordering);
        self.label.record_value(
            |name| format!("{name}.{}({operand}) ➜ {}", how.name(), show.text(old)),
            || show.text(old.combine(how, operand)),
        );
        old
    }
}
