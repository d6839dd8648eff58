//! A lock of loom.

use std::convert::Infallible;
use std::sync::{PoisonError, TryLockError};

use super::label::Label;
use crate::raw::{Origin, RawHeld, RawMutex, Value};

/// loom's mutex. It protects nothing, so its poison is nobody's business.
pub(crate) struct Mutex {
    lock: ::loom::sync::Mutex<()>,
    label: Label,
}

/// loom's guard.
pub(crate) struct Held<'a> {
    pub(super) guard: ::loom::sync::MutexGuard<'a, ()>,
    pub(super) label: &'a Label,
}

impl RawMutex for Mutex {
    type Held<'a> = Held<'a>;
    /// loom has no clock.
    type Deadline = Infallible;

    fn new(origin: Origin) -> Self {
        Mutex {
            lock: ::loom::sync::Mutex::new(()),
            label: Label::of("Mutex", origin),
        }
    }

    fn set_name(&mut self, name: &str) {
        self.label.set_name(name);
    }

    fn lock_until(&self, never: Infallible) -> Option<Held<'_>> {
        match never {}
    }

    fn is_locked(&self) -> bool {
        matches!(self.lock.try_lock(), Err(TryLockError::WouldBlock))
    }

    fn poison(&self, _: bool) {}

    fn show(&self, _: impl Value) {}

    fn lock(&self) -> Held<'_> {
        self.label.waits();
        let guard = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        self.label.record(|name| format!("lock {name}"));
        Held {
            guard,
            label: &self.label,
        }
    }

    fn try_lock(&self) -> Option<Held<'_>> {
        let guard = match self.lock.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poison)) => Some(poison.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        let end = if guard.is_some() { "locked" } else { "busy" };
        self.label.record(|name| format!("try_lock {name} ➜ {end}"));
        guard.map(|guard| Held {
            guard,
            label: &self.label,
        })
    }
}

impl RawHeld for Held<'_> {
    fn unlock(self, value: impl Value) {
        self.label.record_shown(|name| format!("unlock {name}"), value);
    }
}
