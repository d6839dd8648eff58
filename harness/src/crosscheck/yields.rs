//! The exhaustive search against plain enumeration, on random programs that yield: in loops that wait for what can be seen,
//! in loops that wait for what cannot, and in front of steps that cannot be seen.

use std::sync::Arc;
use std::sync::atomic::AtomicU32 as Unseen;

use proptest::prelude::*;

use super::threads::{check_within, compare, config, limits};
use crate::engine::current::Program;
use crate::future;
use crate::schedule::ScheduleLimits;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Mutex, RwLock};
use crate::{hint, thread};

#[derive(Clone, Copy, Debug)]
enum Move {
    Load(usize),
    Store(usize, u32),
    /// A yield, and then something that nobody can see.
    Look,
    Add,
    /// The same while a lock is held.
    AddLocked,
    TryLock,
    Yield,
    /// Waits until somebody has added something unseen: may wait for ever.
    Until(u32),
    /// Waits until a variable is not zero: by yields or by spinning, for ever or for two rounds, with a look at another one, with
    /// a write of its own in the loop.
    Wait {
        on: usize,
        pause: Pause,
        tries: u32,
        beside: Beside,
    },
    /// A loop that goes round two times and yields, but waits for nothing.
    Twice,
    Sleep,
}

#[derive(Clone, Copy, Debug)]
enum Pause {
    Yields,
    Spins,
    BacksOff,
}

#[derive(Clone, Copy, Debug)]
enum Beside {
    Nothing,
    Load,
    Write,
    ReadLock,
    TryReadLock,
}

fn a_wait() -> impl Strategy<Value = Move> {
    let pause = prop_oneof![Just(Pause::Yields), Just(Pause::Spins), Just(Pause::BacksOff)];
    let beside = prop_oneof![
        3 => Just(Beside::Nothing),
        1 => Just(Beside::Load),
        1 => Just(Beside::Write),
        1 => Just(Beside::ReadLock),
        1 => Just(Beside::TryReadLock),
    ];
    (0..2_usize, pause, 1..3_u32, beside).prop_map(|(on, pause, tries, beside)| Move::Wait {
        on,
        pause,
        tries,
        beside,
    })
}

fn a_marking_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => (0..2_usize).prop_map(Move::Load),
        1 => (0..2_usize, 1..3_u32).prop_map(|(x, v)| Move::Store(x, v)),
        2 => Just(Move::Look),
        3 => Just(Move::Add),
        1 => Just(Move::AddLocked),
        1 => Just(Move::TryLock),
        1 => Just(Move::Yield),
        2 => (1..3_u32).prop_map(Move::Until),
        1 => a_wait(),
        1 => Just(Move::Twice),
        1 => Just(Move::Sleep),
    ]
}

/// Whoever waits for what can be seen marks nothing.
fn a_waiting_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => (0..2_usize).prop_map(Move::Load),
        4 => (0..2_usize, 0..3_u32).prop_map(|(x, v)| Move::Store(x, v)),
        1 => Just(Move::TryLock),
        5 => a_wait(),
        1 => Just(Move::Sleep),
    ]
}

/// Yields beside what can all be seen.
fn a_yielding_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => a_waiting_move(),
        1 => Just(Move::Yield),
    ]
}

#[derive(Default)]
struct World {
    variables: [AtomicU32; 2],
    unseen: Unseen,
    lock: Mutex<u32>,
    shared: RwLock<u32>,
}

/// What yields of threads and async tasks have in common.
fn act(world: &World, each: Move, pause: &mut dyn FnMut()) -> u32 {
    match each {
        Move::Load(x) => world.variables[x].load(SeqCst),
        Move::Store(x, value) => {
            world.variables[x].store(value, SeqCst);
            0
        }
        Move::TryLock => u32::from(world.lock.try_lock().is_ok()),
        Move::AddLocked => {
            let held = world.lock.lock().unwrap();
            pause();
            world.unseen.fetch_add(1, SeqCst) + *held
        }
        Move::Wait {
            on,
            pause: how,
            tries,
            beside,
        } => {
            for tried in 0.. {
                let value = world.variables[on].load(SeqCst);
                if value != 0 || tried == tries {
                    return value;
                }
                match beside {
                    Beside::Nothing => {}
                    Beside::Load => _ = world.variables[1 - on].load(SeqCst),
                    Beside::Write => _ = world.variables[1 - on].swap(7, SeqCst),
                    Beside::ReadLock => drop(world.shared.read()),
                    Beside::TryReadLock => drop(world.shared.try_read()),
                }
                match how {
                    Pause::Yields => pause(),
                    Pause::Spins => hint::spin_loop(),
                    Pause::BacksOff => (0..=tried).for_each(|_| hint::spin_loop()),
                }
            }
            9
        }
        Move::Sleep => {
            thread::sleep(std::time::Duration::from_millis(1));
            0
        }
        _ => 0,
    }
}

fn run_thread(world: &World, moves: &[Move]) -> u32 {
    moves.iter().fold(0, |seen, &each| {
        let value = match each {
            Move::Yield => {
                thread::yield_now();
                0
            }
            Move::Look => {
                thread::yield_now();
                world.unseen.load(SeqCst)
            }
            Move::Add => {
                thread::yield_now();
                world.unseen.fetch_add(1, SeqCst)
            }
            Move::Until(least) => loop {
                thread::yield_now();
                let value = world.unseen.load(SeqCst);
                if value >= least {
                    break value;
                }
            },
            Move::Twice => (0..2).fold(0, |seen, _| {
                world.variables[0].fetch_add(1, SeqCst);
                thread::yield_now();
                seen * 5 + world.unseen.load(SeqCst)
            }),
            other => act(world, other, &mut thread::yield_now),
        };
        seen * 30 + value
    })
}

async fn run_async(world: Arc<World>, moves: Vec<Move>) -> u32 {
    let mut seen = 0;
    for each in moves {
        let value = match each {
            Move::Yield => {
                future::yield_now().await;
                0
            }
            Move::Look => {
                future::yield_now().await;
                world.unseen.load(SeqCst)
            }
            Move::Add => {
                future::yield_now().await;
                world.unseen.fetch_add(1, SeqCst)
            }
            Move::Until(least) => loop {
                future::yield_now().await;
                let value = world.unseen.load(SeqCst);
                if value >= least {
                    break value;
                }
            },
            Move::Wait { on, tries, .. } => {
                let mut tried = 0;
                loop {
                    let value = world.variables[on].load(SeqCst);
                    if value != 0 || tried == tries {
                        break value;
                    }
                    tried += 1;
                    future::yield_now().await;
                }
            }
            Move::Sleep => {
                crate::time::sleep(std::time::Duration::from_millis(1)).await;
                0
            }
            Move::Load(_) | Move::Store(..) | Move::TryLock => act(&world, each, &mut || {}),
            _ => 0,
        };
        seen = seen * 30 + value;
    }
    seen
}

fn program(tasks: Vec<(bool, Vec<Move>)>) -> Program {
    Arc::new(move || {
        let world = Arc::new(World::default());
        let mut threads = Vec::new();
        let mut futures = Vec::new();
        for (is_async, moves) in tasks.clone() {
            let world = Arc::clone(&world);
            match is_async {
                true => futures.push(future::spawn(run_async(world, moves))),
                false => threads.push(thread::spawn(move || run_thread(&world, &moves))),
            }
        }
        let seen: Vec<u32> = threads.into_iter().map(|t| t.join().unwrap()).collect();
        let also: Vec<u32> = (futures.into_iter())
            .map(|task| future::block_on(task).unwrap())
            .collect();
        format!("{seen:?} {also:?} {:?}", world.variables)
    })
}

fn tasks(a_move: impl Strategy<Value = Move> + Clone) -> impl Strategy<Value = Vec<(bool, Vec<Move>)>> {
    let task = |most: usize| {
        let is_async = prop_oneof![2 => Just(false), 1 => Just(true)];
        (is_async, prop::collection::vec(a_move.clone(), 1..=most))
    };
    prop_oneof![prop::collection::vec(task(3), 2), prop::collection::vec(task(2), 3),]
}

fn short() -> ScheduleLimits {
    ScheduleLimits {
        max_steps: 60,
        ..limits()
    }
}

proptest! {
    #![proptest_config(config(12))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_that_marks_steps_once(tasks in tasks(a_marking_move().boxed())) {
        compare(&program(tasks), &short())?;
    }
}

proptest! {
    #![proptest_config(config(40))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_that_waits_in_loops_once(tasks in tasks(a_waiting_move().boxed())) {
        compare(&program(tasks), &short())?;
    }
}

proptest! {
    #![proptest_config(config(40))]

    /// Where all can be seen, what comes out is the same whether yields mark a step or not.
    #[test]
    fn yields_that_mark_nothing_hide_no_outcome_of_what_can_be_seen(tasks in tasks(a_yielding_move().boxed())) {
        let program = program(tasks);
        let search = |unmarked_yields: bool| {
            let limits = ScheduleLimits { unmarked_yields, ..short() };
            check_within(&limits).strategy(crate::Strategy::Exhaustive).keep_going(true).run_program(Arc::clone(&program))
        };
        let (marked, unmarked) = (search(false), search(true));
        prop_assert!(unmarked.executions <= marked.executions, "{unmarked}\n{marked}");
        prop_assert_eq!(marked.outcomes.keys().collect::<Vec<_>>(), unmarked.outcomes.keys().collect::<Vec<_>>());
        prop_assert_eq!(marked.failing_executions > 0, unmarked.failing_executions > 0, "{}\n{}", unmarked, marked);
        let limits = ScheduleLimits { unmarked_yields: true, ..short() };
        compare(&program, &limits)?;
    }
}
