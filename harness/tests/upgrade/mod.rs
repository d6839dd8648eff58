//! Small programs over one upgradable lock, as data: run with the types of this crate and with those of the crate `parking_lot`,
//! and followed through every interleaving by a model that knows nothing of the harness.

pub(crate) mod model;

use proptest::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Kind {
    Read,
    Upgradable,
    Write,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum How {
    Waits,
    Tries,
    /// For so many milliseconds.
    For(u64),
}

/// What a task does with the lock and with the guard that it took last.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Op {
    Take(Kind, How),
    Upgrade(How),
    /// A writer or an upgradable reader goes on as a reader.
    Downgrade,
    /// A writer goes on as an upgradable reader.
    Lower,
    Drop,
    /// Whether it is locked; exclusively.
    Look(bool),
}

/// What a task has seen, as a number: a value, or that there was none.
pub(crate) fn note(seen: u64, what: u64) -> u64 {
    seen.wrapping_mul(31).wrapping_add(what)
}

pub(crate) const BUSY: u64 = 29;

/// What a writer makes of the value.
pub(crate) fn written(value: u64, by: u64) -> u64 {
    (value * 3 + by + 1) % 23
}

macro_rules! interpreter {
    ($name:ident, $($types:ident)::+) => {
        pub(crate) mod $name {
            use std::time::Duration;

            use $($types)::+::{
                RwLock, RwLockReadGuard as Read, RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard as Write,
            };

            use super::{BUSY, How, Kind, Op, note, written};

            enum Guard<'a> {
                Read(Read<'a, u64>),
                Upgradable(Upgradable<'a, u64>),
                Write(Write<'a, u64>),
            }

            fn take(lock: &RwLock<u64>, kind: Kind, how: How) -> Option<Guard<'_>> {
                let time = Duration::from_millis;
                match (kind, how) {
                    (Kind::Read, How::Waits) => Some(Guard::Read(lock.read())),
                    (Kind::Read, How::Tries) => lock.try_read().map(Guard::Read),
                    (Kind::Read, How::For(ms)) => lock.try_read_for(time(ms)).map(Guard::Read),
                    (Kind::Upgradable, How::Waits) => Some(Guard::Upgradable(lock.upgradable_read())),
                    (Kind::Upgradable, How::Tries) => lock.try_upgradable_read().map(Guard::Upgradable),
                    (Kind::Upgradable, How::For(ms)) => lock.try_upgradable_read_for(time(ms)).map(Guard::Upgradable),
                    (Kind::Write, How::Waits) => Some(Guard::Write(lock.write())),
                    (Kind::Write, How::Tries) => lock.try_write().map(Guard::Write),
                    (Kind::Write, How::For(ms)) => lock.try_write_for(time(ms)).map(Guard::Write),
                }
            }

            fn upgrade(guard: Upgradable<'_, u64>, how: How) -> Guard<'_> {
                let result = match how {
                    How::Waits => Ok(Upgradable::upgrade(guard)),
                    How::Tries => Upgradable::try_upgrade(guard),
                    How::For(ms) => Upgradable::try_upgrade_for(guard, Duration::from_millis(ms)),
                };
                result.map_or_else(Guard::Upgradable, Guard::Write)
            }

            /// What the task sees that does this.
            pub(crate) fn run(lock: &RwLock<u64>, me: u64, ops: &[Op]) -> u64 {
                let (mut seen, mut hand) = (0, Vec::new());
                for op in ops {
                    match *op {
                        Op::Take(kind, how) => match take(lock, kind, how) {
                            Some(guard) => hand.push(guard),
                            None => {
                                seen = note(seen, BUSY);
                                continue;
                            }
                        },
                        Op::Look(exclusively) => {
                            let locked = match exclusively {
                                true => lock.is_locked_exclusive(),
                                false => lock.is_locked(),
                            };
                            seen = note(seen, u64::from(locked));
                            continue;
                        }
                        _ => {
                            let becomes = match (hand.pop(), *op) {
                                (Some(Guard::Upgradable(guard)), Op::Upgrade(how)) => {
                                    let becomes = upgrade(guard, how);
                                    if matches!(becomes, Guard::Upgradable(_)) {
                                        seen = note(seen, BUSY);
                                    }
                                    Some(becomes)
                                }
                                (Some(Guard::Upgradable(guard)), Op::Downgrade) => {
                                    Some(Guard::Read(Upgradable::downgrade(guard)))
                                }
                                (Some(Guard::Write(guard)), Op::Downgrade) => Some(Guard::Read(Write::downgrade(guard))),
                                (Some(Guard::Write(guard)), Op::Lower) => {
                                    Some(Guard::Upgradable(Write::downgrade_to_upgradable(guard)))
                                }
                                (_, Op::Drop) => None,
                                (guard, _) => guard,
                            };
                            hand.extend(becomes);
                        }
                    }
                    seen = match hand.last_mut() {
                        None => seen,
                        Some(Guard::Read(value)) => note(seen, **value),
                        Some(Guard::Upgradable(value)) => note(seen, **value),
                        Some(Guard::Write(value)) => {
                            **value = written(**value, me);
                            note(seen, **value)
                        }
                    };
                }
                while let Some(guard) = hand.pop() {
                    drop(guard);
                }
                seen
            }
        }
    };
}

interpreter!(ours, selvedge::parking_lot);
interpreter!(theirs, parking_lot);

/// How often it tries only, or for a time, of the operations that can.
fn how(times: u32) -> impl Strategy<Value = How> {
    prop_oneof![
        6 => Just(How::Waits),
        3 => Just(How::Tries),
        times => (1..=2_u64).prop_map(How::For),
    ]
}

pub(crate) fn an_op(times: u32) -> impl Strategy<Value = Op> {
    let kind = prop_oneof![3 => Just(Kind::Read), 3 => Just(Kind::Upgradable), 2 => Just(Kind::Write)];
    prop_oneof![
        8 => (kind, how(times)).prop_map(|(kind, how)| Op::Take(kind, how)),
        4 => how(times).prop_map(Op::Upgrade),
        2 => Just(Op::Downgrade),
        2 => Just(Op::Lower),
        3 => Just(Op::Drop),
        2 => any::<bool>().prop_map(Op::Look),
    ]
}
