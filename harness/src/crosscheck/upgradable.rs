//! The exhaustive search against plain enumeration, on random programs that share a lock, write to it, and upgrade it; and what
//! is seen where a writer only says that it waits if that can be told, against what is seen where it always says so.

use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;

use super::threads::{Seen, clocks, compare_ends, compare_with, config, enumerate, limits, search_with};
use crate::engine::current::Program;
use crate::explore::exhaustive::Exhaustive;
use crate::kernel::Numbering;
use crate::parking_lot::{RwLock, RwLockReadGuard, RwLockUpgradableReadGuard as Upgradable, RwLockWriteGuard as Write};
use crate::thread;
use crate::time::Duration;

/// How a lock is taken, and what is done before it is given back.
#[derive(Clone, Copy, Debug)]
enum Take {
    Read,
    Upgradable,
    Write,
}

#[derive(Clone, Copy, Debug)]
enum How {
    Waits,
    Tries,
    ForATime,
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Take(Take, How),
    /// The guard that was taken last becomes another one.
    Upgrade(How),
    Downgrade,
    Lower,
    Drop,
    IsLocked(bool),
    Park,
    Unpark,
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![5 => Just(How::Waits), 3 => Just(How::Tries), 1 => Just(How::ForATime)]
}

fn a_move() -> impl Strategy<Value = Move> {
    let take = prop_oneof![
        3 => Just(Take::Read),
        3 => Just(Take::Upgradable),
        2 => Just(Take::Write),
    ];
    prop_oneof![
        9 => (take, how()).prop_map(|(take, how)| Move::Take(take, how)),
        4 => how().prop_map(Move::Upgrade),
        2 => Just(Move::Downgrade),
        2 => Just(Move::Lower),
        3 => Just(Move::Drop),
        2 => any::<bool>().prop_map(Move::IsLocked),
        1 => Just(Move::Park),
        1 => Just(Move::Unpark),
    ]
}

enum Guard<'a> {
    Read(RwLockReadGuard<'a, u32>),
    Upgradable(Upgradable<'a, u32>),
    Write(Write<'a, u32>),
}

fn take(lock: &RwLock<u32>, take: Take, how: How) -> Option<Guard<'_>> {
    const TIME: Duration = Duration::from_millis(1);
    match (take, how) {
        (Take::Read, How::Waits) => Some(Guard::Read(lock.read())),
        (Take::Read, How::Tries) => lock.try_read().map(Guard::Read),
        (Take::Read, How::ForATime) => lock.try_read_for(TIME).map(Guard::Read),
        (Take::Upgradable, How::Waits) => Some(Guard::Upgradable(lock.upgradable_read())),
        (Take::Upgradable, How::Tries) => lock.try_upgradable_read().map(Guard::Upgradable),
        (Take::Upgradable, How::ForATime) => lock.try_upgradable_read_for(TIME).map(Guard::Upgradable),
        (Take::Write, How::Waits) => Some(Guard::Write(lock.write())),
        (Take::Write, How::Tries) => lock.try_write().map(Guard::Write),
        (Take::Write, How::ForATime) => lock.try_write_for(TIME).map(Guard::Write),
    }
}

fn upgrade(guard: Upgradable<'_, u32>, how: How) -> Guard<'_> {
    let result = match how {
        How::Waits => Ok(Upgradable::upgrade(guard)),
        How::Tries => Upgradable::try_upgrade(guard),
        How::ForATime => Upgradable::try_upgrade_for(guard, Duration::from_millis(1)),
    };
    result.map_or_else(Guard::Upgradable, Guard::Write)
}

fn see(guard: &mut Guard<'_>) -> u32 {
    match guard {
        Guard::Read(value) => **value,
        Guard::Upgradable(value) => **value + 10,
        Guard::Write(value) => {
            **value += 1;
            **value + 20
        }
    }
}

fn run_task(lock: &RwLock<u32>, first: &thread::Thread, moves: &[Move]) -> Vec<u32> {
    let (mut hand, mut seen) = (Vec::new(), Vec::new());
    for each in moves {
        match *each {
            Move::Take(kind, how) => match take(lock, kind, how) {
                Some(guard) => hand.push(guard),
                None => seen.push(99),
            },
            Move::IsLocked(exclusively) => {
                let locked = match exclusively {
                    true => lock.is_locked_exclusive(),
                    false => lock.is_locked(),
                };
                seen.push(80 + u32::from(locked));
                continue;
            }
            Move::Park => thread::park(),
            Move::Unpark => first.unpark(),
            _ => {
                let becomes = match (hand.pop(), each) {
                    (Some(Guard::Upgradable(guard)), Move::Upgrade(how)) => Some(upgrade(guard, *how)),
                    (Some(Guard::Upgradable(guard)), Move::Downgrade) => {
                        Some(Guard::Read(Upgradable::downgrade(guard)))
                    }
                    (Some(Guard::Write(guard)), Move::Downgrade) => Some(Guard::Read(Write::downgrade(guard))),
                    (Some(Guard::Write(guard)), Move::Lower) => {
                        Some(Guard::Upgradable(Write::downgrade_to_upgradable(guard)))
                    }
                    (_, Move::Drop) => None,
                    (guard, _) => guard,
                };
                hand.extend(becomes);
            }
        }
        seen.extend(hand.last_mut().map(see));
    }
    while let Some(guard) = hand.pop() {
        drop(guard);
    }
    seen
}

fn program(tasks: Vec<Vec<Move>>) -> Program {
    Arc::new(move || {
        let lock = Arc::new(RwLock::new(0).named("lock"));
        let first = thread::current();
        let handles: Vec<_> = (tasks.iter().skip(1))
            .map(|moves| {
                let (lock, first, moves) = (Arc::clone(&lock), first.clone(), moves.clone());
                thread::spawn(move || run_task(&lock, &first, &moves))
            })
            .collect();
        let mut seen = vec![run_task(&lock, &first, &tasks[0])];
        seen.extend(handles.into_iter().map(|h| h.join().unwrap()));
        format!("{seen:?}")
    })
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_move(), 1..=5), 2),
        prop::collection::vec(prop::collection::vec(a_move(), 1..=2), 3),
    ]
}

/// Whether a writer says from the beginning that it waits.
fn all(tasks: &[Vec<Move>], says: bool) -> Seen {
    let mut numbering = Numbering::default();
    numbering.facts.writers_queue = says;
    let strategy = Rc::new(RefCell::new(Exhaustive::new()));
    search_with(numbering, &program(tasks.to_vec()), &limits(), strategy, 20_000)
}

/// Whether nothing is asked that commutes with an attempt to write which fails, and not with one that succeeds: orders are tried in
/// vain then.
fn is_plain(tasks: &[Vec<Move>]) -> bool {
    !tasks.iter().flatten().any(|each| matches!(each, Move::IsLocked(true)))
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_that_upgrades_a_lock_once(
        tasks in tasks(),
        limits in clocks(),
    ) {
        // Where nothing but waiting is done, no search is asked which it can follow.
        let parks = tasks.iter().flatten().any(|each| matches!(each, Move::Park));
        prop_assume!(limits.early_timers == 0 || !parks);
        let program = program(tasks.clone());
        let plain = enumerate(&program, &limits, 3_000);
        prop_assume!(plain.complete);
        if is_plain(&tasks) {
            compare_with(&plain, &program, &limits)?;
        } else {
            compare_ends(&plain, &program, &limits)?;
        }
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_writer_says_that_it_waits_wherever_that_can_be_told(tasks in tasks()) {
        let [learned, said] = [false, true].map(|says| all(&tasks, says));
        prop_assume!(learned.complete && said.complete);
        prop_assert_eq!(learned.outcomes, said.outcomes);
        prop_assert_eq!(learned.failures, said.failures);
    }
}
