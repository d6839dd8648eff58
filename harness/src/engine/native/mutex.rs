//! A lock of std.

use std::sync::{PoisonError, TryLockError};
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::current::assert_native;
use crate::raw::{Origin, RawHeld, RawMutex, Value};

/// std's mutex. It protects nothing, so its poison is nobody's business.
pub(crate) struct Mutex(std::sync::Mutex<()>);

/// std's guard.
pub(crate) struct Held<'a>(pub(super) std::sync::MutexGuard<'a, ()>);

impl RawMutex for Mutex {
    type Held<'a> = Held<'a>;
    type Deadline = Duration;

    fn new(_: Origin) -> Self {
        Mutex(std::sync::Mutex::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    /// std's cannot wait for a time, so it is tried now and then.
    fn lock_until(&self, left: Duration) -> Option<Held<'_>> {
        const AGAIN: Duration = Duration::from_micros(100);
        let start = Instant::now();
        loop {
            if let Some(held) = self.try_lock() {
                return Some(held);
            }
            let left = left.saturating_sub(start.elapsed());
            if left.is_zero() {
                return None;
            }
            thread::sleep(AGAIN.min(left));
        }
    }

    fn is_locked(&self) -> bool {
        matches!(self.0.try_lock(), Err(TryLockError::WouldBlock))
    }

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
