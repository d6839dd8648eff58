//! A reader-writer lock of loom, for locks that might be upgraded: loom's cannot, so whoever asks for that is told.

use std::convert::Infallible;
use std::marker::PhantomData;
use std::sync::PoisonError;

use super::session::unsupported;
use crate::raw::{Origin, Patience, RawDowngrade, RawDowngradeToUpgradable, RawHeld, RawUpgradable, RawUpgrade, Value};

/// loom's reader-writer lock. It protects nothing; loom panics when somebody wants it after a panic.
pub(crate) struct Upgradable(::loom::sync::RwLock<()>);

/// loom's guard of a reader, which unlocks when it is dropped.
pub(crate) struct SharedHeld<'a>(#[expect(dead_code)] ::loom::sync::RwLockReadGuard<'a, ()>);

/// There is none.
pub(crate) struct UpgradableHeld<'a>(Infallible, PhantomData<&'a ()>);

/// loom's guard of a writer, which unlocks when it is dropped.
pub(crate) struct WholeHeld<'a>(#[expect(dead_code)] ::loom::sync::RwLockWriteGuard<'a, ()>);

impl RawUpgradable for Upgradable {
    type Read<'a> = SharedHeld<'a>;
    type Upgradable<'a> = UpgradableHeld<'a>;
    type Write<'a> = WholeHeld<'a>;
    /// loom has no clock.
    type Deadline = Infallible;

    fn new(_: Origin) -> Self {
        Upgradable(::loom::sync::RwLock::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    fn show(&self, _: impl Value) {}

    fn read(&self, patience: Patience<Infallible>) -> Option<SharedHeld<'_>> {
        match patience {
            Patience::Waits => Some(SharedHeld(self.0.read().unwrap_or_else(PoisonError::into_inner))),
            Patience::Tries => self.0.try_read().ok().map(SharedHeld),
            Patience::Until(never) => match never {},
        }
    }

    fn upgradable(&self, _: Patience<Infallible>) -> Option<UpgradableHeld<'_>> {
        unsupported("reader-writer lock that can be upgraded")
    }

    fn write(&self, patience: Patience<Infallible>) -> Option<WholeHeld<'_>> {
        match patience {
            Patience::Waits => Some(WholeHeld(self.0.write().unwrap_or_else(PoisonError::into_inner))),
            Patience::Tries => self.0.try_write().ok().map(WholeHeld),
            Patience::Until(never) => match never {},
        }
    }

    fn is_locked(&self, exclusively: bool) -> bool {
        match exclusively {
            true => self.0.try_read().is_err(),
            false => self.0.try_write().is_err(),
        }
    }
}

impl RawHeld for SharedHeld<'_> {
    fn unlock(self, _: impl Value) {}
}

impl RawHeld for UpgradableHeld<'_> {
    fn unlock(self, _: impl Value) {
        match self.0 {}
    }
}

impl RawHeld for WholeHeld<'_> {
    fn unlock(self, _: impl Value) {}
}

impl<'a> RawDowngrade for WholeHeld<'a> {
    type To = SharedHeld<'a>;

    fn downgrade(self, _: impl Value) -> SharedHeld<'a> {
        unsupported("way to downgrade a reader-writer lock")
    }
}

impl<'a> RawUpgrade for UpgradableHeld<'a> {
    type To = WholeHeld<'a>;
    type Read = SharedHeld<'a>;
    type Deadline = Infallible;

    fn upgrade(self, _: Patience<Infallible>) -> Result<WholeHeld<'a>, Self> {
        match self.0 {}
    }

    fn downgrade(self) -> SharedHeld<'a> {
        match self.0 {}
    }
}

impl<'a> RawDowngradeToUpgradable for WholeHeld<'a> {
    type To = UpgradableHeld<'a>;

    fn downgrade_to_upgradable(self, _: impl Value) -> UpgradableHeld<'a> {
        unsupported("reader-writer lock that can be upgraded")
    }
}
