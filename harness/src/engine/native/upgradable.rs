//! An upgradable reader-writer lock on real threads: what it is like now, behind a mutex of std.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::engine::current::assert_native;
use crate::raw::{Origin, Patience, RawDowngrade, RawDowngradeToUpgradable, RawHeld, RawUpgradable, RawUpgrade, Value};

/// What the lock is like. `exclusive` is only set while `claimed` is; who has set it waits until `readers` is 0, if it is not.
#[derive(Default)]
struct State {
    /// So many tasks share it.
    readers: usize,
    /// Somebody has it to upgrade it, or for itself.
    claimed: bool,
    /// That one has it for itself, or waits for nothing but readers.
    exclusive: bool,
}

/// The lock.
#[derive(Default)]
pub(crate) struct Upgradable {
    state: Mutex<State>,
    changed: Condvar,
}

/// A share of it.
pub(crate) struct SharedHeld<'a>(&'a Upgradable);

/// The lock to read and to upgrade.
pub(crate) struct UpgradableHeld<'a>(&'a Upgradable);

/// The whole lock.
pub(crate) struct WholeHeld<'a>(&'a Upgradable);

/// The time at which it ends.
fn ending(patience: Patience<Duration>) -> Patience<Instant> {
    match patience {
        Patience::Waits => Patience::Waits,
        Patience::Tries => Patience::Tries,
        // What is later than the clock can tell never comes.
        Patience::Until(left) => Instant::now()
            .checked_add(left)
            .map_or(Patience::Waits, Patience::Until),
    }
}

impl Upgradable {
    fn look(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.look());
        self.changed.notify_all();
    }

    /// Waits until the lock is like this. False if it has not been in time.
    fn wait<'a>(
        &'a self,
        mut state: MutexGuard<'a, State>,
        patience: Patience<Instant>,
        is_so: impl Fn(&State) -> bool,
    ) -> (MutexGuard<'a, State>, bool) {
        while !is_so(&state) {
            state = match patience {
                Patience::Waits => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
                Patience::Tries => return (state, false),
                Patience::Until(end) => {
                    let left = end.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return (state, false);
                    }
                    let waited = self.changed.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
        (state, true)
    }

    /// Whoever has claimed the lock takes it for itself when nobody shares it any more. False if that was not in time; `keeps`
    /// says whether the lock stays claimed then.
    fn exclude(&self, mut state: MutexGuard<'_, State>, patience: Patience<Instant>, keeps: bool) -> bool {
        state.exclusive = true;
        let (mut state, alone) = self.wait(state, patience, |state| state.readers == 0);
        if !alone {
            (state.claimed, state.exclusive) = (keeps, false);
            drop(state);
            self.changed.notify_all();
        }
        alone
    }
}

impl RawUpgradable for Upgradable {
    type Read<'a> = SharedHeld<'a>;
    type Upgradable<'a> = UpgradableHeld<'a>;
    type Write<'a> = WholeHeld<'a>;
    type Deadline = Duration;

    fn new(_: Origin) -> Self {
        Upgradable::default()
    }

    fn set_name(&mut self, _: &str) {}

    fn show(&self, _: impl Value) {}

    fn read(&self, patience: Patience<Duration>) -> Option<SharedHeld<'_>> {
        assert_native();
        let (mut state, free) = self.wait(self.look(), ending(patience), |state| !state.exclusive);
        state.readers += usize::from(free);
        free.then_some(SharedHeld(self))
    }

    fn upgradable(&self, patience: Patience<Duration>) -> Option<UpgradableHeld<'_>> {
        assert_native();
        let (mut state, free) = self.wait(self.look(), ending(patience), |state| !state.claimed);
        // If it is not free, it is claimed.
        state.claimed = true;
        free.then_some(UpgradableHeld(self))
    }

    fn write(&self, patience: Patience<Duration>) -> Option<WholeHeld<'_>> {
        assert_native();
        let patience = ending(patience);
        let (mut state, free) = self.wait(self.look(), patience, |state| !state.claimed);
        if !free {
            return None;
        }
        state.claimed = true;
        let alone = self.exclude(state, patience, false);
        alone.then_some(WholeHeld(self))
    }

    fn is_locked(&self, exclusively: bool) -> bool {
        assert_native();
        let state = self.look();
        match exclusively {
            true => state.exclusive,
            false => state.claimed || state.readers > 0,
        }
    }
}

impl RawHeld for SharedHeld<'_> {
    fn unlock(self, _: impl Value) {
        self.0.change(|state| state.readers -= 1);
    }
}

impl RawHeld for UpgradableHeld<'_> {
    fn unlock(self, _: impl Value) {
        self.0.change(|state| state.claimed = false);
    }
}

impl RawHeld for WholeHeld<'_> {
    fn unlock(self, _: impl Value) {
        self.0.change(|state| (state.claimed, state.exclusive) = (false, false));
    }
}

impl<'a> RawUpgrade for UpgradableHeld<'a> {
    type To = WholeHeld<'a>;
    type Read = SharedHeld<'a>;
    type Deadline = Duration;

    fn upgrade(self, patience: Patience<Duration>) -> Result<WholeHeld<'a>, Self> {
        assert_native();
        let lock = self.0;
        match lock.exclude(lock.look(), ending(patience), true) {
            true => Ok(WholeHeld(lock)),
            false => Err(self),
        }
    }

    fn downgrade(self) -> SharedHeld<'a> {
        self.0.change(|state| {
            state.claimed = false;
            state.readers += 1;
        });
        SharedHeld(self.0)
    }
}

impl<'a> RawDowngrade for WholeHeld<'a> {
    type To = SharedHeld<'a>;

    fn downgrade(self, _: impl Value) -> SharedHeld<'a> {
        self.0.change(|state| {
            (state.claimed, state.exclusive) = (false, false);
            state.readers += 1;
        });
        SharedHeld(self.0)
    }
}

impl<'a> RawDowngradeToUpgradable for WholeHeld<'a> {
    type To = UpgradableHeld<'a>;

    fn downgrade_to_upgradable(self, _: impl Value) -> UpgradableHeld<'a> {
        self.0.change(|state| state.exclusive = false);
        UpgradableHeld(self.0)
    }
}
