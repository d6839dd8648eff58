//! A program as data: what its tasks do, and which of them spawns which.

use std::fmt;
use std::time::Duration;

use crate::kernel::ScheduleLimits;

/// What an operation comes to for which an end is needed that somebody else has, or that is gone.
pub(super) const NOTHING: u32 = 90;

pub(super) fn milliseconds(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// One operation. A number that chooses an object is taken as far as there are objects.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Op {
    // Atomics.
    Load(usize),
    Acquire(usize),
    Store(usize, u32),
    Release(usize, u32),
    Add(usize),
    Swap(usize, u32),
    Exchange(usize),
    ExchangeWeak(usize),
    Update(usize),
    Fence,
    /// Looks until the variable is not zero, and gives up after two rounds.
    TrySpin(usize),
    // Locks.
    Lock(usize),
    TryLock(usize),
    /// What is done with the lock held.
    Holding(usize, Vec<Op>),
    Read,
    TryRead,
    Write,
    TryWrite,
    Reading(Vec<Op>),
    Poisoned,
    // Condition variable, of lock 0.
    Wait,
    WaitTimeout(u64),
    /// Waits until the value of the lock is not zero.
    WaitWhile,
    NotifyOne,
    NotifyAll,
    // Barrier of two, and what is made once.
    Barrier,
    CallOnce,
    CallOnceAndPanic,
    IsCompleted,
    GetOrInit(u32),
    Set(u32),
    Get,
    // Channel of std.
    Send(u32),
    TrySend(u32),
    DropSender,
    Receive,
    TryReceive,
    ReceiveTimeout(u64),
    DropReceiver,
    // A cell that nothing protects.
    Look,
    Touch,
    // Owners of a value whose counts are looked at.
    Own,
    Disown,
    Count,
    Unwrap,
    Upgrade,
    // Threads.
    Park,
    ParkTimeout(u64),
    /// The spawning task, or one that it has spawned before.
    Unpark(usize),
    Sleep(u64),
    Yield,
    Elapsed,
    Local,
    Scope(Vec<Vec<Op>>),
    // Tasks.
    Thread(Vec<Op>),
    Task(Vec<Op>),
    /// Waits for the oldest child that nobody has waited for.
    Join,
    Detach,
    IsFinished,
    /// Of the tasks spawned before.
    Abort(usize),
    Panic,
    // What the program asks of the engine.
    Choose(u32),
    Note,
    Opaque,
    OpaqueOther,
    ForeignSend,
    // Locks of parking_lot, and a channel of crossbeam.
    Lot(Lot),
    Pass(Pass),
    // tokio, what does not wait.
    NotifyWaiter,
    NotifyWaiters,
    TryPermit,
    AddPermit,
    ClosePermits,
    TryTokioLock,
    TryTokioRead,
    TryTokioWrite,
    Answer,
    DropAnswer,
    TryQueue(u32),
    DropQueue,
    CloseQueue,
    TryTake,
    WatchSend(u32),
    WatchModify,
    WatchBorrow,
    DropWatch,
    BroadcastSend(u32),
    BroadcastLen,
    TryBroadcast,
    SetCell(u32),
    GetCell,
    // tokio, what waits: awaited, or blocked on in a thread.
    Await(Wait),
    Within(u64, Wait),
    Cancelable(Wait),
    /// Whichever comes first; the second is no receiver.
    Either(Wait, Wait),
    /// The same with the macros of tokio's, in any order.
    Select(Wait, Wait),
    Joined(Wait, Wait),
    Ticks,
}

/// What is done to the locks of parking_lot.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Lot {
    Lock,
    TryLock,
    LockFor(u64),
    IsLocked,
    Holding(Vec<Op>),
    Read,
    TryRead,
    Reading(Vec<Op>),
    Write,
    TryWrite,
    Upgrade,
    TryUpgrade,
    /// Writes, and does this while it only reads.
    Downgrade(Vec<Op>),
    Wait,
    WaitFor(u64),
    NotifyOne,
    NotifyAll,
}

/// What is done with the ends of a channel of crossbeam.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Pass {
    Send(u32),
    TrySend(u32),
    SendWithin(u64, u32),
    DropSender,
    Receive,
    TryReceive,
    ReceiveWithin(u64),
    DropReceiver,
    /// Sends or receives, whatever can be done.
    Select(u32),
}

impl Pass {
    fn end(self) -> End {
        use Pass::*;
        match self {
            Send(_) | TrySend(_) | SendWithin(..) | DropSender => End::Passer,
            Receive | TryReceive | ReceiveWithin(_) | DropReceiver | Select(_) => End::Catcher,
        }
    }
}

/// What may be awaited.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Wait {
    Notified,
    /// Registered before the variable is looked at, awaited only if it is zero.
    NotifiedUnless(usize),
    Permit,
    TokioLock,
    TokioRead,
    TokioWrite,
    Answer,
    /// Of the queue, with room for one.
    Put(u32),
    Take,
    Changed,
    Broadcast,
    Cell(u32),
    Together,
    Sleep(u64),
    /// A channel of another crate, named.
    Foreign,
    /// The oldest child.
    Child,
}

impl Wait {
    /// Whether it takes an end of a channel.
    fn end(self) -> Option<End> {
        match self {
            Wait::Answer => Some(End::Question),
            Wait::Put(_) => Some(End::Queue),
            Wait::Take => Some(End::Queued),
            Wait::Changed => Some(End::Watched),
            Wait::Broadcast => Some(End::Listener),
            _ => None,
        }
    }
}

/// An end of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    Sender,
    Receiver,
    Answer,
    Question,
    Queue,
    Queued,
    Watch,
    Watched,
    Broadcast,
    Listener,
    Owner,
    Passer,
    Catcher,
}

impl Op {
    /// The end of a channel that it takes.
    fn end(&self) -> Option<End> {
        use Op::*;
        match self {
            Send(_) | TrySend(_) | DropSender => Some(End::Sender),
            Receive | TryReceive | ReceiveTimeout(_) | DropReceiver => Some(End::Receiver),
            Answer | DropAnswer => Some(End::Answer),
            TryQueue(_) | DropQueue => Some(End::Queue),
            CloseQueue | TryTake => Some(End::Queued),
            WatchSend(_) | WatchModify | DropWatch => Some(End::Watch),
            WatchBorrow => Some(End::Watched),
            BroadcastSend(_) | BroadcastLen => Some(End::Broadcast),
            TryBroadcast => Some(End::Listener),
            Own | Disown | Count | Unwrap | Upgrade => Some(End::Owner),
            Await(wait) | Within(_, wait) | Cancelable(wait) => wait.end(),
            Either(wait, _) | Select(wait, _) | Joined(wait, _) => wait.end(),
            Pass(op) => Some(op.end()),
            _ => None,
        }
    }

    /// Whether an async task awaits it, and a thread blocks on it.
    pub(super) fn is_awaited(&self) -> bool {
        use Op::*;
        matches!(
            self,
            Await(_) | Within(..) | Cancelable(_) | Either(..) | Select(..) | Joined(..) | Ticks
        )
    }

    /// What the task itself does: the operation, and those it does with a lock held.
    fn own(&self) -> Vec<&Op> {
        match self {
            Op::Holding(_, inner) | Op::Reading(inner) => [self].into_iter().chain(inner).collect(),
            Op::Lot(Lot::Holding(inner) | Lot::Reading(inner) | Lot::Downgrade(inner)) => inner.iter().collect(),
            _ => vec![self],
        }
    }

    /// The bodies of the tasks that it spawns.
    pub(super) fn children(&self) -> Vec<&[Op]> {
        match self {
            Op::Thread(body) | Op::Task(body) => vec![body],
            Op::Scope(bodies) => bodies.iter().map(Vec::as_slice).collect(),
            _ => Vec::new(),
        }
    }
}

/// How many tasks a body is, itself and all that come from it.
pub(super) fn size(body: &[Op]) -> usize {
    let children = body.iter().flat_map(Op::children);
    1 + children.map(size).sum::<usize>()
}

/// The ends that each task needs, in the order of [`size`]: a task, then those that come from it.
pub(super) fn ends(body: &[Op]) -> Vec<Vec<End>> {
    let mut all = vec![body.iter().flat_map(Op::own).filter_map(Op::end).collect()];
    for child in body.iter().flat_map(Op::children) {
        all.extend(ends(child));
    }
    all
}

/// Where the objects lie that all tasks share.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Home {
    /// Nobody who is asked knows where.
    Heap,
    /// In an `Arc` of this crate.
    Owned,
    /// In a static, which begins every execution afresh where executions are controlled.
    Static,
}

/// A program, and what may happen to it.
#[derive(Clone, PartialEq)]
pub(super) struct Program {
    pub(super) limits: ScheduleLimits,
    /// Messages that the channel of std holds; any number if it is not said.
    pub(super) bound: Option<usize>,
    pub(super) home: Home,
    pub(super) main: Vec<Op>,
}

impl Program {
    /// Whether a wait may be given up that nobody has to be told of: somebody else may then wake the task between its
    /// giving up and its next poll, or not. It goes on all the same, so the reduction sees one of the two.
    pub(super) fn forgets_silently(&self) -> bool {
        fn any(body: &[Op]) -> bool {
            let silent = |wait: &Wait| matches!(wait, Wait::Changed | Wait::Broadcast | Wait::Together);
            let given_up = |op: &Op| match op {
                Op::Cancelable(wait) | Op::Within(_, wait) => silent(wait),
                Op::Either(wait, other) | Op::Select(wait, other) => silent(wait) || silent(other),
                _ => false,
            };
            body.iter().any(|op| given_up(op) || op.children().into_iter().any(any))
        }
        any(&self.main)
    }
}

/// As it can be pasted into a test.
impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ScheduleLimits {
            spurious_wakeups,
            spurious_polls,
            early_timers,
            fresh_wakers,
            ..
        } = &self.limits;
        let main = format!("{:?}", self.main).replace('[', "vec![");
        write!(
            f,
            "Program {{ limits: ScheduleLimits {{ spurious_wakeups: {spurious_wakeups}, spurious_polls: \
             {spurious_polls}, early_timers: {early_timers}, fresh_wakers: {fresh_wakers}, ..limits() }}, bound: {:?}, \
             home: Home::{:?}, main: {main} }}",
            self.bound, self.home
        )
    }
}
