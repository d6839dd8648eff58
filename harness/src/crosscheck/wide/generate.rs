//! Programs nobody chose. Each is about few things, so that its tasks meet.

use proptest::prelude::*;
use proptest::sample::{select, subsequence};

use super::program::{Home, Lot, Op, Pass, Program, Wait};
use crate::crosscheck::threads::limits;
use crate::kernel::ScheduleLimits;

/// What a program may contain.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// All that the public API has.
    Any,
    /// What real threads do alike: nothing that takes time, and no spinning, because when that goes on is decided there
    /// by the platform and here by what can still change.
    Real,
    /// With a cell that nothing protects.
    Racy,
    /// One task, which does whatever it can.
    Alone,
}

impl Kind {
    /// Whether it is for real threads, where nothing happens without a reason, or not as often as one says.
    fn is_real(self) -> bool {
        matches!(self, Kind::Real | Kind::Alone)
    }
}

/// Operations that have to do with each other: those of every task, of threads, and of async tasks.
struct Family {
    all: Vec<Op>,
    threads: Vec<Op>,
    tasks: Vec<Op>,
    waits: Vec<Wait>,
}

fn family(all: &[Op], threads: &[Op], tasks: &[Op], waits: &[Wait]) -> Family {
    Family {
        all: all.to_vec(),
        threads: threads.to_vec(),
        tasks: tasks.to_vec(),
        waits: waits.to_vec(),
    }
}

fn families(kind: Kind) -> Vec<Family> {
    use Op::*;
    let timed = matches!(kind, Kind::Any | Kind::Alone);
    let only = |ops: &[Op]| family(ops, &[], &[], &[]);
    let mut families = vec![
        only(&[
            Load(0),
            Load(1),
            Store(0, 1),
            Store(1, 2),
            Add(0),
            Release(1, 1),
            Acquire(1),
        ]),
        only(&[
            Load(0),
            Swap(0, 3),
            Exchange(0),
            ExchangeWeak(0),
            Update(0),
            Fence,
            Add(0),
        ]),
        only(&[
            Lock(0),
            Lock(1),
            TryLock(0),
            Holding(0, vec![Lock(1)]),
            Holding(1, vec![Add(0)]),
            Load(0),
        ]),
        // What a task does while it unwinds is one step with what it did before: nobody sees a lock that is held meanwhile.
        only(&[
            Lock(0),
            Holding(0, vec![Panic]),
            if kind == Kind::Real { Poisoned } else { TryLock(0) },
            Poisoned,
        ]),
        only(&[Holding(0, vec![Lock(1)]), Holding(1, vec![Lock(0)]), Load(0)]),
        only(&[Read, Write, TryRead, TryWrite, Reading(vec![Load(0)]), Store(0, 1)]),
        family(
            &[NotifyOne, NotifyAll, Lock(0), TryLock(0)],
            &[Wait, WaitWhile],
            &[],
            &[],
        ),
        family(&[Load(0), Store(0, 1)], &[Barrier], &[], &[]),
        only(&[CallOnce, CallOnceAndPanic, IsCompleted, Load(0)]),
        only(&[GetOrInit(1), Set(2), Get, Store(0, 4)]),
        family(
            &[TrySend(1), DropSender, TryReceive, DropReceiver],
            &[Send(2), Receive],
            &[],
            &[],
        ),
        only(&[Own, Disown, Count, Unwrap, Upgrade]),
        family(&[Unpark(0), Unpark(1), Load(0), Store(0, 1)], &[Park], &[], &[]),
        family(
            &[Load(0), Add(0)],
            &[Local, Scope(vec![vec![Add(0)], vec![Load(0)]])],
            &[],
            &[],
        ),
        family(
            &[Panic, Add(0), Thread(vec![Load(0), Panic]), Join],
            &[Thread(vec![Task(vec![Add(0)])])],
            &[],
            &[],
        ),
        only(&[Detach, Add(0), Load(0), Panic, IsFinished]),
        only(&[Choose(2), Choose(3), Note, Store(0, 1), Load(0)]),
        only(&[Opaque, OpaqueOther, Load(0), Store(0, 1)]),
        family(&[ForeignSend, Opaque], &[], &[], &[self::Wait::Foreign]),
        family(
            &[NotifyWaiter, NotifyWaiters, Store(0, 1)],
            &[],
            &[],
            &[self::Wait::Notified, self::Wait::NotifiedUnless(0)],
        ),
        family(
            &[TryPermit, AddPermit, ClosePermits, Load(0)],
            &[],
            &[],
            &[self::Wait::Permit],
        ),
        family(&[TryTokioLock], &[], &[], &[self::Wait::TokioLock]),
        family(
            &[TryTokioRead, TryTokioWrite],
            &[],
            &[],
            &[self::Wait::TokioRead, self::Wait::TokioWrite],
        ),
        family(&[Answer, DropAnswer, Load(0)], &[], &[], &[self::Wait::Answer]),
        family(
            &[TryQueue(1), DropQueue, CloseQueue, TryTake],
            &[],
            &[],
            &[self::Wait::Put(2), self::Wait::Take],
        ),
        family(
            &[WatchSend(1), WatchModify, WatchBorrow, DropWatch],
            &[],
            &[],
            &[self::Wait::Changed],
        ),
        family(
            &[BroadcastSend(1), BroadcastLen, TryBroadcast],
            &[],
            &[],
            &[self::Wait::Broadcast],
        ),
        family(&[SetCell(1), GetCell], &[], &[], &[self::Wait::Cell(2)]),
        family(&[Load(0), Add(0)], &[], &[], &[self::Wait::Together]),
        family(
            &[Abort(0), Abort(1), Detach, IsFinished, Add(0)],
            &[],
            &[Task(vec![Add(0)])],
            &[self::Wait::Child, self::Wait::Notified],
        ),
    ];
    families.extend(of_other_crates(timed));
    if timed {
        families.push(family(
            &[NotifyOne, Lock(0), Store(0, 1)],
            &[WaitTimeout(1), WaitTimeout(2)],
            &[],
            &[],
        ));
        families.push(family(
            &[TrySend(1), DropSender],
            &[ReceiveTimeout(1), ReceiveTimeout(2)],
            &[],
            &[],
        ));
        families.push(family(
            &[Unpark(0), Unpark(1)],
            &[ParkTimeout(1), ParkTimeout(2)],
            &[],
            &[],
        ));
        families.push(family(&[Sleep(1), Sleep(2), Load(0), Add(0)], &[], &[Ticks], &[]));
        families.push(only(&[TrySpin(0), Store(0, 1), Yield, Load(0)]));
    }
    // What a real clock does in the middle of these is anybody's guess.
    if matches!(kind, Kind::Any | Kind::Racy) {
        families.push(only(&[Elapsed, Sleep(1), Store(0, 1)]));
        families.push(family(&[Yield, Add(0), Load(0)], &[], &[], &[self::Wait::Sleep(1)]));
    }
    if kind == Kind::Racy {
        for family in &mut families {
            family.all.extend([Touch, Look, Touch]);
        }
    }
    families
}

/// About the types of parking_lot and crossbeam.
fn of_other_crates(timed: bool) -> Vec<Family> {
    use Op::{Load, Store};
    let lots = |ops: &[Lot]| ops.iter().cloned().map(Op::Lot).collect::<Vec<_>>();
    let passes = |ops: &[Pass]| ops.iter().copied().map(Op::Pass).collect::<Vec<_>>();
    let looking = vec![Load(0)];
    let mut all = vec![
        family(
            &lots(&[Lot::Lock, Lot::TryLock, Lot::Holding(looking.clone()), Lot::IsLocked]),
            &[Store(0, 1)],
            &[Store(0, 2)],
            &[],
        ),
        family(
            &lots(&[
                Lot::Read,
                Lot::Write,
                Lot::TryRead,
                Lot::TryWrite,
                Lot::Reading(looking.clone()),
            ]),
            &[Store(0, 1)],
            &[Store(0, 2)],
            &[],
        ),
        family(
            &lots(&[
                Lot::Upgrade,
                Lot::TryUpgrade,
                Lot::Downgrade(looking),
                Lot::Read,
                Lot::TryWrite,
            ]),
            &[Store(0, 1)],
            &[],
            &[],
        ),
        family(
            &lots(&[Lot::NotifyOne, Lot::NotifyAll, Lot::Lock]),
            &lots(&[Lot::Wait]),
            &[],
            &[],
        ),
        family(
            &passes(&[Pass::TrySend(1), Pass::DropSender, Pass::TryReceive, Pass::DropReceiver]),
            &passes(&[Pass::Send(2), Pass::Receive, Pass::Select(3)]),
            &[],
            &[],
        ),
    ];
    if timed {
        all.push(family(
            &lots(&[Lot::NotifyOne, Lot::Lock]),
            &lots(&[Lot::WaitFor(1), Lot::WaitFor(2), Lot::LockFor(1)]),
            &[],
            &[],
        ));
        all.push(family(
            &passes(&[Pass::TrySend(1), Pass::DropSender, Pass::TryReceive]),
            &passes(&[Pass::ReceiveWithin(1), Pass::SendWithin(1, 2), Pass::ReceiveWithin(2)]),
            &[],
            &[],
        ));
    }
    all
}

/// The operations of threads and of async tasks, about the families that were chosen.
fn ops(kind: Kind, chosen: &[usize]) -> (Vec<Op>, Vec<Op>) {
    let (mut threads, mut tasks) = (Vec::new(), Vec::new());
    let families = families(kind);
    for family in chosen.iter().map(|&at| &families[at]) {
        threads.extend(family.all.iter().chain(&family.threads).cloned());
        // An async task spawns async tasks and does not block.
        let blocks = |op: &&Op| matches!(op, Op::Thread(_));
        tasks.extend(family.all.iter().chain(&family.tasks).filter(|op| !blocks(op)).cloned());
        for &wait in &family.waits {
            let mut waits = vec![Op::Await(wait), Op::Await(wait), Op::Cancelable(wait)];
            if matches!(kind, Kind::Any | Kind::Alone) {
                waits.extend([
                    Op::Within(1, wait),
                    Op::Within(2, wait),
                    Op::Either(wait, Wait::Sleep(1)),
                ]);
            }
            if wait != Wait::Notified {
                waits.extend([
                    Op::Either(wait, Wait::Notified),
                    Op::Select(wait, Wait::Notified),
                    Op::Joined(wait, Wait::Notified),
                ]);
            }
            tasks.extend(waits.iter().cloned());
            // A thread has no child of its own to await.
            if wait != Wait::Child {
                threads.extend(waits.into_iter().take(4));
            }
        }
    }
    (threads, tasks)
}

fn body(ops: Vec<Op>, most: usize) -> impl Strategy<Value = Vec<Op>> {
    prop::collection::vec(select(ops), 1..=most)
}

/// What one child does, and what it is.
fn child(threads: Vec<Op>, tasks: Vec<Op>, most: usize) -> impl Strategy<Value = Op> {
    let nested = (body(tasks.clone(), 2), body(tasks.clone(), 1)).prop_map(|(mut outer, inner)| {
        outer.insert(0, Op::Task(inner));
        Op::Task(outer)
    });
    let nested_thread =
        (body(threads.clone(), 2), body(threads.clone(), 1), any::<bool>()).prop_map(|(mut outer, inner, join)| {
            outer.insert(0, Op::Thread(inner));
            if join {
                outer.insert(1, Op::Join);
            }
            Op::Thread(outer)
        });
    prop_oneof![
        4 => body(threads, most).prop_map(Op::Thread),
        4 => body(tasks, most).prop_map(Op::Task),
        1 => nested,
        1 => nested_thread,
    ]
}

fn main_task(kind: Kind) -> BoxedStrategy<Vec<Op>> {
    let number = families(kind).len();
    let about = move |families: usize| subsequence((0..number).collect::<Vec<_>>(), families);
    if kind == Kind::Alone {
        return about(4)
            .prop_flat_map(move |chosen| body(ops(kind, &chosen).0, 12))
            .boxed();
    }
    let chosen = prop_oneof![3 => about(1), 4 => about(2), 1 => about(3)];
    let tasks = chosen.prop_flat_map(move |chosen| {
        let (threads, tasks) = ops(kind, &chosen);
        let two = prop::collection::vec(child(threads.clone(), tasks.clone(), 3), 1..=2);
        let three = prop::collection::vec(child(threads.clone(), tasks, 2), 3);
        let between = prop::collection::vec(select(threads), 0..=2);
        (prop_oneof![3 => two, 1 => three], between).prop_map(|(mut main, between)| {
            main.extend(between);
            main
        })
    });
    tasks.boxed()
}

fn adversary(kind: Kind) -> impl Strategy<Value = ScheduleLimits> {
    let seldom = move |most: u32| {
        let some = if kind.is_real() { 0 } else { most };
        prop_oneof![5 => Just(0), 1 => 0..=some]
    };
    let fresh = prop::bool::weighted(if kind.is_real() { 0.0 } else { 0.3 });
    (seldom(1), seldom(1), seldom(2), fresh).prop_map(
        |(spurious_wakeups, spurious_polls, early_timers, fresh_wakers)| ScheduleLimits {
            spurious_wakeups,
            spurious_polls,
            early_timers,
            fresh_wakers,
            ..limits()
        },
    )
}

pub(super) fn programs(kind: Kind) -> impl Strategy<Value = Program> {
    let bound = prop_oneof![2 => Just(None), 1 => Just(Some(0)), 2 => Just(Some(1))];
    let home = prop_oneof![2 => Just(Home::Heap), 1 => Just(Home::Owned), 1 => Just(Home::Static)];
    (adversary(kind), bound, home, main_task(kind)).prop_map(|(limits, bound, home, main)| Program {
        limits,
        bound,
        home,
        main,
    })
}
