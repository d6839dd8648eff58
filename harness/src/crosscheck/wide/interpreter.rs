//! Carries a program out, on the types that the module around it has imported as `api`.

use std::collections::{BTreeMap, VecDeque};
use std::future::{Future, poll_fn};
use std::ops::Deref;
use std::panic::resume_unwind;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;

use super::super::program::{End, Home, NOTHING, Op, Program, Wait, ends, milliseconds, size};
use super::api::atomic::{AtomicU32, Ordering, fence};
use super::api::{
    Barrier, CellHandle, Condvar, Instant, Local, Mutex, Once, OnceLock, Owner, RwLock, TryLockError, Weak, choose,
    future, join, mpsc, note, opaque, select, thread, time, tokio,
};
use super::crates::{Lots, Passing};

/// What all tasks share. Nothing here can tell when it is dropped.
struct Objects {
    variables: [AtomicU32; 2],
    locks: [Mutex<u32>; 2],
    shared: RwLock<u32>,
    condvar: Condvar,
    barrier: Barrier,
    once: Once,
    lock: OnceLock<u32>,
    notify: tokio::Notify,
    permits: tokio::Semaphore,
    guarded: tokio::Mutex<u32>,
    read: tokio::RwLock<u32>,
    made: tokio::OnceCell<u32>,
    lots: Lots,
}

impl Objects {
    const fn new() -> Self {
        Objects {
            variables: [AtomicU32::new(0), AtomicU32::new(0)],
            locks: [Mutex::new(0), Mutex::new(0)],
            shared: RwLock::new(0),
            condvar: Condvar::new(),
            barrier: Barrier::new(2),
            once: Once::new(),
            lock: OnceLock::new(),
            notify: tokio::Notify::const_new(),
            permits: tokio::Semaphore::const_new(1),
            guarded: tokio::Mutex::const_new(0),
            read: tokio::RwLock::const_new(0),
            made: tokio::OnceCell::const_new(),
            lots: Lots::new(),
        }
    }
}

/// Where they lie. None of them has a name, so this is what they are known by.
#[derive(Clone)]
enum Held {
    Heap(Arc<Objects>),
    Owned(Owner<Objects>),
    Static(&'static Objects),
}

/// What one task knows of what all share.
#[derive(Clone)]
struct World {
    objects: Held,
    cell: Arc<CellHandle>,
    together: Arc<tokio::Barrier>,
    foreign: (async_channel::Sender<u32>, async_channel::Receiver<u32>),
}

impl Deref for World {
    type Target = Objects;

    fn deref(&self) -> &Objects {
        match &self.objects {
            Held::Heap(objects) => objects,
            Held::Owned(objects) => objects,
            Held::Static(objects) => objects,
        }
    }
}

enum Sender {
    Any(mpsc::Sender<u32>),
    Bounded(mpsc::SyncSender<u32>),
}

/// What a task has for itself.
#[derive(Default)]
struct Ends {
    sender: Option<Sender>,
    receiver: Option<mpsc::Receiver<u32>>,
    answer: Option<tokio::oneshot::Sender<u32>>,
    question: Option<tokio::oneshot::Receiver<u32>>,
    queue: Option<tokio::mpsc::Sender<u32>>,
    queued: Option<tokio::mpsc::Receiver<u32>>,
    watch: Option<tokio::watch::Sender<u32>>,
    watched: Option<tokio::watch::Receiver<u32>>,
    broadcast: Option<tokio::broadcast::Sender<u32>>,
    listener: Option<tokio::broadcast::Receiver<u32>>,
    owners: Vec<Owner<u32>>,
    weak: Option<Weak<u32>>,
    passing: Passing,
}

/// Hands out the ends: a sender to each that wants one, a receiver to the first.
fn hand_out(program: &Program) -> BTreeMap<usize, Ends> {
    let all = ends(&program.main);
    let any = |ends: [End; 2]| all.iter().flatten().any(|end| ends.contains(end));
    let (any_sender, mut receiver) = (any([End::Sender, End::Receiver]) && program.bound.is_none())
        .then(mpsc::channel)
        .unzip();
    let bounded = (program.bound.filter(|_| any([End::Sender, End::Receiver]))).map(mpsc::sync_channel);
    let (bounded, bounded_receiver) = bounded.unzip();
    receiver = receiver.or(bounded_receiver);
    let (mut answer, mut question) = any([End::Answer, End::Question]).then(tokio::oneshot::channel).unzip();
    let (queue, mut queued) = any([End::Queue, End::Queued]).then(|| tokio::mpsc::channel(1)).unzip();
    let watch = any([End::Watch, End::Watched]).then(|| tokio::watch::channel(0).0);
    let broadcast = any([End::Broadcast, End::Listener]).then(|| tokio::broadcast::channel(1).0);
    let owner = any([End::Owner; 2]).then(|| Owner::new(7));
    let passing = any([End::Passer, End::Catcher]).then(|| Passing::new(program.bound));
    let mut handed = BTreeMap::new();
    for (task, wanted) in all.iter().enumerate() {
        let mut mine = Ends::default();
        let wants = |end: End| wanted.contains(&end);
        if wants(End::Sender) {
            let any = any_sender.clone().map(Sender::Any);
            mine.sender = any.or_else(|| bounded.clone().map(Sender::Bounded));
        }
        if wants(End::Receiver) {
            mine.receiver = receiver.take();
        }
        if wants(End::Answer) {
            mine.answer = answer.take();
        }
        if wants(End::Question) {
            mine.question = question.take();
        }
        if wants(End::Queue) {
            mine.queue = queue.clone();
        }
        if wants(End::Queued) {
            mine.queued = queued.take();
        }
        if wants(End::Watch) {
            mine.watch = watch.clone();
        }
        if wants(End::Watched) {
            mine.watched = watch.as_ref().map(tokio::watch::Sender::subscribe);
        }
        if wants(End::Broadcast) {
            mine.broadcast = broadcast.clone();
        }
        if wants(End::Listener) {
            mine.listener = broadcast.as_ref().map(tokio::broadcast::Sender::subscribe);
        }
        if wants(End::Owner) {
            mine.owners.extend(owner.clone());
            mine.weak = owner.as_ref().map(Owner::downgrade);
        }
        if wants(End::Passer) {
            mine.passing.sender = passing.as_ref().and_then(|ends| ends.sender.clone());
        }
        if wants(End::Catcher) {
            mine.passing.receiver = passing.as_ref().and_then(|ends| ends.receiver.clone());
        }
        handed.insert(task, mine);
    }
    handed
}

enum Handle {
    Thread(thread::JoinHandle<Vec<u32>>),
    Task(future::JoinHandle<Vec<u32>>),
}

/// Who may be woken or aborted: known from the moment a task is spawned.
#[derive(Clone)]
enum Known {
    Thread(thread::Thread),
    Task(future::AbortHandle),
}

/// A task that runs.
struct Task {
    world: Arc<World>,
    mine: Ends,
    /// Of those that come from this one.
    ends: BTreeMap<usize, Ends>,
    next: usize,
    known: Vec<Known>,
    handles: VecDeque<Handle>,
    seen: Vec<u32>,
}

/// Ends the task. Without a word on stderr, because real threads would say it a thousand times.
fn fail() -> ! {
    resume_unwind(Box::new("on purpose"))
}

const PANICKED: u32 = 66;
const ABORTED: u32 = 67;
const POISONED: u32 = 50;

impl Task {
    fn child(&mut self, body: &[Op]) -> Task {
        let id = self.next;
        self.next += size(body);
        let mut theirs = self.ends.split_off(&id);
        self.ends.append(&mut theirs.split_off(&self.next));
        Task {
            world: Arc::new(World::clone(&self.world)),
            mine: theirs.remove(&id).unwrap_or_default(),
            ends: theirs,
            next: id + 1,
            known: self.known.clone(),
            handles: VecDeque::new(),
            seen: Vec::new(),
        }
    }

    fn spawn(&mut self, op: &Op) {
        match op {
            Op::Thread(body) => {
                let (child, body) = (self.child(body), body.clone());
                let handle = thread::spawn(move || child.run(&body));
                self.known.push(Known::Thread(handle.thread().clone()));
                self.handles.push_back(Handle::Thread(handle));
            }
            Op::Task(body) => {
                let (child, body) = (self.child(body), body.clone());
                let future: Pin<Box<dyn Future<Output = Vec<u32>> + Send>> = Box::pin(child.run_async(body));
                let handle = future::spawn(future);
                self.known.push(Known::Task(handle.abort_handle()));
                self.handles.push_back(Handle::Task(handle));
            }
            _ => {}
        }
    }

    fn joined(&mut self, result: Result<Vec<u32>, u32>) {
        match result {
            Ok(seen) => self.seen.extend(seen),
            Err(why) => self.seen.push(why),
        }
    }

    fn join(&mut self) {
        match self.handles.pop_front() {
            Some(Handle::Thread(handle)) => {
                let result = handle.join().map_err(|_| PANICKED);
                self.joined(result);
            }
            Some(Handle::Task(handle)) => {
                let result = future::block_on(handle).map_err(why);
                self.joined(result);
            }
            None => {}
        }
    }

    async fn join_async(&mut self) {
        match self.handles.pop_front() {
            Some(Handle::Task(handle)) => {
                let result = handle.await.map_err(why);
                self.joined(result);
            }
            // Async tasks spawn no threads.
            Some(Handle::Thread(_)) | None => {}
        }
    }

    fn run(mut self, body: &[Op]) -> Vec<u32> {
        for op in body {
            match op {
                op if op.is_awaited() => {
                    let value = future::block_on(self.wait(op));
                    self.seen.push(value);
                }
                Op::Scope(bodies) => {
                    let children: Vec<_> = bodies.iter().map(|body| (self.child(body), body)).collect();
                    let seen = thread::scope(|s| {
                        let handles: Vec<_> = children
                            .into_iter()
                            .map(|(child, body)| s.spawn(move || child.run(body)))
                            .collect();
                        let results = handles.into_iter().map(|handle| handle.join().map_err(|_| PANICKED));
                        results.collect::<Vec<_>>()
                    });
                    for result in seen {
                        self.joined(result);
                    }
                }
                Op::Join => self.join(),
                op => {
                    let value = self.block(op);
                    self.seen.push(value);
                }
            }
        }
        while !self.handles.is_empty() {
            self.join();
        }
        self.seen
    }

    async fn run_async(mut self, body: Vec<Op>) -> Vec<u32> {
        for op in &body {
            let value = match op {
                op if op.is_awaited() => self.wait(op).await,
                Op::Join => {
                    self.join_async().await;
                    continue;
                }
                Op::Yield => {
                    future::yield_now().await;
                    0
                }
                Op::Sleep(ms) => {
                    time::sleep(milliseconds(*ms)).await;
                    0
                }
                op => self.act(op),
            };
            self.seen.push(value);
        }
        while !self.handles.is_empty() {
            self.join_async().await;
        }
        self.seen
    }

    /// What only threads do.
    fn block(&mut self, op: &Op) -> u32 {
        let world = Arc::clone(&self.world);
        match *op {
            Op::Wait => {
                let Ok(guard) = world.locks[0].lock() else {
                    return POISONED;
                };
                world.condvar.wait(guard).map_or(POISONED, |value| *value)
            }
            Op::WaitTimeout(ms) => {
                let Ok(guard) = world.locks[0].lock() else {
                    return POISONED;
                };
                match world.condvar.wait_timeout(guard, milliseconds(ms)) {
                    Ok((value, result)) => *value + 30 * u32::from(result.timed_out()),
                    Err(_) => POISONED,
                }
            }
            Op::WaitWhile => {
                let Ok(guard) = world.locks[0].lock() else {
                    return POISONED;
                };
                world
                    .condvar
                    .wait_while(guard, |value| *value == 0)
                    .map_or(POISONED, |value| *value)
            }
            Op::Barrier => u32::from(world.barrier.wait().is_leader()),
            Op::Receive => (self.mine.receiver.as_ref()).map_or(NOTHING, |r| r.recv().unwrap_or(91)),
            Op::ReceiveTimeout(ms) => {
                let received = |r: &mpsc::Receiver<u32>| r.recv_timeout(milliseconds(ms));
                (self.mine.receiver.as_ref()).map_or(NOTHING, |r| received(r).unwrap_or_else(|e| 92 + e as u32))
            }
            Op::Send(value) => match &self.mine.sender {
                Some(Sender::Any(sender)) => u32::from(sender.send(value).is_ok()),
                Some(Sender::Bounded(sender)) => u32::from(sender.send(value).is_ok()),
                None => NOTHING,
            },
            Op::Park => {
                thread::park();
                0
            }
            Op::ParkTimeout(ms) => {
                thread::park_timeout(milliseconds(ms));
                0
            }
            Op::Sleep(ms) => {
                thread::sleep(milliseconds(ms));
                0
            }
            Op::Yield => {
                thread::yield_now();
                0
            }
            Op::Local => Local::next(),
            _ => self.act(op),
        }
    }

    /// What waits for nobody for long.
    fn act(&mut self, op: &Op) -> u32 {
        use Ordering::{AcqRel, Acquire, Relaxed, Release, SeqCst};
        let world = Arc::clone(&self.world);
        let mine = &mut self.mine;
        match *op {
            Op::Load(x) => world.variables[x].load(SeqCst),
            Op::Acquire(x) => world.variables[x].load(Acquire),
            Op::Store(x, value) => {
                world.variables[x].store(value, SeqCst);
                0
            }
            Op::Release(x, value) => {
                world.variables[x].store(value, Release);
                0
            }
            Op::Add(x) => world.variables[x].fetch_add(1, AcqRel),
            Op::Swap(x, value) => world.variables[x].swap(value, SeqCst),
            Op::Exchange(x) => match world.variables[x].compare_exchange(0, 5, SeqCst, Relaxed) {
                Ok(_) => 40,
                Err(found) => found,
            },
            Op::ExchangeWeak(x) => match world.variables[x].compare_exchange_weak(0, 6, SeqCst, Relaxed) {
                Ok(_) => 40,
                Err(found) => found,
            },
            Op::Update(x) => {
                let updated = world.variables[x].fetch_update(SeqCst, SeqCst, |n| (n < 2).then_some(n + 1));
                updated.unwrap_or_else(|n| n + 20)
            }
            Op::Fence => {
                fence(SeqCst);
                0
            }
            Op::TrySpin(x) => {
                let mut tries = 0;
                while tries < 2 && world.variables[x].load(SeqCst) == 0 {
                    super::api::spin_loop();
                    tries += 1;
                }
                tries
            }
            Op::Lock(m) => world.locks[m].lock().map_or(POISONED, |mut value| {
                *value += 1;
                *value
            }),
            Op::TryLock(m) => match world.locks[m].try_lock() {
                Ok(value) => *value,
                Err(TryLockError::WouldBlock) => 51,
                Err(TryLockError::Poisoned(_)) => POISONED,
            },
            Op::Holding(m, ref inner) => {
                let Ok(mut value) = world.locks[m].lock() else {
                    return POISONED;
                };
                for op in inner {
                    let value = self.act(op);
                    self.seen.push(value);
                }
                *value += 10;
                *value
            }
            Op::Read => world.shared.read().map_or(POISONED, |value| *value),
            Op::TryRead => match world.shared.try_read() {
                Ok(value) => *value,
                Err(TryLockError::WouldBlock) => 51,
                Err(TryLockError::Poisoned(_)) => POISONED,
            },
            Op::Write => world.shared.write().map_or(POISONED, |mut value| {
                *value += 1;
                0
            }),
            Op::TryWrite => match world.shared.try_write() {
                Ok(mut value) => {
                    *value += 2;
                    0
                }
                Err(TryLockError::WouldBlock) => 51,
                Err(TryLockError::Poisoned(_)) => POISONED,
            },
            Op::Reading(ref inner) => {
                let Ok(value) = world.shared.read() else {
                    return POISONED;
                };
                for op in inner {
                    let value = self.act(op);
                    self.seen.push(value);
                }
                *value
            }
            Op::Poisoned => {
                let poisoned = world.locks[0].is_poisoned();
                world.locks[0].clear_poison();
                u32::from(poisoned)
            }
            Op::NotifyOne => {
                world.condvar.notify_one();
                0
            }
            Op::NotifyAll => {
                world.condvar.notify_all();
                0
            }
            Op::CallOnce => {
                let mut ran = 0;
                world
                    .once
                    .call_once_force(|state| ran = 1 + u32::from(state.is_poisoned()));
                ran
            }
            Op::CallOnceAndPanic => {
                world.once.call_once_force(|_| fail());
                0
            }
            Op::IsCompleted => u32::from(world.once.is_completed()),
            Op::GetOrInit(value) => *world.lock.get_or_init(|| value + world.variables[0].load(SeqCst)),
            Op::Set(value) => u32::from(world.lock.set(value).is_ok()),
            Op::Get => world.lock.get().copied().unwrap_or(NOTHING),
            Op::TrySend(value) => match &mine.sender {
                Some(Sender::Any(sender)) => u32::from(sender.send(value).is_ok()),
                Some(Sender::Bounded(sender)) => match sender.try_send(value) {
                    Ok(()) => 1,
                    Err(mpsc::TrySendError::Full(_)) => 2,
                    Err(mpsc::TrySendError::Disconnected(_)) => 0,
                },
                None => NOTHING,
            },
            Op::DropSender => {
                mine.sender = None;
                0
            }
            Op::TryReceive => {
                (mine.receiver.as_ref()).map_or(NOTHING, |r| r.try_recv().unwrap_or_else(|e| 92 + e as u32))
            }
            Op::DropReceiver => {
                mine.receiver = None;
                0
            }
            Op::Lot(ref op) => world.lots.act(op, &mut |op| {
                let value = self.act(op);
                self.seen.push(value);
            }),
            Op::Pass(ref op) => mine.passing.act(op),
            Op::Look => world.cell.look(),
            Op::Touch => world.cell.touch(),
            Op::Own => {
                let owner = mine.owners.first().cloned();
                mine.owners.extend(owner);
                0
            }
            Op::Disown => mine.owners.pop().map_or(NOTHING, |_| 0),
            Op::Count => mine
                .owners
                .first()
                .map_or(NOTHING, |owner| Owner::strong_count(owner) as u32),
            Op::Unwrap => mine
                .owners
                .pop()
                .map_or(NOTHING, |owner| u32::from(Owner::into_inner(owner).is_some())),
            Op::Upgrade => {
                let weak = mine.weak.as_ref().and_then(Weak::upgrade);
                u32::from(weak.is_some())
            }
            Op::Unpark(k) => match self.known.get(k) {
                Some(Known::Thread(thread)) => {
                    thread.unpark();
                    1
                }
                _ => 0,
            },
            Op::Abort(k) => match self.known.iter().filter(|k| matches!(k, Known::Task(_))).nth(k) {
                Some(Known::Task(task)) => {
                    task.abort();
                    1
                }
                _ => 0,
            },
            Op::Elapsed => {
                let before = Instant::now();
                before.elapsed().as_millis() as u32
            }
            Op::Thread(_) | Op::Task(_) => {
                self.spawn(op);
                0
            }
            Op::Detach => {
                drop(self.handles.pop_front());
                0
            }
            Op::IsFinished => match self.handles.front() {
                Some(Handle::Thread(handle)) => u32::from(handle.is_finished()),
                Some(Handle::Task(handle)) => u32::from(handle.is_finished()),
                None => 2,
            },
            Op::Panic => fail(),
            Op::Choose(arms) => choose(arms as usize) as u32,
            Op::Note => {
                note!("{} seen", self.seen.len());
                0
            }
            Op::Opaque => opaque("theirs", || 0),
            Op::OpaqueOther => opaque("other", || 0),
            Op::ForeignSend => opaque("foreign", || u32::from(world.foreign.0.try_send(3).is_ok())),
            Op::NotifyWaiter => {
                world.notify.notify_one();
                0
            }
            Op::NotifyWaiters => {
                world.notify.notify_waiters();
                0
            }
            Op::TryPermit => u32::from(world.permits.try_acquire().is_ok()),
            Op::AddPermit => {
                world.permits.add_permits(1);
                world.permits.available_permits() as u32
            }
            Op::ClosePermits => {
                world.permits.close();
                0
            }
            Op::TryTokioLock => world.guarded.try_lock().map_or(51, |value| *value),
            Op::TryTokioRead => world.read.try_read().map_or(51, |value| *value),
            Op::TryTokioWrite => world.read.try_write().map_or(51, |mut value| {
                *value += 1;
                0
            }),
            Op::Answer => (mine.answer.take()).map_or(NOTHING, |answer| u32::from(answer.send(3).is_ok())),
            Op::DropAnswer => {
                mine.answer = None;
                0
            }
            Op::TryQueue(value) => mine.queue.as_ref().map_or(NOTHING, |q| match q.try_send(value) {
                Ok(()) => 1,
                Err(tokio::mpsc::error::TrySendError::Full(_)) => 2,
                Err(tokio::mpsc::error::TrySendError::Closed(_)) => 0,
            }),
            Op::DropQueue => {
                mine.queue = None;
                0
            }
            Op::CloseQueue => {
                if let Some(queued) = &mut mine.queued {
                    queued.close();
                }
                0
            }
            Op::TryTake => mine.queued.as_mut().map_or(NOTHING, |q| match q.try_recv() {
                Ok(value) => value,
                Err(tokio::mpsc::error::TryRecvError::Empty) => 92,
                Err(tokio::mpsc::error::TryRecvError::Disconnected) => 93,
            }),
            Op::WatchSend(value) => (mine.watch.as_ref()).map_or(NOTHING, |w| u32::from(w.send(value).is_ok())),
            Op::WatchModify => {
                if let Some(watch) = &mine.watch {
                    watch.send_modify(|value| *value += 1);
                }
                0
            }
            Op::DropWatch => {
                mine.watch = None;
                0
            }
            Op::WatchBorrow => mine.watched.as_mut().map_or(NOTHING, |w| *w.borrow_and_update()),
            Op::BroadcastSend(value) => {
                (mine.broadcast.as_ref()).map_or(NOTHING, |b| b.send(value).map_or(93, |n| n as u32))
            }
            Op::BroadcastLen => mine.broadcast.as_ref().map_or(NOTHING, |b| b.len() as u32),
            Op::TryBroadcast => mine.listener.as_mut().map_or(NOTHING, |l| l.try_recv().unwrap_or(94)),
            Op::SetCell(value) => u32::from(world.made.set(value).is_ok()),
            Op::GetCell => world.made.get().copied().unwrap_or(NOTHING),
            // Of the other kind of task.
            Op::Wait
            | Op::WaitTimeout(_)
            | Op::WaitWhile
            | Op::Barrier
            | Op::Receive
            | Op::ReceiveTimeout(_)
            | Op::Send(_)
            | Op::Park
            | Op::ParkTimeout(_)
            | Op::Sleep(_)
            | Op::Yield
            | Op::Local
            | Op::Scope(_)
            | Op::Join
            | Op::Await(_)
            | Op::Within(..)
            | Op::Cancelable(_)
            | Op::Either(..)
            | Op::Select(..)
            | Op::Joined(..)
            | Op::Ticks => 0,
        }
    }

    async fn wait(&mut self, op: &Op) -> u32 {
        let world = Arc::clone(&self.world);
        if let Op::Await(Wait::Child) = op {
            // All that it has seen.
            self.join_async().await;
            return 0;
        }
        let mut child = match self.handles.front() {
            Some(Handle::Task(_)) => self.handles.pop_front(),
            _ => None,
        };
        let mut nobody = None;
        let value = match *op {
            Op::Await(wait) => awaited(&world, &mut self.mine, &mut child, wait).await,
            Op::Within(ms, wait) => {
                let waiting = awaited(&world, &mut self.mine, &mut child, wait);
                time::timeout(milliseconds(ms), waiting).await.unwrap_or(95)
            }
            Op::Cancelable(wait) => {
                let waiting = awaited(&world, &mut self.mine, &mut child, wait);
                future::cancelable(waiting).await.unwrap_or(96)
            }
            Op::Either(wait, or) | Op::Select(wait, or) | Op::Joined(wait, or) => {
                let mut none = Ends::default();
                let one = awaited(&world, &mut self.mine, &mut child, wait);
                let other = awaited(&world, &mut none, &mut nobody, or);
                match op {
                    Op::Select(..) => {
                        select! { value = one => value, value = other => value + 200 }
                    }
                    Op::Joined(..) => {
                        let (one, other) = join!(one, other);
                        one + 100 * other
                    }
                    _ => either(one, other).await,
                }
            }
            Op::Ticks => {
                let mut interval = time::interval(milliseconds(1));
                for _ in 0..3 {
                    interval.tick().await;
                }
                0
            }
            _ => 0,
        };
        if let Some(child) = child {
            self.handles.push_front(child);
        }
        value
    }
}

fn why(error: future::JoinError) -> u32 {
    if error.is_panic() { PANICKED } else { ABORTED }
}

async fn either(one: impl Future<Output = u32>, other: impl Future<Output = u32>) -> u32 {
    let (mut one, mut other) = (pin!(one), pin!(other));
    poll_fn(|cx| {
        if let Poll::Ready(value) = one.as_mut().poll(cx) {
            return Poll::Ready(value);
        }
        other.as_mut().poll(cx).map(|value| value + 200)
    })
    .await
}

async fn awaited(world: &World, mine: &mut Ends, child: &mut Option<Handle>, wait: Wait) -> u32 {
    match wait {
        Wait::Notified => {
            world.notify.notified().await;
            0
        }
        Wait::NotifiedUnless(x) => {
            let notified = world.notify.notified();
            let value = world.variables[x].load(Ordering::SeqCst);
            if value == 0 {
                notified.await;
            }
            value
        }
        Wait::Permit => match world.permits.acquire().await {
            Ok(_permit) => world.variables[0].fetch_add(1, Ordering::SeqCst),
            Err(_) => 93,
        },
        Wait::TokioLock => {
            let mut value = world.guarded.lock().await;
            *value += 1;
            *value
        }
        Wait::TokioRead => *world.read.read().await,
        Wait::TokioWrite => {
            *world.read.write().await += 1;
            0
        }
        Wait::Answer => match &mut mine.question {
            Some(question) => {
                let answer = question.await.unwrap_or(93);
                mine.question = None;
                answer
            }
            None => NOTHING,
        },
        Wait::Put(value) => match &mine.queue {
            Some(queue) => u32::from(queue.send(value).await.is_ok()),
            None => NOTHING,
        },
        Wait::Take => match &mut mine.queued {
            Some(queued) => queued.recv().await.unwrap_or(93),
            None => NOTHING,
        },
        Wait::Changed => match &mut mine.watched {
            Some(watched) => u32::from(watched.changed().await.is_ok()),
            None => NOTHING,
        },
        Wait::Broadcast => match &mut mine.listener {
            Some(listener) => listener.recv().await.unwrap_or(94),
            None => NOTHING,
        },
        Wait::Cell(value) => *world.made.get_or_init(|| async move { value }).await,
        Wait::Together => u32::from(world.together.wait().await.is_leader()),
        Wait::Sleep(ms) => {
            time::sleep(milliseconds(ms)).await;
            0
        }
        Wait::Foreign => future::opaque("foreign", world.foreign.1.recv()).await.unwrap_or(93),
        Wait::Child => match child {
            Some(Handle::Task(handle)) => {
                let result = handle.await.map_or_else(why, |seen| seen.iter().sum());
                *child = None;
                result
            }
            _ => NOTHING,
        },
    }
}

/// Runs the program, and tells what its tasks have seen.
pub(in crate::crosscheck::wide) fn run(program: &Program) -> String {
    static OBJECTS: Objects = Objects::new();
    let world = Arc::new(World {
        objects: match program.home {
            Home::Heap => Held::Heap(Arc::new(Objects::new())),
            Home::Owned => Held::Owned(Owner::new(Objects::new())),
            Home::Static => Held::Static(&OBJECTS),
        },
        cell: Arc::new(CellHandle::new()),
        together: Arc::new(tokio::Barrier::new(2)),
        foreign: async_channel::unbounded(),
    });
    let mut ends = hand_out(program);
    let main = Task {
        world,
        mine: ends.remove(&0).unwrap_or_default(),
        ends,
        next: 1,
        known: vec![Known::Thread(thread::current())],
        handles: VecDeque::new(),
        seen: Vec::new(),
    };
    let seen = main.run(&program.main);
    format!("{seen:?}")
}
