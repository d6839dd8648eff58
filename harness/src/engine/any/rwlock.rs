//! A reader-writer lock of the engine that runs.

use super::late::Late;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Origin, RawDowngrade, RawHeld, RawRwLock, Value};

any_of! {
    /// A reader-writer lock without a value.
    RwLock = native::RwLock, controlled::RwLock, loom::RwLock
}

any_of! {
    /// A share of the lock.
    ReadHeld<'a> = native::ReadHeld<'a>, controlled::ReadHeld, loom::ReadHeld<'a>
}

any_of! {
    /// The whole lock.
    WriteHeld<'a> = native::WriteHeld<'a>, controlled::WriteHeld, loom::WriteHeld<'a>
}

impl Late for RwLock {
    type Seed = ();

    fn make((): &(), origin: Origin) -> Self {
        RawRwLock::new(origin)
    }
}

impl RawRwLock for RwLock {
    type Read<'a> = ReadHeld<'a>;
    type Write<'a> = WriteHeld<'a>;

    fn new(origin: Origin) -> Self {
        make!(RwLock, RawRwLock::new(origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, RwLock(raw) => raw.set_name(name));
    }

    fn show(&self, value: impl Value) {
        each!(self, RwLock(raw) => raw.show(value));
    }

    fn read(&self) -> ReadHeld<'_> {
        map_each!(self, RwLock(raw) => ReadHeld(raw.read()))
    }

    fn try_read(&self) -> Option<ReadHeld<'_>> {
        Some(map_each!(self, RwLock(raw) => ReadHeld(raw.try_read()?)))
    }

    fn write(&self) -> WriteHeld<'_> {
        map_each!(self, RwLock(raw) => WriteHeld(raw.write()))
    }

    fn try_write(&self) -> Option<WriteHeld<'_>> {
        Some(map_each!(self, RwLock(raw) => WriteHeld(raw.try_write()?)))
    }

    fn poison(&self, forgets: bool) {
        each!(self, RwLock(raw) => raw.poison(forgets));
    }
}

impl RawHeld for ReadHeld<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, ReadHeld(raw) => raw.unlock(value));
    }
}

impl RawHeld for WriteHeld<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, WriteHeld(raw) => raw.unlock(value));
    }
}

impl<'a> RawDowngrade for WriteHeld<'a> {
    type To = ReadHeld<'a>;

    fn downgrade(self, value: impl Value) -> ReadHeld<'a> {
        map_each!(self, WriteHeld(raw) => ReadHeld(raw.downgrade(value)))
    }
}
