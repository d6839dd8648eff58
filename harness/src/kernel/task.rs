//! One task of an execution: what it is about to do, its wake-up tokens, and what it waits for.

use std::any::Any;
use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;

use smallvec::SmallVec;

use super::names::Kin;
use super::op::{Access, Class, Gate, ObjectId, Op, TaskId};
use super::staff::Job;

/// What a task is about to do.
#[derive(Debug)]
pub(crate) enum Pending {
    /// Spawned, and has not run yet.
    Start,
    /// On the processor, between two operations.
    Running,
    /// Announced a visible operation.
    Op(Op),
    /// Waits for a task to exit.
    Join { target: usize },
    /// Waits for the virtual clock.
    Sleep { deadline: u64 },
    /// Its closure has returned.
    Exited,
}

/// A task that could take the next step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) task: TaskId,
    /// Its number in this execution, which is also shuttle's.
    pub(crate) index: usize,
}

/// A panic of the program under test, as the hook saw it.
#[derive(Clone, Debug)]
pub(crate) struct PanicReport {
    pub(crate) task: usize,
    pub(crate) message: String,
}

/// The wake-up tokens of a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Flag {
    /// Set by its wakers.
    Wake,
    /// Set by `Thread::unpark`.
    Park,
    /// Set by a condition variable, barrier or channel it is registered with.
    Ticket,
    /// Set when it exits, for those who ask.
    Exit,
}

/// An object that a spinning task has touched: the class of its last access, and the gate after it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Touched {
    pub(super) object: ObjectId,
    class: Class,
    gate: Gate,
    /// Whatever it is like now, the next look counts as a change.
    forgotten: bool,
}

impl Touched {
    pub(super) fn new(access: Access, gate: &Gate) -> Self {
        Touched {
            object: access.object,
            class: access.class,
            gate: *gate,
            forgotten: false,
        }
    }

    /// Whether it is what a task waits for that spins.
    pub(super) fn is_waited_for(&self, access: &Access) -> bool {
        access.class == Class::Changed && access.object == self.object
    }

    /// Whether somebody has changed the object since.
    pub(super) fn is_changed(&self, gate: &Gate) -> bool {
        self.is_changed_for(gate, self.class)
    }

    /// Whether somebody has changed the object before the next access, which is of this class.
    fn is_changed_for(&self, gate: &Gate, next: Class) -> bool {
        let version = |gate: &Gate| gate.version_between(self.class, next);
        self.forgotten || version(gate) != version(&self.gate)
    }

    /// The store that it has seen or made last, by its number, where loads may see others than the latest. Nothing if the next
    /// look counts as a change anyway.
    pub(super) fn store(&self) -> Option<usize> {
        self.gate.store().filter(|_| !self.forgotten)
    }

    /// Lets the next look count as a change.
    pub(super) fn forget(&mut self) {
        self.forgotten = true;
    }
}

/// Whether a loop that yields gets anywhere: the objects of this iteration and of the one before. If nobody else
/// changed any of them, going round again would read the same values.
#[derive(Debug, Default)]
pub(super) struct Spin {
    pub(super) this: Vec<Touched>,
    pub(super) last: Vec<Touched>,
    pub(super) at: Option<&'static Location<'static>>,
    /// What stands for all that the kernel does not see, as it was after the last mark of this task, and with the later steps
    /// of this task. If it differs from that, another task has taken a step since the mark.
    pub(super) marked: Gate,
    /// Somebody else changed what the last iteration touched. What the loop itself writes is no progress: it says that it
    /// waits for another task.
    pub(super) progress: bool,
    /// Rounds in which it has done nothing but yield, counted since it did something else.
    idle: u32,
    /// Its last yield was no step, and what it does next has to say why that was right.
    unjudged: bool,
    /// Where this iteration has operated, and on what, and where the one before.
    places: [Vec<(ObjectId, &'static Location<'static>)>; 2],
}

impl Spin {
    /// Whether it has come round without an operation since it yielded here. Loops that wait longer and longer before they look
    /// again say several times that they spin, which is no round.
    pub(super) fn is_blind(&self, location: &'static Location<'static>, at_once: bool) -> bool {
        self.at == Some(location) && self.idle > if at_once { BACKOFF } else { 0 }
    }

    /// Whether it says once more that it spins, before it looks again.
    pub(super) fn backs_off(&mut self, at_once: bool) -> bool {
        let backs_off = at_once && (1..=BACKOFF).contains(&self.idle);
        self.idle += u32::from(backs_off);
        backs_off
    }

    /// Begins the next iteration of a loop that yields here.
    pub(super) fn go_round(&mut self, location: &'static Location<'static>) {
        self.last.clear();
        std::mem::swap(&mut self.this, &mut self.last);
        self.places.swap(0, 1);
        self.places[0].clear();
        self.at = Some(location);
        self.progress = false;
        self.idle += 1;
    }

    /// The yield was no step, because it looks as if the task will come round.
    pub(super) fn expect_to_come_round(&mut self) {
        self.unjudged = true;
    }

    /// Notes an operation. False if it is the first one after a yield that was no step, and the iteration before has done
    /// nothing like it: the task does not come round again.
    pub(super) fn comes_round(&mut self, object: ObjectId, location: &'static Location<'static>) -> bool {
        self.idle = 0;
        let place = (object, location);
        let comes = !std::mem::take(&mut self.unjudged) || self.places[1].contains(&place);
        if !self.places[0].contains(&place) {
            self.places[0].push(place);
        }
        comes
    }

    /// Notes something that is no operation. False if it comes after a yield that was no step.
    pub(super) fn goes_on(&mut self) -> bool {
        self.idle = 0;
        !std::mem::take(&mut self.unjudged)
    }

    /// Notes a step of its own, where steps are marked.
    pub(super) fn steps(&mut self, class: Class, after: &Gate) {
        match class {
            Class::Pass => self.marked.apply(class),
            _ => self.marked = *after,
        }
    }

    /// Notes an access of its own, with the object's gate before and after.
    pub(super) fn touch(&mut self, access: Access, before: &Gate, after: &Gate) {
        if access.class == Class::Queue {
            // A part of the operation that follows, and no change for its own task.
            let touched = self.this.iter_mut().chain(&mut self.last);
            touched
                .filter(|t| t.object == access.object)
                .for_each(|t| t.gate.apply(Class::Queue));
            return;
        }
        let now = Touched::new(access, after);
        if let Some(touched) = self.this.iter_mut().find(|t| t.object == access.object) {
            self.progress |= touched.is_changed_for(before, access.class);
            *touched = now;
            return;
        }
        self.progress |=
            (self.last.iter()).any(|t| t.object == access.object && t.is_changed_for(before, access.class));
        self.this.push(now);
    }
}

/// How often a task says that it spins, without looking at anything in between, before it is taken to look at what nobody
/// can see.
const BACKOFF: u32 = 128;

#[derive(Debug)]
pub(crate) struct Task {
    /// Its number in the search: which task has which depends on the order in which the search has met them.
    pub(crate) id: TaskId,
    pub(crate) kin: Kin,
    pub(crate) name: Option<String>,
    pub(crate) pending: Pending,
    /// An execution is not over before every attached task has exited. An async task is detached when
    /// its `JoinHandle` is dropped.
    pub(crate) attached: bool,
    pub(crate) is_async: bool,
    /// What it does; nothing any more once it has begun.
    pub(crate) job: Option<Job>,
    /// The one of shuttle's tasks that it runs on, once it has begun.
    pub(crate) worker: Option<usize>,
    pub(crate) abort_requested: bool,
    /// The payload of a panic nobody has joined yet.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// The values of `thread_local!` keys, by the address of the key.
    pub(crate) locals: BTreeMap<usize, Rc<dyn Any>>,
    /// Where its stack begins, growing downwards, and how far it goes.
    pub(crate) stack: Option<(usize, usize)>,
    pub(super) children: u32,
    pub(super) created: u32,
    pub(super) flags: [Option<ObjectId>; 4],
    pub(super) spin: Spin,
    /// The number of steps since which it could have taken one.
    pub(super) ready_since: Option<usize>,
    /// The locks that it shares.
    pub(super) shares: SmallVec<[ObjectId; 2]>,
    /// The last round of timers in which it took a step, or went on without one.
    pub(super) moved_in: u32,
    /// Its last poll has asked a task that had not exited to wake it when it does.
    pub(crate) awaits_exit: bool,
    /// What it waits for, for the report: the object whose signal would wake it.
    pub(crate) waits_on: Option<Waiting>,
    /// The row of the trace that spawned it.
    pub(crate) born: usize,
    /// The row of the trace in which a signal of an object has woken it last.
    pub(super) heard: BTreeMap<ObjectId, usize>,
    /// How often it was told to unwind at the end of the execution.
    pub(super) unwinds: u32,
    pub(super) abandoned: bool,
    /// Operations of its destructors since then.
    pub(super) last_operations: u32,
    /// Its pending operation runs because its deadline has passed.
    pub(super) timed_out: bool,
    /// The deadline of its timer, while that is running. Only where timers may fire early.
    pub(crate) armed: Option<u64>,
    /// The trace says already what it waits for.
    pub(super) shows_waiting: bool,
    /// Wake-ups of condition variables that it may still have without being notified.
    pub(super) spurious_left: u32,
    /// Polls that it may still have without being woken.
    pub(super) spurious_polls_left: u32,
    /// The number of its current poll, if only the last waker counts.
    pub(crate) poll: u64,
}

impl Task {
    /// The operation that it has announced.
    pub(crate) fn announced(&self) -> Option<&Op> {
        match &self.pending {
            Pending::Op(op) => Some(op),
            _ => None,
        }
    }
}

/// A registered waiter, remembered so that a lost wake-up can be told from a deadlock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) object: ObjectId,
    /// The row of the trace that registered it.
    pub(crate) since: usize,
    /// The step that registered it, in the log.
    pub(crate) step: Option<usize>,
}

/// What an unfinished task waited for at the end.
#[derive(Clone, Debug)]
pub(crate) struct Stuck {
    pub(crate) task: usize,
    /// In words: "`m`, held by worker".
    pub(crate) waits_for: String,
    /// The task that would have to act: the holder of the lock, the task to join.
    pub(crate) on: Option<usize>,
    pub(crate) registered: Option<Waiting>,
    /// The token that would wake it, of its wakers or of `park`.
    pub(crate) token: Option<ObjectId>,
}
