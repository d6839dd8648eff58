//! A lock of std.

use std::sync::{PoisonError, TryLockError};

use crate::engine::current::assert_native;
use crate::raw::{Origin, RawHeld, RawMutex, Value};

/// std's mutex. It protects nothing, so its poison is nobody's business.
pub(crate) struct Mutex(std::sync::Mutex<()>);

/// std's guard.
pub(crate) struct Held<'a>(pub(super) std::sync::MutexGuard<'a, ()>);

impl RawMutex for Mutex {
    type Held<'a> = Held<'a>;

    fn new(_: Origin) -> Self {
        Mutex(std::sync::Mutex::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    fn poison(&self, _: bool) {}

    fn show(&self, _: impl Value) {}

    fn lock(&self) -> Held<'_> {
        assert_native();
        Held(self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_lock(&self) -> Option<Held<'_>> {
        assert_native();
        match self.0.try_lock() {
            Ok(held) => Some(Held(held)),
            Err(TryLockError::Poisoned(poison)) => Some(Held(poison.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

impl RawHeld for Held<'_> {
    fn unlock(self, _: impl Value) {}
}
