//! Atomics with the names and signatures of `std::sync::atomic`.
//!
//! The controlled engine is sequentially consistent: a load sees the last store. The declared orderings
//! still count, for happens-before: a relaxed flag publishes nothing, and an
//! [`UnsafeCell`](crate::cell::UnsafeCell) behind one is a data race. Stale values that a weaker
//! ordering would allow are loom's part.

pub use std::sync::atomic::Ordering;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};

use crate::engine::loom::Label;
use crate::engine::{self, Engine, Handle, Sync};
use crate::kernel::{Class, ObjectId, Op};

/// A memory fence.
#[track_caller]
pub fn fence(ordering: Ordering) {
    match engine::current() {
        Engine::Native => std::sync::atomic::fence(ordering),
        Engine::Controlled => engine::with_kernel(|k| {
            let me = k.current;
            k.happens_before.fence(me, ordering);
        }),
        Engine::Loom => loom::sync::atomic::fence(ordering),
    }
}

fn digest<V: Hash>(value: &V) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// What the engines share, whatever the type of the value.
struct Atomic<S, L, V> {
    inner: Inner<S, L>,
    show: Option<fn(V) -> String>,
}

enum Inner<S, L> {
    Std { object: Option<Handle>, value: S },
    Loom(L, Label),
}

impl<S, L, V: fmt::Debug + Hash + Copy> Atomic<S, L, V> {
    fn named(&mut self, name: &str, now: impl FnOnce(&S) -> V) {
        if let Inner::Loom(_, label) = &mut self.inner {
            label.set_name(name);
        }
        if let Inner::Std {
            object: Some(object),
            value,
        } = &self.inner
            && engine::tracing()
        {
            object.set_name(name);
            engine::show_value(object.id(), self.text(now(value)));
        }
    }

    fn text(&self, value: V) -> String {
        match self.show {
            Some(show) => show(value),
            None => format!("{value:?}"),
        }
    }

    /// A load: `name ➜ value`.
    fn load(&self, id: ObjectId, ordering: Ordering, read: impl FnOnce() -> V, op: Op) -> V {
        engine::perform(op, |step| {
            let value = read();
            step.sync(Sync::Load(ordering));
            step.value(|| digest(&value));
            step.tell(|| format!("{} ➜ {}", engine::name_of(id), self.text(value)));
            value
        })
    }

    /// A store: `name = value`.
    fn store(&self, id: ObjectId, ordering: Ordering, value: V, write: impl FnOnce(), op: Op) {
        engine::perform(op, |step| {
            write();
            step.sync(Sync::Store(ordering));
            step.value(|| digest(&value));
            step.tell(|| format!("{} = {}", engine::name_of(id), self.text(value)));
            step.show(id, || self.text(value));
        });
    }

    /// A read-modify-write that always writes: `name.fetch_add(1) ➜ old`.
    fn modify(
        &self,
        id: ObjectId,
        ordering: Ordering,
        words: impl FnOnce() -> String,
        run: impl FnOnce() -> (V, V),
        op: Op,
    ) -> V {
        engine::perform(op, |step| {
            let (old, new) = run();
            step.sync(Sync::ReadModifyWrite(ordering));
            step.value(|| digest(&(old, new)));
            step.tell(|| format!("{}.{} ➜ {}", engine::name_of(id), words(), self.text(old)));
            step.show(id, || self.text(new));
            old
        })
    }

    /// A compare-and-exchange; one that fails is a read.
    #[expect(
        clippy::too_many_arguments,
        reason = "the arguments of compare_exchange, the object and the operation"
    )]
    fn exchange(
        &self,
        id: ObjectId,
        success: Ordering,
        failure: Ordering,
        current: V,
        new: V,
        run: impl FnOnce() -> Result<V, V>,
        op: Op,
    ) -> Result<V, V> {
        let verb = op.verb;
        engine::perform(op, |step| {
            let result = run();
            match &result {
                Ok(_) => step.sync(Sync::ReadModifyWrite(success)),
                Err(_) => {
                    step.refine(0, Class::Read);
                    step.sync(Sync::Load(failure));
                }
            }
            step.value(|| digest(&result));
            step.tell(|| {
                let outcome = match &result {
                    Ok(old) => format!("Ok({})", self.text(*old)),
                    Err(found) => format!("Err({})", self.text(*found)),
                };
                format!(
                    "{}.{verb}({}, {}) ➜ {outcome}",
                    engine::name_of(id),
                    self.text(current),
                    self.text(new)
                )
            });
            if result.is_ok() {
                step.show(id, || self.text(new));
            }
            result
        })
    }

    /// Tells a compare-and-exchange under loom.
    #[track_caller]
    fn exchanged(&self, label: &Label, current: V, new: V, result: Result<V, V>) {
        let words = |outcome: String| {
            let arguments = format!("{}, {}", self.text(current), self.text(new));
            move |name: &str| format!("{name}.compare_exchange({arguments}) ➜ {outcome}")
        };
        match result {
            _ if !engine::loom::tracing() => {}
            Ok(old) => label.record_value(words(format!("Ok({})", self.text(old))), || self.text(new)),
            Err(found) => label.record(words(format!("Err({})", self.text(found)))),
        }
    }
}

/// The methods every atomic has.
macro_rules! atomic {
    ($(#[$doc:meta])* $name:ident $(<$p:ident>)?, $value:ty, $std:ty, $loom:ty) => {
        $(#[$doc])*
        pub struct $name $(<$p>)? {
            atomic: Atomic<$std, $loom, $value>,
        }

        impl $(<$p>)? $name $(<$p>)? {
            /// A new atomic. Unlike std's this is no `const fn`: it asks which engine is running.
            #[track_caller]
            pub fn new(value: $value) -> Self {
                let inner = match engine::current() {
                    Engine::Native => Inner::Std { object: None, value: <$std>::new(value) },
                    Engine::Controlled => {
                        Inner::Std { object: Some(Handle::new(stringify!($name))), value: <$std>::new(value) }
                    }
                    Engine::Loom => Inner::Loom(<$loom>::new(value), Label::new(stringify!($name))),
                };
                Self { atomic: Atomic { inner, show: None } }
            }

            /// Its name in traces. A named atomic has a column that shows its value.
            pub fn named(mut self, name: &str) -> Self {
                self.atomic.named(name, |value| value.load(Ordering::Relaxed));
                self
            }

            /// How traces print its value.
            pub fn showing(mut self, show: fn($value) -> String) -> Self {
                self.atomic.show = Some(show);
                if let Inner::Std { object: Some(object), value } = &self.atomic.inner
                    && engine::tracing()
                {
                    engine::show_value(object.id(), show(value.load(Ordering::Relaxed)));
                }
                self
            }

            /// Loads the value.
            ///
            /// # Panics
            /// When the ordering is `Release` or `AcqRel`, as in std.
            #[track_caller]
            pub fn load(&self, ordering: Ordering) -> $value {
                match &self.atomic.inner {
                    Inner::Std { object: None, value } => value.load(ordering),
                    Inner::Std { object: Some(object), value } => {
                        let id = object.id();
                        let op = Op::new("load", id, Class::Read);
                        self.atomic.load(id, ordering, || value.load(ordering), op)
                    }
                    Inner::Loom(atomic, label) => {
                        let value = atomic.load(ordering);
                        label.record(|name| format!("{name} ➜ {}", self.atomic.text(value)));
                        value
                    }
                }
            }

            /// Stores a value.
            ///
            /// # Panics
            /// When the ordering is `Acquire` or `AcqRel`, as in std.
            #[track_caller]
            pub fn store(&self, new: $value, ordering: Ordering) {
                match &self.atomic.inner {
                    Inner::Std { object: None, value } => value.store(new, ordering),
                    Inner::Std { object: Some(object), value } => {
                        let id = object.id();
                        let op = Op::new("store", id, Class::Write);
                        self.atomic.store(id, ordering, new, || value.store(new, ordering), op);
                    }
                    Inner::Loom(atomic, label) => {
                        atomic.store(new, ordering);
                        let value = || self.atomic.text(new);
                        label.record_value(|name| format!("{name} = {}", value()), value);
                    }
                }
            }

            /// Stores a value and returns the one before.
            #[track_caller]
            pub fn swap(&self, new: $value, ordering: Ordering) -> $value {
                match &self.atomic.inner {
                    Inner::Std { object: None, value } => value.swap(new, ordering),
                    Inner::Std { object: Some(object), value } => {
                        let id = object.id();
                        let op = Op::new("swap", id, Class::Write);
                        let words = || format!("swap({})", self.atomic.text(new));
                        self.atomic.modify(id, ordering, words, || (value.swap(new, ordering), new), op)
                    }
                    Inner::Loom(atomic, label) => {
                        let old = atomic.swap(new, ordering);
                        let value = || self.atomic.text(new);
                        let old_text = || self.atomic.text(old);
                        label.record_value(|name| format!("{name}.swap({}) ➜ {}", value(), old_text()), value);
                        old
                    }
                }
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
                match &self.atomic.inner {
                    Inner::Std { object: None, value } => value.compare_exchange(current, new, success, failure),
                    Inner::Std { object: Some(object), value } => {
                        let id = object.id();
                        let op = Op::new("compare_exchange", id, Class::Write);
                        let run = || value.compare_exchange(current, new, success, failure);
                        self.atomic.exchange(id, success, failure, current, new, run, op)
                    }
                    Inner::Loom(atomic, label) => {
                        let result = atomic.compare_exchange(current, new, success, failure);
                        self.atomic.exchanged(label, current, new, result);
                        result
                    }
                }
            }

            /// [`compare_exchange`](Self::compare_exchange) that may fail for no reason. Under the
            /// controlled engine and loom it fails only with one.
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
                match &self.atomic.inner {
                    Inner::Std { object: None, value } => value.compare_exchange_weak(current, new, success, failure),
                    Inner::Loom(atomic, label) => {
                        let result = atomic.compare_exchange_weak(current, new, success, failure);
                        self.atomic.exchanged(label, current, new, result);
                        result
                    }
                    Inner::Std { .. } => self.compare_exchange(current, new, success, failure),
                }
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
                match self.atomic.inner {
                    Inner::Std { value, .. } => value.into_inner(),
                    Inner::Loom(atomic, _) => atomic.load(Ordering::SeqCst),
                }
            }
        }

        impl $(<$p>)? fmt::Debug for $name $(<$p>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                // Not an operation of the program: nobody is scheduled for a debug print.
                match &self.atomic.inner {
                    Inner::Std { value, .. } => fmt::Debug::fmt(&value.load(Ordering::Relaxed), f),
                    Inner::Loom(..) => f.write_str(concat!(stringify!($name), " { .. }")),
                }
            }
        }
    };
}

/// `fetch_..` methods: the name, std's expression for the new value.
macro_rules! fetch {
    ($name:ident, $value:ty, $($(#[$doc:meta])* $method:ident: $new:expr;)+) => {
        impl $name {
            $(
                $(#[$doc])*
                #[track_caller]
                pub fn $method(&self, operand: $value, ordering: Ordering) -> $value {
                    match &self.atomic.inner {
                        Inner::Std { object: None, value } => value.$method(operand, ordering),
                        Inner::Std { object: Some(object), value } => {
                            let id = object.id();
                            let op = Op::new(stringify!($method), id, Class::Write);
                            let words = || format!(concat!(stringify!($method), "({})"), operand);
                            let run = || {
                                let old = value.$method(operand, ordering);
                                let new: fn($value, $value) -> $value = $new;
                                (old, new(old, operand))
                            };
                            self.atomic.modify(id, ordering, words, run, op)
                        }
                        Inner::Loom(atomic, label) => {
                            let old = atomic.$method(operand, ordering);
                            let text = |name: &str| {
                                format!(concat!("{}.", stringify!($method), "({}) ➜ {}"), name, operand, self.atomic.text(old))
                            };
                            let new: fn($value, $value) -> $value = $new;
                            label.record_value(text, || self.atomic.text(new(old, operand)));
                            old
                        }
                    }
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
                $name, $value, std::sync::atomic::$name, loom::sync::atomic::$name
            }
            fetch! { $name, $value,
                /// Adds, wrapping around, and returns the value before.
                fetch_add: |a, b| a.wrapping_add(b);
                /// Subtracts, wrapping around, and returns the value before.
                fetch_sub: |a, b| a.wrapping_sub(b);
                /// Bitwise and; returns the value before.
                fetch_and: |a, b| a & b;
                /// Bitwise or; returns the value before.
                fetch_or: |a, b| a | b;
                /// Bitwise exclusive or; returns the value before.
                fetch_xor: |a, b| a ^ b;
                /// Bitwise not-and; returns the value before.
                fetch_nand: |a, b| !(a & b);
                /// Keeps the larger value; returns the one before.
                fetch_max: |a, b| a.max(b);
                /// Keeps the smaller value; returns the one before.
                fetch_min: |a, b| a.min(b);
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
    AtomicBool, bool, std::sync::atomic::AtomicBool, loom::sync::atomic::AtomicBool
}

fetch! { AtomicBool, bool,
    /// Logical and; returns the value before.
    fetch_and: |a, b| a & b;
    /// Logical or; returns the value before.
    fetch_or: |a, b| a | b;
    /// Logical exclusive or; returns the value before.
    fetch_xor: |a, b| a ^ b;
    /// Logical not-and; returns the value before.
    fetch_nand: |a, b| !(a & b);
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
    AtomicPtr<T>, *mut T, std::sync::atomic::AtomicPtr<T>, loom::sync::atomic::AtomicPtr<T>
}
