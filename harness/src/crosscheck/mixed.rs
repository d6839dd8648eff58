//! The exhaustive search against plain enumeration, on random programs of threads and async tasks side by side: the clock
//! moves several times, deadlines are equal, waits end in two ways, tasks are aborted before their first poll, and the
//! ends of channels are dropped in the middle.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use proptest::prelude::*;

use super::threads::{compare, config, limits};
use crate::engine::current::Program;
use crate::future::{self, AbortHandle, JoinHandle};
use crate::schedule::ScheduleLimits;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Condvar, Mutex, mpsc};
use crate::tokio::sync::{self as tokio, Notify, oneshot};
use crate::{thread, time};

/// What a generated task does next. Async tasks await, threads block.
#[derive(Clone, Copy, Debug)]
enum Move {
    Load,
    Store(u32),
    Sleep(u64),
    /// Two sleeps of a millisecond each: what others do at that instant was decided before the second one began.
    SleepTwice,
    Yield,
    NotifyOne,
    NotifyWaiters,
    Answer,
    Send,
    DropSender,
    DropReceiver,
    /// Ends that async tasks have for themselves.
    Queue,
    DropQueue,
    Signal,
    Lock,
    TryLock,
    Unpark,
    Abort(usize),
    /// A wait with a deadline.
    Within(u64, Wait),
    /// A wait without one.
    Forever(Wait),
    /// Whichever of the two comes first.
    Either(Wait, Wait),
    Ticks,
}

/// What a task may wait for.
#[derive(Clone, Copy, Debug)]
enum Wait {
    Notified,
    Answer,
    Queue,
    Lock,
    Sleep(u64),
    Task,
    /// Of threads only.
    Condvar,
    Receive,
    Park,
}

fn a_wait() -> impl Strategy<Value = Wait> {
    prop_oneof![
        2 => Just(Wait::Notified),
        3 => Just(Wait::Answer),
        2 => Just(Wait::Queue),
        1 => Just(Wait::Lock),
        2 => (1..3_u64).prop_map(Wait::Sleep),
        1 => Just(Wait::Task),
    ]
}

fn an_async_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        1 => Just(Move::Load),
        1 => (1..3_u32).prop_map(Move::Store),
        3 => (1..3_u64).prop_map(Move::Sleep),
        2 => Just(Move::SleepTwice),
        1 => Just(Move::Yield),
        1 => Just(Move::NotifyOne),
        1 => Just(Move::NotifyWaiters),
        3 => Just(Move::Answer),
        2 => Just(Move::Queue),
        1 => Just(Move::DropQueue),
        1 => Just(Move::Lock),
        1 => Just(Move::Send),
        1 => Just(Move::DropSender),
        1 => Just(Move::Signal),
        1 => Just(Move::Unpark),
        2 => (0..2_usize).prop_map(Move::Abort),
        6 => (1..3_u64, a_wait()).prop_map(|(ms, wait)| Move::Within(ms, wait)),
        2 => a_wait().prop_map(Move::Forever),
        2 => (a_wait(), a_wait()).prop_map(|(one, other)| Move::Either(one, other)),
        1 => Just(Move::Ticks),
    ]
}

fn a_threads_move() -> impl Strategy<Value = Move> {
    let wait = prop_oneof![Just(Wait::Condvar), Just(Wait::Receive), Just(Wait::Park)];
    prop_oneof![
        1 => Just(Move::Load),
        1 => (1..3_u32).prop_map(Move::Store),
        2 => (1..3_u64).prop_map(Move::Sleep),
        1 => Just(Move::SleepTwice),
        1 => Just(Move::NotifyOne),
        2 => Just(Move::Answer),
        2 => Just(Move::Send),
        2 => Just(Move::DropSender),
        2 => Just(Move::DropReceiver),
        1 => Just(Move::Queue),
        2 => Just(Move::Signal),
        1 => Just(Move::TryLock),
        1 => Just(Move::Unpark),
        1 => (0..2_usize).prop_map(Move::Abort),
        5 => (1..3_u64, wait).prop_map(|(ms, wait)| Move::Within(ms, wait)),
        1 => Just(Move::Forever(Wait::Receive)),
    ]
}

/// A generated task.
#[derive(Clone, Debug)]
enum Task {
    Async(Vec<Move>),
    Thread(Vec<Move>),
}

impl Task {
    fn moves(&self) -> &[Move] {
        match self {
            Task::Async(moves) | Task::Thread(moves) => moves,
        }
    }
}

fn a_task(most: usize) -> impl Strategy<Value = Task> {
    prop_oneof![
        2 => prop::collection::vec(an_async_move(), 1..=most).prop_map(Task::Async),
        1 => prop::collection::vec(a_threads_move(), 1..=most).prop_map(Task::Thread),
    ]
}

fn tasks() -> impl Strategy<Value = Vec<Task>> {
    prop_oneof![prop::collection::vec(a_task(4), 2), prop::collection::vec(a_task(2), 3),]
}

struct World {
    variable: AtomicU32,
    notify: Notify,
    lock: tokio::Mutex<u32>,
    guarded: Mutex<u32>,
    condvar: Condvar,
    /// Set before any task runs.
    aborts: std::sync::OnceLock<Vec<AbortHandle>>,
    threads: std::sync::OnceLock<Vec<thread::Thread>>,
}

/// What a task has for itself.
#[derive(Default)]
struct Ends {
    answer: Option<oneshot::Sender<u32>>,
    question: Option<oneshot::Receiver<u32>>,
    sender: Option<mpsc::Sender<u32>>,
    receiver: Option<mpsc::Receiver<u32>>,
    queue: Option<tokio::mpsc::Sender<u32>>,
    queued: Option<tokio::mpsc::Receiver<u32>>,
}

impl Ends {
    fn of(tasks: &[Task]) -> Vec<Ends> {
        let (answer, question) = oneshot::channel();
        let (sender, receiver) = mpsc::channel();
        let (queue, queued) = tokio::mpsc::channel(1);
        let (mut answer, mut question) = (Some(answer), Some(question));
        let (mut receiver, mut queued) = (Some(receiver), Some(queued));
        let waits = |each: &Move, wanted: fn(&Wait) -> bool| match each {
            Move::Within(_, wait) | Move::Forever(wait) => wanted(wait),
            Move::Either(one, other) => wanted(one) || wanted(other),
            _ => false,
        };
        let ends = |task: &Task| {
            let any = |wanted: &dyn Fn(&Move) -> bool| task.moves().iter().any(wanted);
            let mut ends = Ends::default();
            if any(&|m| matches!(m, Move::Answer)) {
                ends.answer = answer.take();
            }
            if any(&|m| waits(m, |w| matches!(w, Wait::Answer))) {
                ends.question = question.take();
            }
            if any(&|m| matches!(m, Move::Send | Move::DropSender)) {
                ends.sender = Some(sender.clone());
            }
            if any(&|m| matches!(m, Move::DropReceiver) || waits(m, |w| matches!(w, Wait::Receive))) {
                ends.receiver = receiver.take();
            }
            if any(&|m| matches!(m, Move::Queue | Move::DropQueue)) {
                ends.queue = Some(queue.clone());
            }
            if any(&|m| waits(m, |w| matches!(w, Wait::Queue))) {
                ends.queued = queued.take();
            }
            ends
        };
        let all = tasks.iter().map(ends).collect();
        drop((sender, queue));
        all
    }
}

/// Everything that does not wait, and is the same in threads and async tasks.
fn act(world: &World, ends: &mut Ends, each: Move) -> u32 {
    match each {
        Move::Load => world.variable.load(SeqCst),
        Move::Store(value) => {
            world.variable.store(value, SeqCst);
            0
        }
        Move::NotifyOne => {
            world.notify.notify_one();
            0
        }
        Move::NotifyWaiters => {
            world.notify.notify_waiters();
            0
        }
        Move::Answer => ends.answer.take().map_or(9, |answer| u32::from(answer.send(3).is_ok())),
        Move::Send => ends.sender.as_ref().map_or(9, |s| u32::from(s.send(1).is_ok())),
        Move::DropSender => {
            drop(ends.sender.take());
            0
        }
        Move::DropReceiver => {
            drop(ends.receiver.take());
            0
        }
        Move::Queue => ends.queue.as_ref().map_or(9, |q| u32::from(q.try_send(2).is_ok())),
        Move::DropQueue => {
            drop(ends.queue.take());
            0
        }
        Move::Signal => {
            world.condvar.notify_one();
            0
        }
        Move::TryLock => u32::from(world.guarded.try_lock().is_ok()),
        Move::Unpark => {
            if let Some(thread) = world.threads.get().and_then(|all| all.first()) {
                thread.unpark();
            }
            0
        }
        Move::Abort(task) => {
            if let Some(handle) = world.aborts.get().and_then(|all| all.get(task)) {
                handle.abort();
            }
            0
        }
        _ => 0,
    }
}

const MILLISECOND: Duration = Duration::from_millis(1);

fn milliseconds(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

async fn wait(
    world: &World,
    question: &mut Option<oneshot::Receiver<u32>>,
    queued: &mut Option<tokio::mpsc::Receiver<u32>>,
    wait: Wait,
) -> u32 {
    match wait {
        Wait::Notified => {
            world.notify.notified().await;
            1
        }
        Wait::Answer => match question {
            Some(receiver) => {
                let answer = receiver.await.unwrap_or(4);
                *question = None;
                answer
            }
            None => 5,
        },
        Wait::Queue => match queued {
            Some(queued) => queued.recv().await.unwrap_or(4),
            None => 5,
        },
        Wait::Lock => {
            let mut value = world.lock.lock().await;
            *value += 1;
            *value
        }
        Wait::Sleep(ms) => {
            time::sleep(milliseconds(ms)).await;
            6
        }
        Wait::Task | Wait::Condvar | Wait::Receive | Wait::Park => 0,
    }
}

async fn either(one: impl Future<Output = u32>, other: impl Future<Output = u32>) -> u32 {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| {
        if let Poll::Ready(value) = one.as_mut().poll(cx) {
            return Poll::Ready(value);
        }
        other.as_mut().poll(cx).map(|value| value + 20)
    })
    .await
}

async fn run_async(world: Arc<World>, mut ends: Ends, moves: Vec<Move>) -> u32 {
    let mut seen = 0;
    for each in moves {
        let (question, queued) = (&mut ends.question, &mut ends.queued);
        let value = match each {
            Move::Sleep(ms) => {
                time::sleep(milliseconds(ms)).await;
                0
            }
            Move::SleepTwice => {
                time::sleep(MILLISECOND).await;
                time::sleep(MILLISECOND).await;
                0
            }
            Move::Yield => {
                future::yield_now().await;
                0
            }
            Move::Lock => {
                let value = world.lock.lock().await;
                time::sleep(MILLISECOND).await;
                *value
            }
            Move::Within(ms, Wait::Task) => {
                let theirs = Arc::clone(&world);
                let task = future::spawn(async move { theirs.variable.load(SeqCst) });
                match time::timeout(milliseconds(ms), task).await {
                    Ok(value) => value.unwrap_or(7),
                    Err(_) => 8,
                }
            }
            Move::Within(ms, what) => {
                let wait = wait(&world, question, queued, what);
                time::timeout(milliseconds(ms), wait).await.unwrap_or(8)
            }
            Move::Forever(what) => wait(&world, question, queued, what).await,
            Move::Either(what, Wait::Answer | Wait::Queue) => wait(&world, question, queued, what).await,
            Move::Either(what, or) => {
                either(
                    wait(&world, question, queued, what),
                    wait(&world, &mut None, &mut None, or),
                )
                .await
            }
            Move::Ticks => {
                let mut interval = time::interval(MILLISECOND);
                interval.tick().await;
                interval.tick().await;
                interval.tick().await;
                0
            }
            other => act(&world, &mut ends, other),
        };
        seen = seen * 30 + value;
    }
    seen
}

fn run_thread(world: &World, mut ends: Ends, moves: &[Move]) -> u32 {
    let mut seen: u32 = 0;
    for each in moves {
        let value = match *each {
            Move::Sleep(ms) => {
                thread::sleep(milliseconds(ms));
                0
            }
            Move::SleepTwice => {
                thread::sleep(MILLISECOND);
                thread::sleep(MILLISECOND);
                0
            }
            Move::Within(ms, Wait::Condvar) => {
                let guard = world.guarded.lock().unwrap();
                let (_guard, result) = world.condvar.wait_timeout(guard, milliseconds(ms)).unwrap();
                u32::from(result.timed_out())
            }
            Move::Within(ms, Wait::Receive) => (ends.receiver.as_ref())
                .map_or(9, |r| r.recv_timeout(milliseconds(ms)).unwrap_or_else(|e| e as u32 + 5)),
            Move::Within(ms, _) => {
                thread::park_timeout(milliseconds(ms));
                0
            }
            Move::Forever(_) => ends.receiver.as_ref().map_or(9, |r| r.recv().unwrap_or(8)),
            other => act(world, &mut ends, other),
        };
        seen = seen.wrapping_mul(30).wrapping_add(value);
    }
    seen
}

enum Handle {
    Async(JoinHandle<u32>),
    Thread(thread::JoinHandle<u32>),
}

fn program(tasks: Vec<Task>, abort_first: bool) -> Program {
    Arc::new(move || {
        let world = Arc::new(World {
            variable: AtomicU32::new(0),
            notify: Notify::new(),
            lock: tokio::Mutex::new(0),
            guarded: Mutex::new(0),
            condvar: Condvar::new(),
            aborts: std::sync::OnceLock::new(),
            threads: std::sync::OnceLock::new(),
        });
        let ends = Ends::of(&tasks);
        let handles: Vec<Handle> = (tasks.iter().cloned().zip(ends))
            .map(|(task, ends)| {
                let world = Arc::clone(&world);
                match task {
                    Task::Async(moves) => Handle::Async(future::spawn(run_async(world, ends, moves))),
                    Task::Thread(moves) => Handle::Thread(thread::spawn(move || run_thread(&world, ends, &moves))),
                }
            })
            .collect();
        let (mut aborts, mut threads) = (Vec::new(), Vec::new());
        for handle in &handles {
            match handle {
                Handle::Async(task) => aborts.push(task.abort_handle()),
                Handle::Thread(thread) => threads.push(thread.thread().clone()),
            }
        }
        let first = aborts.first().filter(|_| abort_first).cloned();
        assert!(world.aborts.set(aborts).is_ok() && world.threads.set(threads).is_ok());
        if let Some(first) = first {
            first.abort();
        }
        let seen: Vec<u32> = handles
            .into_iter()
            .map(|handle| match handle {
                Handle::Async(task) => future::block_on(task).unwrap_or(77),
                Handle::Thread(thread) => thread.join().unwrap(),
            })
            .collect();
        format!("{seen:?} {}", world.variable.load(SeqCst))
    })
}

/// Several moves of the clock, some of them early.
fn clocks() -> impl Strategy<Value = ScheduleLimits> {
    let early = prop_oneof![4 => Just(0_u32), 1 => 1..3_u32];
    let spurious = prop_oneof![4 => Just(0_u32), 1 => Just(1_u32)];
    (early, spurious, any::<bool>()).prop_map(|(early_timers, spurious_polls, fresh_wakers)| ScheduleLimits {
        early_timers,
        spurious_polls,
        fresh_wakers,
        ..limits()
    })
}

proptest! {
    #![proptest_config(config(25))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_mixed_program_once(
        tasks in tasks(),
        limits in clocks(),
        abort_first in prop::bool::weighted(0.2),
    ) {
        compare(&program(tasks, abort_first), &limits)?;
    }
}
