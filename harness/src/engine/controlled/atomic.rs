//! Atomics under the controlled engine.
//!
//! Where it is sequentially consistent, a load sees the last store. The declared orderings still count, for happens-before: a
//! relaxed flag publishes nothing. Under Rust's memory model the kernel says which stores a load may see, and where a store may
//! go among the others, and the strategy takes one of these ways.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::panic::Location;
use std::sync::atomic::{Ordering, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::choose::{happens_for_no_reason, way};
use super::context::{name_of, show_store, show_value, tracing, try_with_kernel, with_kernel};
use super::object::Living;
use super::perform::perform;
use crate::kernel::{Class, ObjectId, Op, Reads, Role, Sync};
use crate::raw::{Combine, Fetch, Orderings, Origin, RawAtomic, RawFetch, Show, Stored, Word};

/// A memory fence.
#[track_caller]
pub(crate) fn fence(declared: Ordering) {
    let ordering = counts(Role::Fence, "fence", declared);
    if ordering == Relaxed && declared != Relaxed {
        return;
    }
    with_kernel(|k| {
        let me = k.current;
        k.happens_before.fence(me, ordering);
    });
}

/// The ordering that counts for an operation that declares this one.
#[track_caller]
fn counts(role: Role, verb: &'static str, declared: Ordering) -> Ordering {
    let location = Location::caller();
    // Whoever uses an atomic outside of its execution is told so by the operation itself.
    try_with_kernel(|k| k.ordering(location, role, verb, declared)).unwrap_or(declared)
}

/// [`counts`] of a compare-and-exchange.
#[track_caller]
fn both_count(verb: &'static str, declared: Orderings) -> Orderings {
    assert!(
        !matches!(declared.failure, Ordering::Release | Ordering::AcqRel),
        "there is no such thing as a failing exchange with the ordering {:?}",
        declared.failure
    );
    Orderings {
        success: counts(Role::Update, verb, declared.success),
        failure: counts(Role::Load, verb, declared.failure),
    }
}

fn digest<V: Hash>(value: &V) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// An atomic value.
// Ordering: Relaxed for `value` everywhere; all tasks of an execution run on one OS thread.
pub(crate) struct Atomic<S> {
    object: Living,
    /// What the last store has left.
    value: S,
    /// What each store has left, in the order in which they were made, where a load may see another one than the last.
    stores: Mutex<Vec<S>>,
}

/// What an operation has found.
struct Found<V> {
    value: V,
    /// The number of the store, where a load may see another one than the last.
    nth: usize,
    /// What it would have found if it had seen the last store, and the row that made that.
    missed: Option<(V, usize)>,
}

impl<V> Found<V> {
    /// Words for what the operation did not see.
    fn stale(&self, show: Show<V>) -> String
    where
        V: Word,
    {
        match self.missed {
            Some((last, row)) => format!(", stale: step {row} stored {}", show.text(last)),
            None => String::new(),
        }
    }
}

impl<S> Atomic<S> {
    fn all_stores(&self) -> MutexGuard<'_, Vec<S>> {
        self.stores.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The value that an operation finds. `reads` says what it is if it finds this one.
    fn find<V: Word>(&self, id: ObjectId, reads: impl Fn(V) -> Reads) -> Found<V>
    where
        S: Stored<V>,
    {
        if !with_kernel(|k| k.happens_before.is_weak()) {
            let value = self.value.load(Relaxed);
            let (Reads::Only(ordering) | Reads::Updates(ordering)) = reads(value);
            with_kernel(|k| k.orders(ordering));
            return Found {
                value,
                nth: 0,
                missed: None,
            };
        }
        let values: Vec<V> = self.all_stores().iter().map(|s| s.load(Relaxed)).collect();
        let ways = with_kernel(|k| k.happens_before.sources(k.current, id, |nth| reads(values[nth])));
        let way = way(id, &ways);
        let (nth, missed) = with_kernel(|k| {
            k.notes_row();
            let stale = k.happens_before.is_stale(id, way);
            let missed = stale.then(|| k.happens_before.latest_row(id));
            if stale {
                k.sees_a_stale_store();
            }
            let next = k.happens_before.next_store(id);
            let nth = k.happens_before.reads(k.current, id, way);
            if let (Some(recorder), Some(Reads::Only(ordering))) = (&mut k.recorder, way.reads) {
                recorder.looks(k.current, id.0, ordering == Ordering::SeqCst);
            }
            let left = if k.happens_before.next_store(id) > next {
                next
            } else {
                nth
            };
            k.saw = Some((nth, left));
            let made = (left == next && left != nth).then_some(left);
            k.saw_stores(id, Some(nth), made);
            (nth, missed)
        });
        Found {
            value: values[nth],
            nth,
            missed: missed.map(|row| (self.value.load(Relaxed), row)),
        }
    }

    /// A store has been made, by an operation that has found something or by a plain one: gives what the last store has left.
    fn leave<V: Word>(&self, id: ObjectId, new: V, show: Show<V>) -> V
    where
        S: Stored<V>,
    {
        let last = match with_kernel(|k| k.happens_before.latest(id)) {
            None => new,
            Some(latest) => {
                let mut stores = self.all_stores();
                stores.push(S::new(new));
                show_store(id, stores.len() - 1, || show.text(new));
                stores[latest].load(Relaxed)
            }
        };
        self.value.store(last, Relaxed);
        last
    }

    /// A plain store goes to its place among the others. True where that is not the end.
    fn place<V: Word>(&self, id: ObjectId, new: V, ordering: Ordering) -> bool
    where
        S: Stored<V>,
    {
        if !with_kernel(|k| k.happens_before.is_weak()) {
            with_kernel(|k| k.orders(ordering));
            return false;
        }
        let ways = with_kernel(|k| k.happens_before.places(k.current, id, ordering));
        let way = way(id, &ways);
        let before = self.all_stores()[way.store].load(Relaxed);
        with_kernel(|k| {
            k.notes_row();
            let overwritten = k.happens_before.is_stale(id, way);
            if overwritten {
                k.sees_a_stale_store();
            }
            let next = k.happens_before.next_store(id);
            k.saw = Some((k.happens_before.latest(id).unwrap_or(next), next));
            k.saw_stores(id, None, Some(next));
            k.happens_before.stores(k.current, id, way, ordering);
            if before == new {
                k.happens_before.repeats(id, way.store);
            }
            overwritten
        })
    }

    /// A read-modify-write that always writes: `name.fetch_add(1) ➜ old`.
    #[track_caller]
    fn change<V: Word>(
        &self,
        verb: &'static str,
        ordering: Ordering,
        operand: impl FnOnce() -> String,
        change: impl FnOnce(V) -> V,
        show: Show<V>,
    ) -> V
    where
        S: Stored<V>,
    {
        let id = self.object.id();
        let ordering = counts(Role::Update, verb, ordering);
        perform(Op::new(verb, id, Class::Write), |step| {
            let found = self.find(id, |_| Reads::Updates(ordering));
            let old = found.value;
            let new = change(old);
            let last = self.leave(id, new, show);
            if old == new {
                with_kernel(|k| k.happens_before.repeats(id, found.nth));
            }
            if old == new && found.missed.is_none() {
                step.refine(0, Class::Rewrite);
            }
            step.sync(Sync::ReadModifyWrite(ordering));
            step.value(|| digest(&(old, new)));
            step.tell(|| {
                let stale = found.stale(show);
                format!("{}.{verb}({}) ➜ {}{stale}", name_of(id), operand(), show.text(old))
            });
            step.show(id, || show.text(last));
            old
        })
    }

    /// A compare-and-exchange. One that fails is a read.
    #[track_caller]
    fn exchange<V: Word>(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V>
    where
        S: Stored<V>,
    {
        let id = self.object.id();
        perform(Op::new("compare_exchange", id, Class::Write), |step| {
            let found = self.find(id, |value| match value == current {
                true => Reads::Updates(order.success),
                false => Reads::Only(order.failure),
            });
            let result = if found.value == current {
                Ok(current)
            } else {
                Err(found.value)
            };
            if result.is_ok() {
                let last = self.leave(id, new, show);
                if current == new {
                    with_kernel(|k| k.happens_before.repeats(id, found.nth));
                }
                if current == new && found.missed.is_none() {
                    step.refine(0, Class::Rewrite);
                }
                step.sync(Sync::ReadModifyWrite(order.success));
                step.show(id, || show.text(last));
            } else {
                step.refine(0, Class::Read);
                step.sync(Sync::Load(order.failure));
            }
            step.value(|| digest(&result));
            step.tell(|| {
                let outcome = match &result {
                    Ok(old) => format!("Ok({})", show.text(*old)),
                    Err(found) => format!("Err({})", show.text(*found)),
                };
                let (current, new) = (show.text(current), show.text(new));
                let stale = found.stale(show);
                format!("{}.compare_exchange({current}, {new}) ➜ {outcome}{stale}", name_of(id))
            });
            result
        })
    }
}

impl<V: Word, S: Stored<V>> RawAtomic<V> for Atomic<S> {
    fn new(kind: &'static str, value: V, origin: Origin) -> Self {
        let object = Living::new(kind, origin);
        let id = object.id();
        let mut stores = Vec::new();
        with_kernel(|k| {
            if k.happens_before.is_weak() {
                match origin.address {
                    Some(_) => k.happens_before.began(id),
                    None => k.happens_before.begins(k.current, id),
                }
                stores.push(S::new(value));
            }
        });
        Atomic {
            object,
            value: S::new(value),
            stores: Mutex::new(stores),
        }
    }

    fn set_name(&mut self, name: &str, show: Show<V>) {
        if tracing() {
            self.object.set_name(name);
            self.show(show);
        }
    }

    fn name(&self) -> Option<String> {
        self.object.name()
    }

    fn show(&self, show: Show<V>) {
        if tracing() {
            let id = self.object.id();
            show_value(id, show.text(self.value.load(Relaxed)));
            for (nth, store) in self.all_stores().iter().enumerate() {
                show_store(id, nth, || show.text(store.load(Relaxed)));
            }
        }
    }

    fn load(&self, ordering: Ordering, show: Show<V>) -> V {
        assert!(
            !matches!(ordering, Ordering::Release | Ordering::AcqRel),
            "there is no such thing as a load with the ordering {ordering:?}"
        );
        let id = self.object.id();
        let ordering = counts(Role::Load, "load", ordering);
        perform(Op::new("load", id, Class::Read), |step| {
            let found = self.find(id, |_| Reads::Only(ordering));
            let value = found.value;
            step.sync(Sync::Load(ordering));
            step.value(|| digest(&value));
            step.tell(|| format!("{} ➜ {}{}", name_of(id), show.text(value), found.stale(show)));
            value
        })
    }

    fn store(&self, new: V, ordering: Ordering, show: Show<V>) {
        assert!(
            !matches!(ordering, Ordering::Acquire | Ordering::AcqRel),
            "there is no such thing as a store with the ordering {ordering:?}"
        );
        let id = self.object.id();
        let ordering = counts(Role::Store, "store", ordering);
        perform(Op::new("store", id, Class::Write), |step| {
            let overwritten = self.place(id, new, ordering);
            if !overwritten && self.value.load(Relaxed) == new {
                step.refine(0, Class::Rewrite);
            }
            let last = self.leave(id, new, show);
            step.sync(Sync::Store(ordering));
            step.value(|| digest(&new));
            step.tell(|| {
                let text = format!("{} = {}", name_of(id), show.text(new));
                match overwritten {
                    true => format!("{text}, and the last store is still {}", show.text(last)),
                    false => text,
                }
            });
            step.show(id, || show.text(last));
        });
    }

    fn swap(&self, new: V, ordering: Ordering, show: Show<V>) -> V {
        self.change("swap", ordering, || show.text(new), |_| new, show)
    }

    fn compare_exchange(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        self.exchange(current, new, both_count("compare_exchange", order), show)
    }

    /// Fails without a reason as often as the platform may do such things.
    fn compare_exchange_weak(&self, current: V, new: V, order: Orderings, show: Show<V>) -> Result<V, V> {
        let order = both_count("compare_exchange_weak", order);
        if !happens_for_no_reason("fails") {
            return self.exchange(current, new, order, show);
        }
        let id = self.object.id();
        perform(Op::new("compare_exchange_weak", id, Class::Read), |step| {
            let found = self.find(id, |_| Reads::Only(order.failure));
            let value = found.value;
            step.sync(Sync::Load(order.failure));
            step.value(|| digest(&value));
            step.tell(|| {
                let (current, new, stale) = (show.text(current), show.text(new), found.stale(show));
                format!(
                    "{}.compare_exchange_weak({current}, {new}) ➜ Err({}), for no reason{stale}",
                    name_of(id),
                    show.text(value)
                )
            });
            Err(value)
        })
    }

    fn modify(
        &self,
        verb: &'static str,
        operand: impl FnOnce() -> String,
        change: impl Fn(V) -> V,
        ordering: Ordering,
        show: Show<V>,
    ) -> V {
        self.change(verb, ordering, operand, change, show)
    }

    fn peek(&self) -> Option<V> {
        Some(self.value.load(Relaxed))
    }

    fn into_inner(self) -> V {
        self.value.load(Relaxed)
    }
}

impl<V: Combine, S: Stored<V>> RawFetch<V> for Atomic<S> {
    fn fetch(&self, how: Fetch, operand: V, ordering: Ordering, show: Show<V>) -> V {
        let change = |old: V| old.combine(how, operand);
        self.change(how.name(), ordering, || operand.to_string(), change, show)
    }
}
