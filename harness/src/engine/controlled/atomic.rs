//! Atomics under the controlled engine, which is sequentially consistent: a load sees the last store.
//!
//! The declared orderings still count, for happens-before: a relaxed flag publishes nothing.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::atomic::{Ordering, Ordering::Relaxed};

use super::choose::happens_for_no_reason;
use super::context::{name_of, show_value, tracing, with_kernel};
use super::object::Handle;
use super::perform::perform;
use crate::kernel::{Class, Op, Sync};
use crate::raw::{Combine, Fetch, Orderings, RawAtomic, RawFetch, Show, Stored, StoredFetch, Word};

/// A memory fence.
pub(crate) fn fence(ordering: Ordering) {
    with_kernel(|k| {
        let me = k.current;
        k.happens_before.fence(me, ordering);
    });
}

fn digest<V: Hash>(value: &V) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// An atomic value.
// Ordering: Relaxed for `value` everywhere; all tasks of an execution run on one OS thread.
pub(crate) struct Atomic<S> {
    object: Handle,
    value: S,
}

impl<S> Atomic<S> {
    /// A read-modify-write that always writes: `name.fetch_add(1) ➜ old`.
    #[track_caller]
    fn modify<V: Word>(
        &self,
        verb: &'static str,
        ordering: Ordering,
        operand: impl FnOnce() -> String,
        run: impl FnOnce() -> (V, V),
        show: Show<V>,
    ) -> V {
        let id = self.object.id();
        perform(Op::new(verb, id, Class::Write), |step| {
            let (old, new) = run();
            if old == new {
                step.refine(0, Class::Rewrite);
            }
            step.sync(Sync::ReadModifyWrite(ordering));
            step.value(|| digest(&(old, new)));
            step.tell(|| format!("{}.{verb}({}) ➜ {}", name_of(id), operand(), show.text(old)));
            step.show(id, || show.text(new));
            old
        })
    }
}

impl<V: Word, S: Stored<V>> RawAtomic<V> for Atomic<S> {
    fn new(kind: &'static str, value: V) -> Self {
        Atomic {
            object: Handle::new(kind),
            value: S::new(value),
        }
    }

    fn set_name(&mut self, name: &str, show: Show<V>) {
        if tracing() {
            self.object.set_name(name);
            self.show(show);
        }
    }

    fn show(&self, show: Show<V>) {
        if tracing() {
            show_value(self.object.id(), show.text(self.value.load(Relaxed)));
        }
    }

    fn load(&self, ordering: Ordering, show: Show<V>) -> V {
        assert!(
            !matches!(ordering, Ordering::Release | Ordering::AcqRel),
            "there is no such thing as a load with the ordering {ordering:?}"
        );
        let id = self.object.id();
        perform(Op::new("load", id, Class::Read), |step| {
            let value = self.value.load(Relaxed);
            step.sync(Sync::Load(ordering));
            step.value(|| digest(&value));
            step.tell(|| format!("{} ➜ {}", name_of(id), show.text(value)));
            value
        })
    }

    fn store(&self, new: V, ordering: Ordering, show: Show<V>) {
        assert!(
            !matches!(ordering, Ordering::Acquire | Ordering::AcqRel),
            "there is no such thing as a store with the ordering {ordering:?}"
        );
        let id = self.object.id();
        perform(Op::new("store", id, Class::Write), |step| {
            if self.value.swap(new, Relaxed) == new {
                step.refine(0, Class::Rewrite);
            }
            step.sync(Sync::Store(ordering));
            step.value(|| digest(&new));
            step.tell(|| format!("{} = {}", name_of(id), show.text(new)));
            step.show(id, || show.text(new));
        });
    }

    fn swap(&self, new: V, ordering: Ordering, show: Show<V>) -> V {
        let run = || (self.value.swap(new, Relaxed), new);
        self.modify("swap", ordering, || show.text(new), run, show)
    }

    /// One that fails is a read.
    fn compare_exchange(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        assert!(
            !matches!(order.failure, Ordering::Release | Ordering::AcqRel),
            "there is no such thing as a failing exchange with the ordering {:?}",
            order.failure
        );
        const INNER: Orderings = Orderings {
            success: Relaxed,
            failure: Relaxed,
        };
        let id = self.object.id();
        perform(Op::new("compare_exchange", id, Class::Write), |step| {
            let result = self.value.compare_exchange(current, new, INNER);
            match &result {
                Ok(_) => {
                    if current == new {
                        step.refine(0, Class::Rewrite);
                    }
                    step.sync(Sync::ReadModifyWrite(order.success));
                }
                Err(_) => {
                    step.refine(0, Class::Read);
                    step.sync(Sync::Load(order.failure));
                }
            }
            step.value(|| digest(&result));
            step.tell(|| {
                let outcome = match &result {
                    Ok(old) => format!("Ok({})", show.text(*old)),
                    Err(found) => format!("Err({})", show.text(*found)),
                };
                let (current, new) = (show.text(current), show.text(new));
                format!("{}.compare_exchange({current}, {new}) ➜ {outcome}", name_of(id))
            });
            if result.is_ok() {
                step.show(id, || show.text(new));
            }
            result
        })
    }

    /// Fails without a reason as often as the platform may do such things.
    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        if !happens_for_no_reason() {
            return self.compare_exchange(current, new, order, show);
        }
        let id = self.object.id();
        perform(Op::new("compare_exchange_weak", id, Class::Read), |step| {
            let found = self.value.load(Relaxed);
            step.sync(Sync::Load(order.failure));
            step.value(|| digest(&found));
            step.tell(|| {
                let (current, new, found) = (show.text(current), show.text(new), show.text(found));
                format!(
                    "{}.compare_exchange_weak({current}, {new}) ➜ Err({found}), for no reason",
                    name_of(id)
                )
            });
            Err(found)
        })
    }

    fn peek(&self) -> Option<V> {
        Some(self.value.load(Relaxed))
    }

    fn into_inner(self) -> V {
        self.value.load(Relaxed)
    }
}

impl<V: Combine, S: StoredFetch<V>> RawFetch<V> for Atomic<S> {
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, show: Show<V>) -> V {
        let run = || {
            let old = self.value.fetch(how, operand, Relaxed);
            (old, old.combine(how, operand))
        };
        self.modify(how.name(), ordering, || operand.to_string(), run, show)
    }
}
