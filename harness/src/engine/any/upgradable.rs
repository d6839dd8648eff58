//! An upgradable reader-writer lock of the engine that runs.

use std::time::Duration;

use super::deadline::Deadline;
use super::late::Late;
use crate::engine::current::FOREIGN;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Origin, Patience, RawDowngrade, RawDowngradeToUpgradable, RawHeld, RawUpgradable, RawUpgrade, Value};

any_of! {
    /// An upgradable reader-writer lock without a value.
    Upgradable = native::Upgradable, controlled::Upgradable, loom::Upgradable
}

any_of! {
    /// A share of the lock.
    SharedHeld<'a> = native::SharedHeld<'a>, controlled::SharedHeld, loom::SharedHeld<'a>
}

any_of! {
    /// The lock to read and to upgrade.
    UpgradableHeld<'a> = native::UpgradableHeld<'a>, controlled::UpgradableHeld, loom::UpgradableHeld<'a>
}

any_of! {
    /// The whole lock.
    WholeHeld<'a> = native::WholeHeld<'a>, controlled::WholeHeld, loom::WholeHeld<'a>
}

any_of! {
    /// The whole lock, or the lock as it was.
    Upgraded<'a> = Result<native::WholeHeld<'a>, native::UpgradableHeld<'a>>,
        Result<controlled::WholeHeld, controlled::UpgradableHeld>,
        Result<loom::WholeHeld<'a>, loom::UpgradableHeld<'a>>
}

impl From<Patience<Deadline>> for Patience<Duration> {
    fn from(patience: Patience<Deadline>) -> Self {
        match patience {
            Patience::Waits => Patience::Waits,
            Patience::Tries => Patience::Tries,
            Patience::Until(deadline @ Deadline::Real(..)) => Patience::Until(deadline.left()),
            Patience::Until(Deadline::Virtual(_)) => panic!("{FOREIGN}"),
        }
    }
}

impl From<Patience<Deadline>> for Patience<u64> {
    fn from(patience: Patience<Deadline>) -> Self {
        match patience {
            Patience::Waits => Patience::Waits,
            Patience::Tries => Patience::Tries,
            Patience::Until(Deadline::Virtual(until)) => Patience::Until(until),
            Patience::Until(Deadline::Real(..)) => panic!("{FOREIGN}"),
        }
    }
}

#[cfg(feature = "loom")]
impl From<Patience<Deadline>> for Patience<std::convert::Infallible> {
    fn from(patience: Patience<Deadline>) -> Self {
        match patience {
            Patience::Waits => Patience::Waits,
            Patience::Tries => Patience::Tries,
            Patience::Until(_) => panic!("{FOREIGN}"),
        }
    }
}

impl Late for Upgradable {
    type Seed = ();

    fn make((): &(), origin: Origin) -> Self {
        RawUpgradable::new(origin)
    }
}

impl RawUpgradable for Upgradable {
    type Read<'a> = SharedHeld<'a>;
    type Upgradable<'a> = UpgradableHeld<'a>;
    type Write<'a> = WholeHeld<'a>;
    type Deadline = Deadline;

    fn new(origin: Origin) -> Self {
        make!(Upgradable, RawUpgradable::new(origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Upgradable(raw) => raw.set_name(name));
    }

    fn show(&self, value: impl Value) {
        each!(self, Upgradable(raw) => raw.show(value));
    }

    fn read(&self, patience: Patience<Deadline>) -> Option<SharedHeld<'_>> {
        Some(map_each!(self, Upgradable(raw) => SharedHeld(raw.read(patience.into())?)))
    }

    fn upgradable(&self, patience: Patience<Deadline>) -> Option<UpgradableHeld<'_>> {
        Some(map_each!(self, Upgradable(raw) => UpgradableHeld(raw.upgradable(patience.into())?)))
    }

    fn write(&self, patience: Patience<Deadline>) -> Option<WholeHeld<'_>> {
        Some(map_each!(self, Upgradable(raw) => WholeHeld(raw.write(patience.into())?)))
    }

    fn is_locked(&self, exclusively: bool) -> bool {
        each!(self, Upgradable(raw) => raw.is_locked(exclusively))
    }
}

impl RawHeld for SharedHeld<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, SharedHeld(raw) => raw.unlock(value));
    }
}

impl RawHeld for UpgradableHeld<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, UpgradableHeld(raw) => raw.unlock(value));
    }
}

impl RawHeld for WholeHeld<'_> {
    fn unlock(self, value: impl Value) {
        each!(self, WholeHeld(raw) => raw.unlock(value));
    }
}

impl<'a> RawUpgrade for UpgradableHeld<'a> {
    type To = WholeHeld<'a>;
    type Read = SharedHeld<'a>;
    type Deadline = Deadline;

    fn upgrade(self, patience: Patience<Deadline>) -> Result<WholeHeld<'a>, Self> {
        let result = map_each!(self, UpgradableHeld(raw) => Upgraded(raw.upgrade(patience.into())));
        match result {
            Upgraded::Native(result) => result.map(WholeHeld::Native).map_err(UpgradableHeld::Native),
            Upgraded::Controlled(result) => result.map(WholeHeld::Controlled).map_err(UpgradableHeld::Controlled),
            #[cfg(feature = "loom")]
            Upgraded::Loom(result) => result.map(WholeHeld::Loom).map_err(UpgradableHeld::Loom),
        }
    }

    fn downgrade(self) -> SharedHeld<'a> {
        map_each!(self, UpgradableHeld(raw) => SharedHeld(raw.downgrade()))
    }
}

impl<'a> RawDowngrade for WholeHeld<'a> {
    type To = SharedHeld<'a>;

    fn downgrade(self, value: impl Value) -> SharedHeld<'a> {
        map_each!(self, WholeHeld(raw) => SharedHeld(raw.downgrade(value)))
    }
}

impl<'a> RawDowngradeToUpgradable for WholeHeld<'a> {
    type To = UpgradableHeld<'a>;

    fn downgrade_to_upgradable(self, value: impl Value) -> UpgradableHeld<'a> {
        map_each!(self, WholeHeld(raw) => UpgradableHeld(raw.downgrade_to_upgradable(value)))
    }
}
