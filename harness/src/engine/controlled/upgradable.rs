//! An upgradable reader-writer lock under the controlled engine: two objects. The gate of the lock counts shares, as that of a
//! [reader-writer lock](super::rwlock); the gate of the *claim* admits one holder. Who writes has both, who may upgrade has the
//! claim, who reads has a share of the lock. So nobody but the holder of the claim ever has the lock for itself.
//!
//! | operation | the lock | the claim |
//! |---|---|---|
//! | `read` | `ShareAcquire` | |
//! | `upgradable` | | `Acquire` |
//! | `write`, in one step | `Acquire` | `Acquire` |
//! | `write`, in two | `Queue`, and then `Acquire` | with the first of them `Acquire` |
//! | `upgrade` | `Queue`, where it can be told, then `Acquire` | |
//! | unlock of a reader; of an upgradable reader; of a writer | `ShareRelease`; nothing; `Release` | nothing; `Release`; `Release` |
//! | downgrade of a writer, to upgrade again or to a reader | `Release`; that, and `TryShare` | nothing; `Release` |
//! | downgrade of an upgradable reader | `TryShare` | `Release` |
//! | `try_write` | `TryAcquire`, or `TryFail` | `TryAcquire`, or `TryFail` |
//! | `is_locked` | `TryFail` | `TryFail` |
//! | `is_locked_exclusive` | `TryShareFail` | |
//!
//! **Who looks at both gates** without waiting looks at both in any case. If the claim is taken, whatever happens to the lock next to it
//! makes no difference; but if such a look were one at the claim alone, it would do less there than it announces, and the search
//! would try orders in vain.
//!
//! **Who waits.** A writer of `parking_lot` first claims the lock, and from then on nobody else shares it. So a writer that waits
//! for readers keeps out readers that come later, and who wants the claim; one that waits for the claim keeps out nobody. That a
//! writer has the claim and waits for readers can be told, and is a step of its own, where it can be told that a writer of a
//! [reader-writer lock](super::rwlock) waits. For who takes the claim is in this respect like a reader: it is made to wait by a
//! writer that waits for readers, and not by readers.
//!
//! A timed attempt always takes both steps. If it is in vain, it takes itself off the queue with `Acquire` and `Release` in one
//! step, and has learned nothing of what others did.

use super::clock;
use super::context::{name_of, with_kernel};
use super::mutex::show;
use super::object::{Handle, Living};
use super::passing::{Passing, admits};
use super::perform::{go_on, perform, perform_part, perform_release};
use super::step::Step;
use crate::kernel::{Class, ObjectId, Op, Sync};
use crate::raw::{Origin, Patience, RawDowngrade, RawDowngradeToUpgradable, RawHeld, RawUpgradable, RawUpgrade, Value};

/// An upgradable reader-writer lock without a value.
pub(crate) struct Upgradable {
    lock: Living,
    claim: Living,
}

/// A share of the lock.
pub(crate) struct SharedHeld(Handle);

/// The claim.
pub(crate) struct UpgradableHeld(Both);

/// Both.
pub(crate) struct WholeHeld(Both);

#[derive(Clone, Copy)]
struct Both {
    lock: Handle,
    claim: Handle,
}

impl Both {
    /// The objects, if their execution is the one that runs.
    fn live(self) -> Option<(ObjectId, ObjectId)> {
        Some((self.lock.live()?, self.claim.live()?))
    }
}

impl RawUpgradable for Upgradable {
    type Read<'a> = SharedHeld;
    type Upgradable<'a> = UpgradableHeld;
    type Write<'a> = WholeHeld;
    /// Nanoseconds of the virtual clock.
    type Deadline = u64;

    fn new(origin: Origin) -> Self {
        Upgradable {
            lock: Living::new("RwLock", origin),
            claim: Living::new("upgradable RwLock", origin),
        }
    }

    fn set_name(&mut self, name: &str) {
        self.lock.set_name(name);
        self.claim.set_name(name);
    }

    fn show(&self, value: impl Value) {
        show(*self.lock, value);
    }

    fn read(&self, patience: Patience<u64>) -> Option<SharedHeld> {
        let (lock, _) = self.ids();
        with_kernel(|k| k.will_share(lock, !matches!(patience, Patience::Waits)));
        let pass = Passing {
            gate: lock,
            verbs: ["read", "try_read"],
            told: "read-lock",
            waits: Class::ShareAcquire,
            tries: Class::TryShare,
            fails: Class::TryShareFail,
        };
        pass.take(lock, patience).then_some(SharedHeld(*self.lock))
    }

    fn upgradable(&self, patience: Patience<u64>) -> Option<UpgradableHeld> {
        let (lock, claim) = self.ids();
        with_kernel(|k| k.will_share(lock, !matches!(patience, Patience::Waits)));
        let pass = Passing {
            gate: claim,
            verbs: ["upgradable_read", "try_upgradable_read"],
            told: "upgradable-lock",
            waits: Class::Acquire,
            tries: Class::TryAcquire,
            fails: Class::TryFail,
        };
        pass.take(lock, patience).then_some(UpgradableHeld(self.both()))
    }

    fn write(&self, patience: Patience<u64>) -> Option<WholeHeld> {
        let ids = self.ids();
        let free = match patience {
            Patience::Waits => {
                write(ids);
                true
            }
            Patience::Tries => try_write(ids),
            Patience::Until(deadline) => write_until(ids, deadline),
        };
        free.then_some(WholeHeld(self.both()))
    }

    fn is_locked(&self, exclusively: bool) -> bool {
        let (lock, claim) = self.ids();
        if exclusively {
            // Like a reader that tries, it sees a writer that waits.
            with_kernel(|k| k.will_share(lock, true));
            return perform(Op::new("is_locked_exclusive", lock, Class::TryShareFail), |step| {
                let locked = !admits(lock, Class::ShareAcquire);
                step.sync(Sync::None);
                step.tell(|| format!("{}.is_locked_exclusive() ➜ {locked}", name_of(lock)));
                locked
            });
        }
        let op = Op::new("is_locked", lock, Class::TryFail).and(claim, Class::TryFail);
        perform(op, |step| {
            let locked = !admits(claim, Class::Acquire) || !admits(lock, Class::Acquire);
            step.sync(Sync::None);
            step.tell(|| format!("{}.is_locked() ➜ {locked}", name_of(lock)));
            locked
        })
    }
}

impl Upgradable {
    /// The lock and the claim. Always both: where objects are known by the pasts of who uses them, both are used together.
    #[track_caller]
    fn ids(&self) -> (ObjectId, ObjectId) {
        (self.lock.id(), self.claim.id())
    }

    fn both(&self) -> Both {
        Both {
            lock: *self.lock,
            claim: *self.claim,
        }
    }
}

/// Waits until the lock is free, and takes it.
#[track_caller]
fn write((lock, claim): (ObjectId, ObjectId)) {
    let mut op = Op::new("write", lock, Class::Acquire);
    if with_kernel(|k| k.will_write(lock)) {
        let asks = Op::new("ask to write", claim, Class::Acquire).and(lock, Class::Queue);
        perform_part(asks, |step| {
            step.tell(|| format!("asks to write-lock {}", name_of(lock)));
        });
    } else {
        op = op.and(claim, Class::Acquire);
    }
    perform(op, |step| {
        step.tell(|| format!("write-lock {}", name_of(lock)));
    });
}

/// Takes the lock if it is free.
#[track_caller]
fn try_write((lock, claim): (ObjectId, ObjectId)) -> bool {
    let op = Op::new("try_write", lock, Class::TryAcquire).and(claim, Class::TryAcquire);
    perform(op, |step| {
        let free = admits(claim, Class::Acquire) && admits(lock, Class::Acquire);
        if !free {
            step.refine(0, Class::TryFail);
            step.refine(1, Class::TryFail);
        }
        let end = if free { "locked" } else { "busy" };
        step.tell(|| format!("try_write {} ➜ {end}", name_of(lock)));
        free
    })
}

/// Waits until the lock is free, or until the deadline, and takes it if it is.
#[track_caller]
fn write_until((lock, claim): (ObjectId, ObjectId), deadline: u64) -> bool {
    let knew = with_kernel(|k| {
        k.will_write(lock);
        k.happens_before.known(k.current)
    });
    let until = clock::arm("try_write", |_| deadline);
    let asks = Op::new("ask to write", claim, Class::Acquire)
        .and(claim, Class::TryFail)
        .and(lock, Class::Queue);
    let asked = perform_part(asks.until(Some(until)), |step| {
        let free = admits(claim, Class::Acquire);
        if !free {
            step.refine(0, Class::TryFail);
            step.forget(2);
        }
        step.tell(|| match free {
            true => format!("asks to write-lock {}", name_of(lock)),
            false => format!("try_write {} ➜ timed out", name_of(lock)),
        });
        free
    });
    if !asked {
        go_on("code of other crates");
        return false;
    }
    let until = clock::arm("try_write", |_| deadline);
    let op = Op::new("try_write", lock, Class::Acquire)
        .and(lock, Class::TryFail)
        .and(claim, Class::Release);
    perform(op.until(Some(until)), |step| {
        let alone = gives_up_unless_alone(step, lock, "try_write");
        match alone {
            true => step.forget(2),
            false => with_kernel(|k| k.happens_before.forget(k.current, knew)),
        }
        alone
    })
}

/// Who has asked for the lock and has waited long enough takes it if nobody shares it, or does not ask any more. The step has an
/// `Acquire` and a `TryFail` of the lock.
fn gives_up_unless_alone(step: &mut Step, lock: ObjectId, verb: &str) -> bool {
    let alone = admits(lock, Class::Acquire);
    if !alone {
        step.refine(1, Class::Release);
        step.sync(Sync::None);
    }
    let end = if alone { "locked" } else { "timed out" };
    step.tell(|| format!("{verb} {} ➜ {end}", name_of(lock)));
    alone
}

/// Who has the claim asks for the lock, so that nobody shares it any more who does not yet.
#[track_caller]
fn ask_to_upgrade(lock: ObjectId) {
    perform_part(Op::new("ask to upgrade", lock, Class::Queue), |step| {
        step.tell(|| format!("asks to upgrade {}", name_of(lock)));
    });
}

impl RawUpgrade for UpgradableHeld {
    type To = WholeHeld;
    type Read = SharedHeld;
    type Deadline = u64;

    fn upgrade(self, patience: Patience<u64>) -> Result<WholeHeld, Self> {
        let lock = self.0.lock.id();
        let upgrade = Passing {
            gate: lock,
            verbs: ["upgrade", "try_upgrade"],
            told: "upgrade",
            waits: Class::Acquire,
            tries: Class::TryAcquire,
            fails: Class::TryFail,
        };
        let alone = match patience {
            Patience::Waits => {
                if with_kernel(|k| k.will_write(lock)) {
                    ask_to_upgrade(lock);
                }
                upgrade.take(lock, patience)
            }
            Patience::Tries => upgrade.take(lock, patience),
            Patience::Until(deadline) => {
                with_kernel(|k| k.will_write(lock));
                ask_to_upgrade(lock);
                let until = clock::arm("try_upgrade", |_| deadline);
                let op = Op::new("try_upgrade", lock, Class::Acquire).and(lock, Class::TryFail);
                perform(op.until(Some(until)), |step| {
                    gives_up_unless_alone(step, lock, "try_upgrade")
                })
            }
        };
        if alone { Ok(WholeHeld(self.0)) } else { Err(self) }
    }

    fn downgrade(self) -> SharedHeld {
        if let Some((lock, claim)) = self.0.live() {
            with_kernel(|k| k.will_share(lock, false));
            let op = Op::new("downgrade", claim, Class::Release).and(lock, Class::TryShare);
            perform_release(op, |step| {
                step.tell(|| format!("downgrade {}", name_of(lock)));
            });
        }
        SharedHeld(self.0.lock)
    }
}

impl RawHeld for SharedHeld {
    fn unlock(self, _: impl Value) {
        if let Some(lock) = self.0.live() {
            perform_release(Op::new("read-unlock", lock, Class::ShareRelease), |step| {
                step.tell(|| format!("read-unlock {}", name_of(lock)));
            });
        }
    }
}

impl RawHeld for UpgradableHeld {
    fn unlock(self, _: impl Value) {
        if let Some((lock, claim)) = self.0.live() {
            perform_release(Op::new("upgradable-unlock", claim, Class::Release), |step| {
                step.tell(|| format!("upgradable-unlock {}", name_of(lock)));
            });
        }
    }
}

impl WholeHeld {
    /// Gives back the lock, and what else the operation says.
    fn give_back(&self, op: Op, value: impl Value) {
        let (verb, lock) = (op.verb, op.accesses[0].object);
        perform_release(op, |step| {
            step.tell(|| format!("{verb} {}", name_of(lock)));
            show(self.0.lock, value);
        });
    }
}

impl RawHeld for WholeHeld {
    fn unlock(self, value: impl Value) {
        if let Some((lock, claim)) = self.0.live() {
            let op = Op::new("write-unlock", lock, Class::Release).and(claim, Class::Release);
            self.give_back(op, value);
        }
    }
}

impl RawDowngrade for WholeHeld {
    type To = SharedHeld;

    fn downgrade(self, value: impl Value) -> SharedHeld {
        if let Some((lock, claim)) = self.0.live() {
            with_kernel(|k| k.will_share(lock, false));
            let op = Op::new("downgrade", lock, Class::Release).and(lock, Class::TryShare);
            self.give_back(op.and(claim, Class::Release), value);
        }
        SharedHeld(self.0.lock)
    }
}

impl RawDowngradeToUpgradable for WholeHeld {
    type To = UpgradableHeld;

    fn downgrade_to_upgradable(self, value: impl Value) -> UpgradableHeld {
        if let Some((lock, _)) = self.0.live() {
            self.give_back(Op::new("downgrade_to_upgradable", lock, Class::Release), value);
        }
        UpgradableHeld(self.0)
    }
}
