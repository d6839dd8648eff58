//! The counts of an `Arc` under the controlled engine, where all tasks share one OS thread: std's counts are the state,
//! and this says what of it can be seen.
//!
//! Clones commute, and so do drops as long as an owner is left. So neither is an operation, until somebody can tell:
//!
//! * the program **looks** at a count (`strong_count`, `get_mut`, `upgrade`, ..): from then on every owner that comes or
//!   goes is a step;
//! * the **destructor** of a value does something that others see, or reaches an object they can reach: then it matters
//!   who is the last owner, so every one that goes is a step, and they conflict.
//!
//! The search learns either fact and starts again with it known. What never had a second owner needs no steps at all.
//!
//! Happens-before is what std's orderings promise, step or no step: an owner that goes releases, and the last one
//! acquires before the destructor runs. Where it cannot be told who was the last, its task must not profit from having
//! been it: it forgets afterwards what it has acquired, or a race would be missed that the other order has.

use std::sync::atomic::Ordering::{Acquire, Relaxed};

use super::context::{name_of, try_with_kernel, with_kernel};
use super::object::Handle;
use super::perform::{go_on, perform, perform_part};
use super::polling::learn;
use crate::kernel::{Class, Kernel, ObjectId, Op, Owner, Past, Sync};
use crate::raw::{RawCount, Side, Touch};

/// The counts of one value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count(Handle);

/// Who can tell that an owner comes or goes.
#[derive(Clone, Copy)]
struct Visible {
    /// Somebody looks at counts.
    counted: bool,
    /// It matters who is the last.
    ordered: bool,
}

/// Who can tell what happens to the owners of an object. Nobody while it has only ever had one, or when the execution
/// is over.
fn visible(k: &Kernel, id: ObjectId) -> Visible {
    let seen = k.object(id).shared && k.ending.is_none();
    Visible {
        counted: seen && k.numbering.facts.counts_owners,
        ordered: seen && k.numbering.facts.drops_operate,
    }
}

/// One owner fewer.
fn fewer(k: &mut Kernel, id: ObjectId) {
    let object = k.object_mut(id);
    object.owners = object.owners.saturating_sub(1);
}

impl RawCount for Count {
    fn new() -> Self {
        Count(Handle::owned("Arc"))
    }

    fn set_name(&self, name: &str) {
        self.0.set_name(name);
    }

    fn holds(&self, address: usize, length: usize) {
        self.0.if_running(|k, id| {
            k.owns(Owner::Shared(id), address, length);
            k.object_mut(id).memory = Some(address);
        });
    }

    fn remember(&self, address: usize) {
        if let Some(id) = self.0.running() {
            with_kernel(|k| k.counted.insert(address, id));
        }
    }

    fn recall(address: usize) -> Option<Self> {
        let id = with_kernel(|k| k.counted.get(&address).copied())?;
        Some(Count(Handle::of(id)))
    }

    fn comes<R>(&self, side: Side, add: impl FnOnce() -> R) -> R {
        let seen_by = self.0.if_running(|k, id| {
            let object = k.object_mut(id);
            object.shared = true;
            object.owners += u32::from(side == Side::Strong);
            visible(k, id).counted.then_some(id)
        });
        let Some(id) = seen_by.flatten() else { return add() };
        let (verb, class) = match side {
            Side::Strong => ("clone", Class::Keep),
            Side::Weak => ("downgrade", Class::Weakly),
        };
        perform(Op::new(verb, id, class), |step| {
            step.sync(Sync::None);
            step.tell(|| format!("{verb} {}", name_of(id)));
            add()
        })
    }

    fn goes(&self, is_last: impl Fn() -> bool, drop: impl FnOnce()) {
        enum Way {
            /// It has never had another owner: what its destructor does is as certain as what comes before it.
            Alone,
            Unseen,
            Seen {
                ordered: bool,
            },
        }
        let way = self.0.if_running(|k, id| {
            fewer(k, id);
            let way = match visible(k, id) {
                _ if !k.object(id).shared => Way::Alone,
                Visible {
                    counted: false,
                    ordered: false,
                } => {
                    k.happens_before.owner_goes(k.current, id, false);
                    Way::Unseen
                }
                Visible { ordered, .. } => Way::Seen { ordered },
            };
            (id, way)
        });
        let (id, ordered) = match way {
            None => return drop(),
            Some((id, Way::Alone)) => return free(id, drop),
            Some((id, Way::Unseen)) => {
                return if is_last() {
                    free(id, || destroy(id, drop))
                } else {
                    drop()
                };
            }
            Some((id, Way::Seen { ordered })) => (id, ordered),
        };
        // Not only the one that turns out to be the last: whether a drop is that one changes when others go first, and a
        // step that sleeps keeps the class that it had.
        let class = if ordered { Class::LeaveLast } else { Class::Leave };
        let mut drop = Some(drop);
        perform_part(Op::new("drop", id, class), |step| {
            step.sync(Sync::None);
            release(id, Side::Strong);
            let last = is_last();
            step.tell(|| format!("drop {}{}", name_of(id), if last { ", the last owner" } else { "" }));
            // The destructor is the task's own business: it may wait.
            if !last && let Some(drop) = drop.take() {
                drop();
            }
        });
        if let Some(drop) = drop {
            free(id, || destroy(id, drop));
        }
        go_on("code of other crates");
    }

    fn leaves(&self) {
        self.0.if_running(|k, id| {
            fewer(k, id);
            k.happens_before.owner_goes(k.current, id, false);
        });
    }

    fn weak_goes(&self, drop: impl FnOnce()) {
        let Some(id) = self.0.running() else { return drop() };
        if !with_kernel(|k| visible(k, id)).counted {
            release(id, Side::Weak);
            return drop();
        }
        perform(Op::new("drop", id, Class::Weakly), |step| {
            step.sync(Sync::None);
            release(id, Side::Weak);
            step.tell(|| format!("drop a Weak of {}", name_of(id)));
            drop();
        });
    }

    fn look<R>(
        &self,
        verb: &'static str,
        most: Touch,
        look: impl FnOnce() -> (R, Touch),
        told: impl FnOnce(&R) -> String,
    ) -> R {
        let Some(id) = self.0.running() else {
            self.0.assert_not_foreign();
            return look().0;
        };
        let look = || {
            let (result, touch) = look();
            match touch {
                Touch::Upgraded => with_kernel(|k| k.object_mut(id).owners += 1),
                Touch::Taken => with_kernel(|k| {
                    fewer(k, id);
                    forget(k, id);
                }),
                Touch::Left => with_kernel(|k| fewer(k, id)),
                Touch::Count | Touch::Counts | Touch::Alone => {}
            }
            (result, touch)
        };
        let alone = with_kernel(|k| !k.object(id).shared || k.ending.is_some() && !k.numbering.facts.counts_owners);
        if alone || !learn(|f| &mut f.counts_owners) {
            return look().0;
        }
        perform(Op::new(verb, id, class(most)), |step| {
            let (result, touch) = look();
            step.sync(Sync::None);
            step.refine(0, class(touch));
            synchronize(id, touch);
            step.tell(|| format!("{}.{verb} ➜ {}", name_of(id), told(&result)));
            result
        })
    }
}

fn class(touch: Touch) -> Class {
    match touch {
        Touch::Count => Class::Count,
        Touch::Counts | Touch::Alone => Class::Read,
        Touch::Upgraded => Class::Upgrade,
        Touch::Taken | Touch::Left => Class::Write,
    }
}

/// As std's orderings say.
fn synchronize(id: ObjectId, touch: Touch) {
    with_kernel(|k| {
        let me = k.current;
        let clocks = &mut k.happens_before;
        match touch {
            Touch::Count => clocks.sees_owners(me, id, false, Relaxed),
            Touch::Counts => {
                clocks.sees_owners(me, id, false, Relaxed);
                clocks.sees_owners(me, id, true, Relaxed);
            }
            Touch::Alone => {
                clocks.sees_owners(me, id, false, Acquire);
                clocks.sees_owners(me, id, true, Acquire);
            }
            Touch::Upgraded | Touch::Taken => clocks.sees_owners(me, id, false, Acquire),
            Touch::Left => clocks.owner_goes(me, id, false),
        }
    });
}

/// Somebody goes: what was done before is published to whoever is left.
fn release(id: ObjectId, side: Side) {
    with_kernel(|k| {
        let me = k.current;
        k.happens_before.owner_goes(me, id, side == Side::Weak);
    });
}

impl Count {
    /// The number of its execution.
    pub(crate) fn epoch(&self) -> u64 {
        self.0.epoch()
    }
}

/// Its memory is another one's from here on.
fn forget(k: &mut Kernel, id: ObjectId) {
    if let Some(address) = k.object_mut(id).memory.take() {
        k.frees(address);
    }
}

/// Lets the last owner go. Until its destructor has run, the memory is what it was.
fn free(id: ObjectId, drop: impl FnOnce()) {
    /// Also when the destructor panics.
    struct After(ObjectId);
    impl Drop for After {
        fn drop(&mut self) {
            try_with_kernel(|k| {
                // Its execution may be over.
                if k.objects.get(self.0.0 as usize).is_some_and(Option::is_some) {
                    forget(k, self.0);
                }
            });
        }
    }
    let _after = After(id);
    drop();
}

/// Runs the destructor of a value whose last owner goes, and learns whether it does something.
fn destroy(id: ObjectId, drop: impl FnOnce()) {
    /// Looks even when the destructor panics.
    struct After {
        knew: Option<Past>,
        deeds: (u64, u32),
        task: usize,
    }
    impl Drop for After {
        fn drop(&mut self) {
            let did = with_kernel(|k| k.deeds() != self.deeds && k.current == self.task);
            if did && with_kernel(|k| k.ending.is_none()) {
                learn(|f| &mut f.drops_operate);
            }
            if let Some(knew) = self.knew.take() {
                with_kernel(|k| k.happens_before.forget(self.task, knew));
            }
        }
    }
    let _after = with_kernel(|k| {
        let me = k.current;
        let knew = (!k.numbering.facts.drops_operate).then(|| k.happens_before.known(me));
        k.happens_before.sees_owners(me, id, false, Acquire);
        After {
            knew,
            deeds: k.deeds(),
            task: me,
        }
    });
    drop();
}
