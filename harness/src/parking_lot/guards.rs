//! What the guards of an [`RwLock`] can become: guards of a part of its value, and each other.

use super::rwlock::{RwLock, RwLockReadGuard, RwLockUpgradableReadGuard, RwLockWriteGuard, left};
use crate::engine::any::Deadline;
use crate::raw::{Patience, RawDowngrade, RawDowngradeToUpgradable, RawHeld, RawUpgrade};
use crate::sync::nonpoison::mapped::{self, MappedRwLockReadGuard, MappedRwLockWriteGuard};
use crate::time::{Duration, Instant};

const UNLOCKED: &str = "a guard that is used has its lock";

macro_rules! guards {
    ($($guard:ident: $again:ident;)+) => {$(
        impl<'a, T: ?Sized> $guard<'a, T> {
            /// The lock that it holds.
            pub fn rwlock(guard: &Self) -> &'a RwLock<T> {
                guard.lock
            }

            /// Runs `f` while the lock is unlocked, and locks it again as it was.
            #[track_caller]
            pub fn unlocked<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
                /// Locks again, when `f` panics, too.
                struct Again<'b, 'a, T: ?Sized>(&'b mut $guard<'a, T>);
                impl<T: ?Sized> Drop for Again<'_, '_, T> {
                    fn drop(&mut self) {
                        let mut guard = self.0.lock.$again(Patience::Waits);
                        self.0.held = guard.as_mut().and_then(|guard| guard.held.take());
                    }
                }
                let held = guard.held.take().expect(UNLOCKED);
                held.unlock(|| guard.lock.shown(guard));
                let _again = Again(guard);
                f()
            }

            /// [`unlocked`](Self::unlocked): who is next is open in any case.
            #[track_caller]
            pub fn unlocked_fair<R>(guard: &mut Self, f: impl FnOnce() -> R) -> R {
                Self::unlocked(guard, f)
            }

            /// Unlocks: who is next is open in any case.
            #[track_caller]
            pub fn unlock_fair(guard: Self) {
                drop(guard);
            }

            /// Unlocks and locks again, so that others may come between.
            #[track_caller]
            pub fn bump(guard: &mut Self) {
                Self::unlocked(guard, || ());
            }
        }
    )+};
}

guards! {
    RwLockReadGuard: reads;
    RwLockUpgradableReadGuard: reads_upgradably;
    RwLockWriteGuard: writes;
}

impl<'a, T: ?Sized> RwLockReadGuard<'a, T> {
    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&T) -> &U) -> MappedRwLockReadGuard<'a, U> {
        mapped::part(guard, part)
    }

    /// A guard of a part of the value, if there is one.
    ///
    /// # Errors
    /// The guard, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&T) -> Option<&U>,
    ) -> Result<MappedRwLockReadGuard<'a, U>, Self> {
        mapped::try_part(guard, part)
    }
}

impl<'a, T: ?Sized> RwLockWriteGuard<'a, T> {
    /// A guard of a part of the value.
    pub fn map<U: ?Sized>(guard: Self, part: impl FnOnce(&mut T) -> &mut U) -> MappedRwLockWriteGuard<'a, U> {
        mapped::part_mut(guard, part)
    }

    /// A guard of a part of the value, if there is one.
    ///
    /// # Errors
    /// The guard, if there is none.
    pub fn try_map<U: ?Sized>(
        guard: Self,
        part: impl FnOnce(&mut T) -> Option<&mut U>,
    ) -> Result<MappedRwLockWriteGuard<'a, U>, Self> {
        mapped::try_part_mut(guard, part)
    }

    /// Lets readers in and goes on as one of them: no writer comes in between. loom cannot do that.
    #[track_caller]
    pub fn downgrade(mut guard: Self) -> RwLockReadGuard<'a, T> {
        let (lock, held) = (guard.lock, guard.held.take().expect(UNLOCKED));
        lock.read_guard(held.downgrade(|| lock.shown(&guard)))
    }

    /// Lets readers in and goes on as the reader that may become the writer again. loom cannot do that.
    #[track_caller]
    pub fn downgrade_to_upgradable(mut guard: Self) -> RwLockUpgradableReadGuard<'a, T> {
        let (lock, held) = (guard.lock, guard.held.take().expect(UNLOCKED));
        lock.upgradable_guard(held.downgrade_to_upgradable(|| lock.shown(&guard)))
    }
}

impl<'a, T: ?Sized> RwLockUpgradableReadGuard<'a, T> {
    /// Waits until the other readers have gone, and goes on as the writer: no writer comes in between.
    #[track_caller]
    pub fn upgrade(guard: Self) -> RwLockWriteGuard<'a, T> {
        match Self::upgrades(guard, Patience::Waits) {
            Ok(guard) => guard,
            Err(_) => unreachable!("who waits as long as it takes has what it waits for"),
        }
    }

    /// Goes on as the writer if nobody else reads.
    ///
    /// # Errors
    /// The guard, if somebody does.
    #[track_caller]
    pub fn try_upgrade(guard: Self) -> Result<RwLockWriteGuard<'a, T>, Self> {
        Self::upgrades(guard, Patience::Tries)
    }

    /// [`upgrade`](Self::upgrade), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// The guard, if somebody else reads for so long.
    #[track_caller]
    pub fn try_upgrade_for(guard: Self, timeout: Duration) -> Result<RwLockWriteGuard<'a, T>, Self> {
        Self::upgrades(guard, Patience::Until(Deadline::after(timeout)))
    }

    /// [`try_upgrade_for`](Self::try_upgrade_for) with the time at which it gives up.
    ///
    /// # Errors
    /// As for [`try_upgrade_for`](Self::try_upgrade_for).
    #[track_caller]
    pub fn try_upgrade_until(guard: Self, deadline: Instant) -> Result<RwLockWriteGuard<'a, T>, Self> {
        Self::try_upgrade_for(guard, left(deadline))
    }

    /// Goes on as one of the other readers: no writer comes in between.
    #[track_caller]
    pub fn downgrade(mut guard: Self) -> RwLockReadGuard<'a, T> {
        let held = guard.held.take().expect(UNLOCKED);
        guard.lock.read_guard(held.downgrade())
    }

    /// Runs `f` as the writer, and goes on as the reader that may become the writer again.
    #[track_caller]
    pub fn with_upgraded<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> R {
        let result = self.with(Patience::Waits, f);
        result.expect("who waits as long as it takes has what it waits for")
    }

    /// [`with_upgraded`](Self::with_upgraded), if nobody else reads.
    #[track_caller]
    pub fn try_with_upgraded<R>(&mut self, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.with(Patience::Tries, f)
    }

    /// [`with_upgraded`](Self::with_upgraded), if the others have gone after `timeout` of virtual time. On real threads, of real time.
    #[track_caller]
    pub fn try_with_upgraded_for<R>(&mut self, timeout: Duration, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.with(Patience::Until(Deadline::after(timeout)), f)
    }

    /// [`try_with_upgraded_for`](Self::try_with_upgraded_for) with the time at which it gives up.
    #[track_caller]
    pub fn try_with_upgraded_until<R>(&mut self, deadline: Instant, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        self.try_with_upgraded_for(left(deadline), f)
    }

    #[track_caller]
    fn upgrades(mut guard: Self, patience: Patience<Deadline>) -> Result<RwLockWriteGuard<'a, T>, Self> {
        let held = guard.held.take().expect(UNLOCKED);
        match held.upgrade(patience) {
            Ok(whole) => Ok(guard.lock.write_guard(whole)),
            Err(held) => {
                guard.held = Some(held);
                Err(guard)
            }
        }
    }

    #[track_caller]
    fn with<R>(&mut self, patience: Patience<Deadline>, f: impl FnOnce(&mut T) -> R) -> Option<R> {
        /// Makes the writer a reader again, when `f` panics, too.
        struct Again<'b, 'a, T: ?Sized> {
            guard: &'b mut RwLockUpgradableReadGuard<'a, T>,
            write: Option<RwLockWriteGuard<'a, T>>,
        }
        impl<T: ?Sized> Drop for Again<'_, '_, T> {
            fn drop(&mut self) {
                if let Some(write) = self.write.take() {
                    self.guard.held = RwLockWriteGuard::downgrade_to_upgradable(write).held.take();
                }
            }
        }
        let lock = self.lock;
        match self.held.take().expect(UNLOCKED).upgrade(patience) {
            Ok(whole) => {
                let write = Some(lock.write_guard(whole));
                let mut again = Again { guard: self, write };
                Some(f(again.write.as_mut().expect(UNLOCKED)))
            }
            Err(held) => {
                self.held = Some(held);
                None
            }
        }
    }
}
