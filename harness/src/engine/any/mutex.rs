//! A lock of the engine that runs.

use super::late::Late;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Origin, RawHeld, RawMutex, Value};

any_of! {
    /// A lock without a value.
    Mutex = native::Mutex, controlled::Mutex, loom::Mutex
}

any_of! {
    /// A held lock.
    Held<'a> = native::Held<'a>, controlled::Held, loom::Held<'a>
}

impl Late for Mutex {
    type Seed = ();

    fn make((): &(), origin: Origin) -> Self {
        RawMutex::new(origin)
    }
}

impl RawMutex for Mutex {
    type Held<'a> = Held<'a>;

    fn new(origin: Origin) -> Self {
        make!(Mutex, RawMutex::new(origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Mutex(raw) => raw.set_name(name));
    }

    fn show(&self, value: impl Value) {
        each!(self, Mutex(raw) => raw.show(value));
    }

    fn lock(&self) -> Held<'_> {
        map_each!(self, Mutex(raw) => Held(raw.lock()))
    }

    fn try_lock(&self) -> Option<Held<'_>> {
        Some(map_each!(self, Mutex(raw) => Held(raw.try_lock()?)))
    }

    fn poison(&self, forgets: bool) {
        each!(self, Mutex(raw) => raw.poison(forgets));
    }
}

impl RawHeld for Held<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, Held(raw) => raw.unlock(value));
    }
}
