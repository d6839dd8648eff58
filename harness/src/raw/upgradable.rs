//! A lock that many tasks share, or one has for itself, and of those that share it one may become the one that has it.
//!
//! | state | who holds it | what may happen |
//! |---|---|---|
//! | free | nobody | everything succeeds |
//! | shared | the tasks with a [`Read`](RawUpgradable::Read) | `read` and `upgradable` succeed, `write` waits |
//! | upgradable | the task with the [`Upgradable`](RawUpgradable::Upgradable), and whoever shares it | `read` succeeds, `upgradable` and `write` wait; `upgrade` waits until nobody shares it |
//! | exclusive | the task with the [`Write`](RawUpgradable::Write) | everything waits |
//!
//! Who waits to write, or to upgrade, until nobody shares the lock any more, has it for itself in the eyes of whoever comes
//! later: nobody shares it then, and nobody takes it to upgrade it. Who waits to write because somebody has it to upgrade it
//! keeps nobody out. So does `parking_lot` 0.12.

use super::{Origin, RawDowngrade, RawHeld, Value};

/// How long somebody waits for a lock.
#[derive(Clone, Copy)]
pub(crate) enum Patience<D> {
    /// As long as it takes.
    Waits,
    /// Not at all.
    Tries,
    Until(D),
}

/// An upgradable reader-writer lock without a value.
pub(crate) trait RawUpgradable: Sized {
    /// What each of the tasks has that share the lock.
    type Read<'a>: RawHeld
    where
        Self: 'a;
    /// What the task has that reads, and may have the lock for itself next.
    type Upgradable<'a>: RawUpgrade<To = Self::Write<'a>, Read = Self::Read<'a>, Deadline = Self::Deadline>
    where
        Self: 'a;
    /// What the task has that holds the lock for itself.
    type Write<'a>: RawDowngrade<To = Self::Read<'a>> + RawDowngradeToUpgradable<To = Self::Upgradable<'a>>
    where
        Self: 'a;

    /// When a timed attempt ends.
    type Deadline;

    /// A free lock.
    fn new(origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Shows the value from here on, next to the name.
    fn show(&self, value: impl Value);

    /// Takes a share of the lock. Nothing if that was not possible in the time that it waits; so are the others.
    #[track_caller]
    fn read(&self, patience: Patience<Self::Deadline>) -> Option<Self::Read<'_>>;

    /// Takes the lock to read, and maybe to upgrade it.
    #[track_caller]
    fn upgradable(&self, patience: Patience<Self::Deadline>) -> Option<Self::Upgradable<'_>>;

    /// Takes the lock for itself.
    #[track_caller]
    fn write(&self, patience: Patience<Self::Deadline>) -> Option<Self::Write<'_>>;

    /// Whether somebody holds it now, or has it for itself.
    #[track_caller]
    fn is_locked(&self, exclusively: bool) -> bool;
}

/// A lock that its holder may have for itself, without anybody having it so in between.
pub(crate) trait RawUpgrade: RawHeld + Sized {
    /// The lock, exclusively.
    type To;
    /// A share of it.
    type Read;
    /// When a timed attempt ends.
    type Deadline;

    /// Waits until nobody shares the lock. The lock as it was if that was not possible.
    #[track_caller]
    fn upgrade(self, patience: Patience<Self::Deadline>) -> Result<Self::To, Self>;

    /// Goes on as one of those that share it.
    #[track_caller]
    fn downgrade(self) -> Self::Read;
}

/// A lock that its holder may keep to upgrade it again.
pub(crate) trait RawDowngradeToUpgradable: RawHeld {
    /// The lock to read and to upgrade.
    type To;

    /// Lets others share the lock, and nobody have it for himself. `value` shows what it protects now.
    #[track_caller]
    fn downgrade_to_upgradable(self, value: impl Value) -> Self::To;
}
