//! The exhaustive search against plain enumeration, on random programs whose tasks share locks, share them again, and wait
//! for each other meanwhile.

use std::sync::Arc;

use proptest::prelude::*;

use super::threads::{compare, config, limits};
use crate::engine::current::Program;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Mutex, RwLock};
use crate::{hint, thread};

/// What a generated task does, possibly while it shares a lock.
#[derive(Clone, Copy, Debug)]
enum Act {
    Load,
    Store(u32),
    Lock,
    Read(usize),
    TryRead(usize),
    TryWrite(usize),
    Sleep,
    Park,
    Unpark,
    /// Waits until the variable is not zero, for two rounds at most.
    Spin,
}

#[derive(Clone, Copy, Debug)]
enum Move {
    Alone(Act),
    Write(usize),
    Sharing(usize, Act),
    Locked(Act),
}

fn an_act() -> impl Strategy<Value = Act> {
    prop_oneof![
        2 => Just(Act::Load),
        2 => (1..3_u32).prop_map(Act::Store),
        2 => Just(Act::Lock),
        4 => (0..2_usize).prop_map(Act::Read),
        3 => (0..2_usize).prop_map(Act::TryRead),
        1 => (0..2_usize).prop_map(Act::TryWrite),
        1 => Just(Act::Sleep),
        1 => Just(Act::Park),
        1 => Just(Act::Unpark),
        1 => Just(Act::Spin),
    ]
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        3 => an_act().prop_map(Move::Alone),
        4 => (0..2_usize).prop_map(Move::Write),
        5 => (0..2_usize, an_act()).prop_map(|(lock, act)| Move::Sharing(lock, act)),
        2 => an_act().prop_map(Move::Locked),
    ]
}

struct World {
    locks: [RwLock<u32>; 2],
    mutex: Mutex<u32>,
    variable: AtomicU32,
    threads: std::sync::OnceLock<Vec<thread::Thread>>,
}

fn act(world: &World, each: Act) -> u32 {
    match each {
        Act::Load => world.variable.load(SeqCst),
        Act::Store(value) => {
            world.variable.store(value, SeqCst);
            0
        }
        Act::Lock => {
            let mut value = world.mutex.lock().unwrap();
            *value += 1;
            *value
        }
        Act::Read(lock) => *world.locks[lock].read().unwrap(),
        Act::TryRead(lock) => world.locks[lock].try_read().map_or(7, |value| *value),
        Act::TryWrite(lock) => world.locks[lock].try_write().map_or(7, |mut value| {
            *value += 1;
            *value
        }),
        Act::Sleep => {
            thread::sleep(std::time::Duration::from_millis(1));
            0
        }
        Act::Park => {
            thread::park();
            0
        }
        Act::Unpark => world.threads.get().map_or(0, |all| {
            all[0].unpark();
            1
        }),
        Act::Spin => {
            let mut tries = 0;
            while world.variable.load(SeqCst) == 0 && tries < 2 {
                hint::spin_loop();
                tries += 1;
            }
            tries
        }
    }
}

fn run_task(world: &World, moves: &[Move]) -> u32 {
    moves.iter().fold(0, |seen, each| {
        let value = match *each {
            Move::Alone(each) => act(world, each),
            Move::Write(lock) => {
                let mut value = world.locks[lock].write().unwrap();
                *value += 1;
                *value
            }
            Move::Sharing(lock, each) => {
                let value = world.locks[lock].read().unwrap();
                *value + act(world, each)
            }
            Move::Locked(Act::Lock) => 0,
            Move::Locked(each) => {
                let value = world.mutex.lock().unwrap();
                *value + act(world, each)
            }
        };
        seen * 30 + value
    })
}

fn program(tasks: Vec<Vec<Move>>) -> Program {
    Arc::new(move || {
        let world = Arc::new(World {
            locks: [RwLock::new(0), RwLock::new(0)],
            mutex: Mutex::new(0),
            variable: AtomicU32::new(0),
            threads: std::sync::OnceLock::new(),
        });
        let handles: Vec<_> = (tasks.iter())
            .map(|moves| {
                let (world, moves) = (Arc::clone(&world), moves.clone());
                thread::spawn(move || run_task(&world, &moves))
            })
            .collect();
        let threads = handles.iter().map(|h| h.thread().clone()).collect();
        assert!(world.threads.set(threads).is_ok());
        let seen: Vec<u32> = handles.into_iter().map(|h| h.join().unwrap()).collect();
        format!("{seen:?}")
    })
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_move(), 1..=4), 2),
        prop::collection::vec(prop::collection::vec(a_move(), 1..=2), 3),
    ]
}

proptest! {
    #![proptest_config(config(25))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_that_shares_locks_once(tasks in tasks()) {
        compare(&program(tasks), &limits())?;
    }
}
