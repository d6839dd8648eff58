//! A reader-writer lock of loom.

use std::sync::PoisonError;

use super::session::unsupported;
use crate::raw::{Origin, RawDowngrade, RawHeld, RawRwLock, Value};

/// loom's reader-writer lock. It protects nothing; loom panics when somebody wants it after a panic.
pub(crate) struct RwLock(::loom::sync::RwLock<()>);

/// loom's guard of a reader, which unlocks when it is dropped.
pub(crate) struct ReadHeld<'a>(#[expect(dead_code)] ::loom::sync::RwLockReadGuard<'a, ()>);

/// loom's guard of a writer, which unlocks when it is dropped.
pub(crate) struct WriteHeld<'a>(#[expect(dead_code)] ::loom::sync::RwLockWriteGuard<'a, ()>);

impl RawRwLock for RwLock {
    type Read<'a> = ReadHeld<'a>;
    type Write<'a> = WriteHeld<'a>;

    fn new(_: Origin) -> Self {
        RwLock(::loom::sync::RwLock::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    fn poison(&self, _: bool) {}

    fn show(&self, _: impl Value) {}

    fn read(&self) -> ReadHeld<'_> {
        ReadHeld(self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_read(&self) -> Option<ReadHeld<'_>> {
        self.0.try_read().ok().map(ReadHeld)
    }

    fn write(&self) -> WriteHeld<'_> {
        WriteHeld(self.0.write().unwrap_or_else(PoisonError::into_inner))
    }

    fn try_write(&self) -> Option<WriteHeld<'_>> {
        self.0.try_write().ok().map(WriteHeld)
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
        unsupported("way to downgrade a reader-writer lock")
    }
}
