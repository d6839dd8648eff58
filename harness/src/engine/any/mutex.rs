//! A lock of the engine that runs.

use super::deadline::Deadline;
use super::late::Late;
use crate::engine::current::FOREIGN;
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
    type Deadline = Deadline;

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

    fn lock_until(&self, deadline: Deadline) -> Option<Held<'_>> {
        match (self, deadline) {
            (Mutex::Native(raw), deadline @ Deadline::Real(..)) => raw.lock_until(deadline.left()).map(Held::Native),
            (Mutex::Controlled(raw), Deadline::Virtual(until)) => raw.lock_until(until).map(Held::Controlled),
            _ => panic!("{FOREIGN}"),
        }
    }

    fn is_locked(&self) -> bool {
        each!(self, Mutex(raw) => raw.is_locked())
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
