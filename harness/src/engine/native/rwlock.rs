//! A reader-writer lock of std.

use std::sync::{PoisonError, TryLockError, TryLockResult};

use crate::engine::current::assert_native;
use crate::raw::{Origin, RawDowngrade, RawHeld, RawRwLock, Value};

/// std's reader-writer lock. It protects nothing, so its poison is nobody's business.
pub(crate) struct RwLock(std::sync::RwLock<()>);

/// std's guard of a reader, which unlocks when it is dropped.
pub(crate) struct ReadHeld<'a>(#[expect(dead_code)] std::sync::RwLockReadGuard<'a, ()>);

/// std's guard of a writer, which unlocks when it is dropped.
pub(crate) struct WriteHeld<'a>(std::sync::RwLockWriteGuard<'a, ()>);

impl RawRwLock for RwLock {
    type Read<'a> = ReadHeld<'a>;
    type Write<'a> = WriteHeld<'a>;

    fn new(_: Origin) -> Self {
        RwLock(std::sync::RwLock::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    fn poison(&self, _: bool) {}

    fn show(&self, _: impl Value) {}

    fn read(&self) -> ReadHeld<'_> {
        assert_native();
        ReadHeld(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_read(&self) -> Option<ReadHeld<'_>> {
        assert_native();
        regardless_of_poison(self.0.try_read()).map(ReadHeld)
    }

    fn write(&self) -> WriteHeld<'_> {
        assert_native();
        WriteHeld(self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_write(&self) -> Option<WriteHeld<'_>> {
        assert_native();
        regardless_of_poison(self.0.try_write()).map(WriteHeld)
    }
}

fn regardless_of_poison<G>(result: TryLockResult<G>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poison)) => Some(poison.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl RawHeld for ReadHeld<'_> {
    fn unlock(self, _: impl Value) {}
}

impl RawHeld for WriteHeld<'_> {
    fn unlock(self, _: impl Value) {}
}

impl<'a> RawDowngrade for WriteHeld<'a> {
    type To = ReadHeld<'a>;

    fn downgrade(self, _: impl Value) -> ReadHeld<'a> {
        ReadHeld(std::sync::RwLockWriteGuard::downgrade(self.0))
    }
}
