//! The exhaustive search against plain enumeration, on async programs nobody chose, with all that the async
//! adversary may do.

use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;

use super::threads::{compare, config, limits};
use crate::engine::current::Program;
use crate::future::{self, AbortHandle, JoinHandle};
use crate::schedule::ScheduleLimits;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::tokio::sync::{Mutex, Notify, RwLock, Semaphore, broadcast, mpsc, watch};
use crate::{opaque, time};

/// One await, or one call, of a generated task.
#[derive(Clone, Copy, Debug)]
enum Move {
    Load,
    Store(u32),
    Notified,
    NotifiedOrCancelled,
    NotifiedOrTimeout,
    NotifyWaiters,
    NotifyOne,
    /// Holds the only permit over a store and a yield.
    Acquire,
    AcquireOrCancelled,
    Sleep(u64),
    Yield,
    Abort(usize),
    /// A task that nobody waits for.
    Detach(u32),
    /// A channel of another crate, named.
    Send,
    Receive,
    ReceiveOrCancelled,
    /// The same, as it is.
    SendUnnamed,
    ReceiveUnnamed,
    WatchSend(u32),
    WatchChanged,
    WatchBorrow,
    BroadcastSend(u32),
    BroadcastReceive,
    BroadcastLen,
    /// A channel with room for one.
    QueueSend(u32),
    QueueTrySend,
    QueueReceive,
    ReadLock,
    TryReadLock,
    WriteLock,
    TryAcquire,
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => Just(Move::Load),
        2 => (1..3_u32).prop_map(Move::Store),
        2 => Just(Move::Notified),
        2 => Just(Move::NotifiedOrCancelled),
        1 => Just(Move::NotifiedOrTimeout),
        2 => Just(Move::NotifyWaiters),
        2 => Just(Move::NotifyOne),
        1 => Just(Move::Acquire),
        1 => Just(Move::AcquireOrCancelled),
        1 => (0..2_u64).prop_map(Move::Sleep),
        1 => Just(Move::Yield),
        1 => (0..2_usize).prop_map(Move::Abort),
        1 => (1..3_u32).prop_map(Move::Detach),
        2 => Just(Move::Send),
        1 => Just(Move::Receive),
        1 => Just(Move::ReceiveOrCancelled),
    ]
}

/// Where futures of other crates are awaited as they are, hardly anything commutes: small programs.
fn an_unnamed_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => Just(Move::Load),
        1 => (1..3_u32).prop_map(Move::Store),
        1 => Just(Move::Notified),
        1 => Just(Move::NotifyOne),
        2 => Just(Move::SendUnnamed),
        2 => Just(Move::ReceiveUnnamed),
    ]
}

/// Calls of tokio's types.
fn a_tokio_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => (1..3_u32).prop_map(Move::WatchSend),
        2 => Just(Move::WatchChanged),
        1 => Just(Move::WatchBorrow),
        2 => (1..3_u32).prop_map(Move::BroadcastSend),
        2 => Just(Move::BroadcastReceive),
        1 => Just(Move::BroadcastLen),
        1 => (1..3_u32).prop_map(Move::QueueSend),
        1 => Just(Move::QueueTrySend),
        1 => Just(Move::QueueReceive),
        2 => Just(Move::ReadLock),
        1 => Just(Move::TryReadLock),
        1 => Just(Move::WriteLock),
        1 => Just(Move::Acquire),
        1 => Just(Move::TryAcquire),
    ]
}

fn tokio_tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_tokio_move(), 1..4), 2),
        prop::collection::vec(prop::collection::vec(a_tokio_move(), 1..3), 3),
    ]
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_move(), 1..4), 2),
        prop::collection::vec(prop::collection::vec(a_move(), 1..3), 3),
    ]
}

fn unnamed_tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop::collection::vec(prop::collection::vec(an_unnamed_move(), 1..3), 2)
}

struct World {
    variable: AtomicU32,
    notify: Notify,
    permit: Semaphore,
    channel: (async_channel::Sender<u32>, async_channel::Receiver<u32>),
    watched: watch::Sender<u32>,
    broadcast: broadcast::Sender<u32>,
    queue: (mpsc::Sender<u32>, Mutex<mpsc::Receiver<u32>>),
    lock: RwLock<u32>,
    /// Of all tasks, set before any of them runs.
    handles: std::sync::OnceLock<Vec<AbortHandle>>,
}

const MILLISECOND: Duration = Duration::from_millis(1);

/// The ends of channels that a task has for itself, if it uses them.
struct Ends {
    watched: Option<watch::Receiver<u32>>,
    broadcast: Option<broadcast::Receiver<u32>>,
}

impl Ends {
    fn of(world: &World, moves: &[Move]) -> Ends {
        let watches = |m: &Move| matches!(m, Move::WatchChanged | Move::WatchBorrow);
        let receives = |m: &Move| matches!(m, Move::BroadcastReceive);
        Ends {
            watched: moves.iter().any(watches).then(|| world.watched.subscribe()),
            broadcast: moves.iter().any(receives).then(|| world.broadcast.subscribe()),
        }
    }

    fn watched(&mut self) -> &mut watch::Receiver<u32> {
        self.watched.as_mut().expect("a task that watches has a receiver")
    }

    fn broadcast(&mut self) -> &mut broadcast::Receiver<u32> {
        self.broadcast.as_mut().expect("a task that receives has a receiver")
    }
}

async fn run_task(world: Arc<World>, mut ends: Ends, moves: Vec<Move>) -> u32 {
    let mut seen = 0;
    for each in moves {
        let value = match each {
            Move::Load => world.variable.load(SeqCst),
            Move::Store(value) => {
                world.variable.store(value, SeqCst);
                0
            }
            Move::Notified => {
                world.notify.notified().await;
                0
            }
            Move::NotifiedOrCancelled => match future::cancelable(world.notify.notified()).await {
                Some(()) => 1,
                None => 2,
            },
            Move::NotifiedOrTimeout => match time::timeout(MILLISECOND, world.notify.notified()).await {
                Ok(()) => 1,
                Err(_) => 2,
            },
            Move::NotifyWaiters => {
                world.notify.notify_waiters();
                0
            }
            Move::NotifyOne => {
                world.notify.notify_one();
                0
            }
            Move::Acquire => {
                let permit = world.permit.acquire().await.unwrap();
                let seen = world.variable.load(SeqCst);
                drop(permit);
                seen
            }
            Move::AcquireOrCancelled => u32::from(future::cancelable(world.permit.acquire()).await.is_some()),
            Move::Sleep(ms) => {
                time::sleep(Duration::from_millis(ms)).await;
                0
            }
            Move::Yield => {
                future::yield_now().await;
                0
            }
            Move::Abort(task) => {
                world.handles.get().expect("no task has run before")[task].abort();
                0
            }
            Move::Detach(value) => {
                let theirs = Arc::clone(&world);
                drop(future::spawn(async move { theirs.variable.store(value, SeqCst) }));
                0
            }
            Move::Send => {
                opaque("channel", || world.channel.0.try_send(3)).unwrap();
                0
            }
            Move::Receive => future::opaque("channel", world.channel.1.recv()).await.unwrap(),
            Move::ReceiveOrCancelled => future::cancelable(future::opaque("channel", world.channel.1.recv()))
                .await
                .map_or(9, Result::unwrap),
            Move::SendUnnamed => {
                world.channel.0.try_send(3).unwrap();
                0
            }
            Move::ReceiveUnnamed => world.channel.1.recv().await.unwrap(),
            Move::WatchSend(value) => u32::from(world.watched.send(value).is_err()),
            Move::WatchChanged => u32::from(ends.watched().changed().await.is_err()),
            Move::WatchBorrow => *ends.watched().borrow_and_update(),
            Move::BroadcastSend(value) => world.broadcast.send(value).unwrap_or(9) as u32,
            Move::BroadcastReceive => ends.broadcast().recv().await.unwrap_or(8),
            Move::BroadcastLen => world.broadcast.len() as u32,
            Move::QueueSend(value) => u32::from(world.queue.0.send(value).await.is_err()),
            Move::QueueTrySend => u32::from(world.queue.0.try_send(4).is_err()),
            Move::QueueReceive => {
                let mut receiver = world.queue.1.lock().await;
                receiver.recv().await.unwrap_or(7)
            }
            Move::ReadLock => *world.lock.read().await,
            Move::TryReadLock => world.lock.try_read().map_or(5, |value| *value),
            Move::WriteLock => {
                *world.lock.write().await += 1;
                0
            }
            Move::TryAcquire => u32::from(world.permit.try_acquire().is_ok()),
        };
        seen = seen * 10 + value;
    }
    seen
}

fn program(tasks: Vec<Vec<Move>>) -> Program {
    Arc::new(move || {
        let (sender, receiver) = mpsc::channel(1);
        let world = Arc::new(World {
            variable: AtomicU32::new(0),
            notify: Notify::new(),
            permit: Semaphore::new(1),
            channel: async_channel::unbounded(),
            watched: watch::channel(0).0,
            broadcast: broadcast::channel(1).0,
            queue: (sender, Mutex::new(receiver)),
            lock: RwLock::new(0),
            handles: std::sync::OnceLock::new(),
        });
        let ends: Vec<_> = tasks.iter().map(|moves| Ends::of(&world, moves)).collect();
        let tasks: Vec<_> = (tasks.iter().zip(ends))
            .map(|(moves, ends)| future::spawn(run_task(Arc::clone(&world), ends, moves.clone())))
            .collect();
        let handles = tasks.iter().map(JoinHandle::abort_handle).collect();
        world.handles.set(handles).expect("they are set once");
        let seen = future::block_on(async {
            let mut seen = Vec::new();
            for task in tasks {
                seen.push(task.await.map_err(|_| "aborted"));
            }
            seen
        });
        format!("{seen:?} {}", world.variable.load(SeqCst))
    })
}

fn adversary() -> impl Strategy<Value = ScheduleLimits> {
    (0..2_u32, 0..2_u32, any::<bool>()).prop_map(|(spurious_polls, early_timers, fresh_wakers)| ScheduleLimits {
        spurious_polls,
        early_timers,
        fresh_wakers,
        ..limits()
    })
}

proptest! {
    #![proptest_config(config(10))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_async_program_once(
        tasks in tasks(),
        limits in adversary(),
    ) {
        compare(&program(tasks), &limits)?;
    }

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_on_tokio_types_once(
        tasks in tokio_tasks(),
        limits in adversary(),
    ) {
        compare(&program(tasks), &limits)?;
    }

    #[test]
    fn the_reduction_visits_every_trace_of_a_program_with_unnamed_futures_once(
        tasks in unnamed_tasks(),
        limits in adversary(),
    ) {
        compare(&program(tasks), &limits)?;
    }
}
