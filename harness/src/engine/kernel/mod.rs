//! The state of one controlled execution: its tasks, its objects, its clock, and the one decision the
//! engine makes over and over, which task goes on.
//!
//! | state | who changes it, and when |
//! |---|---|
//! | `Task::pending` | the task itself when it announces; `decide` when it lets the task go on |
//! | `Object::gate` | `finish_step`, from the accesses that really happened |
//! | `now`, `timers` | `decide`, when nothing else is enabled; a task that starts or drops a timer |
//! | `ending` | `decide` or a task, once; from then on tasks only unwind |
//!
//! No object keeps a list of tasks to wake. A task is enabled when its pending operation is admitted
//! by the gates of its objects *now*, so the kernel cannot lose a wake-up.

mod decide;
mod order;
mod report;
mod steps;

use std::any::Any;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::Location;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Waker;

use serde::{Deserialize, Serialize};

pub(crate) use order::{Came, Order};

use super::happens_before::{DataRace, HappensBefore};
use super::op::{Access, Accesses, Class, Gate, ObjectId, Op, TaskId};
use super::wakes::Wakeup;
use crate::explore::Strategy;
use crate::schedule::ScheduleLimits;
use crate::trace::Recorder;

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

/// Whether a loop that yields gets anywhere: the objects of this iteration and of the one before, each
/// with the version its own last access left. If nobody else changed any of them, going round again
/// would read the same values.
#[derive(Debug, Default)]
struct Spin {
    this: Vec<(ObjectId, u32)>,
    last: Vec<(ObjectId, u32)>,
    at: Option<&'static Location<'static>>,
    /// Somebody else changed what the last iteration touched, or this iteration wrote data.
    progress: bool,
}

impl Spin {
    /// Notes an access of its own, with the object's version before and after.
    fn touch(&mut self, access: Access, before: u32, after: u32) {
        let object = access.object;
        self.progress |= access.class == Class::Write;
        if let Some(entry) = self.this.iter_mut().find(|(o, _)| *o == object) {
            entry.1 = after;
            return;
        }
        self.progress |= self.last.iter().any(|&(o, seen)| o == object && seen != before);
        self.this.push((object, after));
    }
}

#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) id: TaskId,
    pub(crate) name: Option<String>,
    pub(crate) pending: Pending,
    /// An execution is not over before every attached task has exited. An async task is detached when
    /// its `JoinHandle` is dropped.
    pub(crate) attached: bool,
    pub(crate) is_async: bool,
    pub(crate) abort_requested: bool,
    /// The payload of a panic nobody has joined yet.
    pub(crate) panic: Option<Box<dyn Any + Send>>,
    /// The values of `thread_local!` keys, by the address of the key.
    pub(crate) locals: BTreeMap<usize, Rc<dyn Any>>,
    children: u32,
    created: u32,
    flags: [Option<ObjectId>; 4],
    spin: Spin,
    /// The last round of timers in which it took a step.
    moved_in: u32,
    /// What it waits for, for the report: the object whose signal would wake it.
    pub(crate) waits_on: Option<Waiting>,
    /// How often it was told to unwind at the end of the execution.
    unwinds: u32,
    abandoned: bool,
    /// Operations of its destructors since then.
    last_operations: u32,
    /// Its pending operation runs because its deadline has passed.
    timed_out: bool,
    /// The deadline of its timer, while that is running. Only where timers may fire early.
    pub(crate) armed: Option<u64>,
    /// The trace says already what it waits for.
    shows_waiting: bool,
    /// Wake-ups of condition variables that it may still have without being notified.
    spurious_left: u32,
    /// Polls that it may still have without being woken.
    spurious_polls_left: u32,
    /// The number of its current poll, if only the last waker counts.
    pub(crate) poll: u64,
}

/// A registered waiter, remembered so that a lost wake-up can be told from a deadlock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Waiting {
    pub(crate) object: ObjectId,
    /// The row of the trace that registered it.
    pub(crate) since: usize,
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
}

/// A signal nobody was registered for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wasted {
    pub(crate) object: ObjectId,
    /// The row of the trace that sent it.
    pub(crate) at: usize,
}

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    pub(crate) location: &'static Location<'static>,
    pub(crate) name: Option<String>,
    pub(crate) gate: Gate,
    pub(crate) holders: smallvec::SmallVec<[usize; 2]>,
    pub(crate) creator: usize,
}

/// What happened, in order. A strategy reads it after the execution.
#[derive(Clone, Debug)]
pub(crate) enum Entry {
    /// A visible operation.
    Step(Step),
    Spawn {
        parent: TaskId,
        child: TaskId,
    },
    Join {
        task: TaskId,
        target: TaskId,
    },
    Choice {
        task: TaskId,
        arms: u32,
        arm: u32,
    },
    /// The clock moved, or spinning tasks were let through, because nothing else was enabled: these
    /// operations were blocked.
    Barrier {
        blocked: Vec<(TaskId, Accesses)>,
    },
}

#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) task: TaskId,
    pub(crate) verb: &'static str,
    /// What was announced: at least as strong as what happened.
    pub(crate) announced: Accesses,
    /// What happened.
    pub(crate) accesses: Accesses,
    /// An opaque operation may have touched more than it announced.
    pub(crate) opaque: bool,
    /// Its deadline had passed: it could also have run without what it waits for. The number is that of the tick
    /// that made it late, counting from 1, or 0 if no tick did.
    pub(crate) late: Option<u32>,
    /// The task that ran before could have gone on.
    pub(crate) preemption: bool,
}

/// Why an execution stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// Every attached task has exited.
    Complete,
    /// The main task panicked.
    MainPanicked,
    /// Tasks are left and nothing is enabled.
    Deadlock,
    /// Only timers and spinning are left, for ever.
    Livelock(String),
    StepLimit,
    DataRace(DataRace),
    /// The strategy has seen all that could follow.
    Redundant,
    /// A replay does not fit the program.
    Diverged(String),
    /// The kernel learnt something about the program that it has to know from the start.
    Restart,
}

/// The task that moves the clock where timers may fire early.
#[derive(Debug)]
pub(crate) struct Clock {
    pub(crate) object: ObjectId,
    /// By its index.
    pub(crate) task: usize,
    /// The times it has moved to.
    pub(crate) ticks: Vec<u64>,
}

/// An execution that the search has cut short, and how far it had come.
#[derive(Debug)]
pub(crate) struct Drain {
    end: End,
    log: usize,
    panics: usize,
    steps: usize,
}

/// What survives from one execution to the next: the numbering of tasks and objects, and what the
/// program turned out to use.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Numbering {
    task_children: Vec<Vec<u32>>,
    task_objects: Vec<Vec<u32>>,
    /// The wake-up tokens of each task. They are created by whoever asks first, so they must not take
    /// numbers from the list of the task's own objects.
    flags: Vec<[Option<u32>; 4]>,
    /// Objects that are known by their name alone.
    shared: BTreeMap<String, u32>,
    tasks: u32,
    objects: u32,
    /// Some task has done a visible operation.
    operates: bool,
    /// The program has an `UnsafeCell`, so happens-before clocks are kept.
    pub(crate) uses_cells: bool,
    /// The program asks whether a task is finished, so exits are visible operations.
    pub(crate) observes_exit: bool,
    /// The program aborts tasks, so the first poll of one is a visible operation.
    pub(crate) aborts: bool,
    /// The program runs futures of other crates, whose state the kernel cannot see: what stands between two
    /// operations may touch it, and is a step of its own.
    pub(crate) runs_foreign_futures: bool,
    /// The program looks at locks without waiting, so releases are visible operations.
    pub(crate) tests_locks: bool,
    /// Something else than a wake-up happens inside an opaque operation, so it may touch anything.
    pub(crate) nests_anything: bool,
    /// The program yields or spins, so it is watched what each iteration touches.
    pub(crate) spins: bool,
}

impl Numbering {
    /// Whether the program has tasks and none of them has ever done anything visible.
    pub(crate) fn sees_nothing(&self) -> bool {
        self.tasks > 1 && !self.operates
    }

    /// A number that no object of the program has, or will have.
    pub(crate) fn reserve(&mut self) -> ObjectId {
        self.objects += 1;
        ObjectId(self.objects - 1)
    }

    fn entry(lists: &mut Vec<Vec<u32>>, next: &mut u32, owner: u32, nth: u32) -> u32 {
        if lists.len() <= owner as usize {
            lists.resize_with(owner as usize + 1, Vec::new);
        }
        let list = &mut lists[owner as usize];
        if list.len() <= nth as usize {
            debug_assert_eq!(list.len(), nth as usize, "children and objects are numbered in order");
            list.push(*next);
            *next += 1;
        }
        list[nth as usize]
    }
}

/// The name of the object that stands for all state of other crates.
const ELSEWHERE: &str = "other crates";

/// What the engine does next.
pub(crate) enum Decision {
    /// Let this task go on.
    Run(usize),
    /// Ask the strategy: the candidates are in [`Kernel::enabled`].
    Ask,
    /// Call these wakers, then decide again: the clock has moved.
    Fire(Vec<Waker>),
    /// Every task has exited: the driver finishes the execution.
    Over,
    /// A task is left that cannot be unwound.
    Stop,
}

/// A task that could take the next step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate {
    pub(crate) task: TaskId,
    /// Its number in this execution, which is also shuttle's.
    pub(crate) index: usize,
}

pub(crate) struct Kernel {
    pub(crate) epoch: u64,
    pub(crate) strategy: Rc<RefCell<dyn Strategy>>,
    pub(crate) limits: ScheduleLimits,
    pub(crate) numbering: Numbering,
    /// The part of the search that is explored.
    pub(crate) orders: Vec<Order>,
    pub(crate) came: Vec<Came>,
    pub(crate) tasks: Vec<Task>,
    pub(crate) objects: Vec<Option<Object>>,
    pub(crate) current: usize,
    pub(crate) log: Vec<Entry>,
    /// The task of the last visible step: switching away from it while it could go on is a preemption.
    pub(crate) stepper: Option<usize>,
    /// The task of the last visible step has run on from it ever since: what it does without a choice
    /// belongs to that step.
    in_step: bool,
    /// The last visible step in the log, which owns what runs without a choice after it.
    last_step: Option<usize>,
    pub(crate) steps: usize,
    pub(crate) now: u64,
    timers: BTreeMap<(u64, u64), Waker>,
    timer_serial: u64,
    /// The task that moves the clock, if timers may fire early.
    pub(crate) clock: Option<Clock>,
    pub(crate) ending: Option<End>,
    /// The execution is to end like this as soon as nobody can go on.
    pub(crate) drain: Option<Drain>,
    /// The next switch belongs to shuttle's own spawn: keep the current task.
    pub(crate) passthrough: bool,
    /// How often the program has touched anything that the kernel knows.
    pub(crate) contacts: u64,
    /// The wake-ups the current task has still to carry out.
    pub(crate) owed: Vec<Wakeup>,
    /// How often a task has yielded or looked at the clock since, and when that was, in contacts.
    idle: (u32, u64),
    /// When the waker of the current task was last cloned, in contacts.
    pub(crate) cloned_at: Option<u64>,
    /// What stands for all state of other crates, if the program runs their futures.
    elsewhere: Option<ObjectId>,
    /// Inside an effect: operations join the step that is running.
    pub(crate) nested: u32,
    nested_accesses: Accesses,
    pub(crate) enabled: Vec<Candidate>,
    /// The tasks that panicked, in order.
    pub(crate) panics: Vec<PanicReport>,
    pub(crate) wasted: Vec<Wasted>,
    pub(crate) happens_before: HappensBefore,
    pub(crate) recorder: Option<Recorder>,
    /// Counts decisions, so that somebody outside sees that the run is alive.
    progress: Arc<AtomicU64>,
    decisions: u64,
    /// What each of shuttle's tasks is to run next; the first one is the driver and needs none.
    pub(crate) jobs: Vec<Option<Box<dyn FnOnce()>>>,
    /// shuttle's tasks are to return.
    pub(crate) dismissed: bool,
    /// The task that has been picked while another one was still on the processor.
    pub(crate) handoff: Option<usize>,
    pub(crate) yielding: bool,
    rounds: Rounds,
    pub(crate) outcome: Option<String>,
    /// The operations that could not run when the execution ended.
    pub(crate) blocked: Vec<(TaskId, Accesses)>,
    /// What each unfinished task waited for when the execution ended.
    pub(crate) stuck: Vec<Stuck>,
    /// The async tasks that would have finished had they been polled again.
    pub(crate) ready_if_polled: Vec<usize>,
    pub(crate) repoll: Vec<usize>,
    pub(crate) repolling: Option<usize>,
}

/// Consecutive rounds in which only timers or spinning made anything run.
#[derive(Debug, Default)]
struct Rounds {
    number: u32,
    identical: u32,
    last: u64,
    hash: u64,
}

impl Rounds {
    fn note(&mut self, value: u64) {
        self.hash = (self.hash ^ value).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Closes a round and says how many equal ones have passed in a row.
    fn close(&mut self) -> u32 {
        if self.hash == self.last {
            self.identical += 1;
        } else {
            self.identical = 0;
        }
        self.number += 1;
        self.last = self.hash;
        self.hash = 0xcbf2_9ce4_8422_2325;
        self.identical
    }
}

impl Kernel {
    pub(crate) fn new(limits: ScheduleLimits, strategy: Rc<RefCell<dyn Strategy>>, progress: Arc<AtomicU64>) -> Self {
        Kernel {
            epoch: 0,
            strategy,
            limits,
            numbering: Numbering::default(),
            orders: Vec::new(),
            came: Vec::new(),
            tasks: Vec::new(),
            objects: Vec::new(),
            current: 0,
            log: Vec::new(),
            stepper: None,
            in_step: false,
            last_step: None,
            steps: 0,
            now: 0,
            timers: BTreeMap::new(),
            timer_serial: 0,
            clock: None,
            ending: None,
            drain: None,
            passthrough: false,
            contacts: 0,
            idle: (0, 0),
            owed: Vec::new(),
            cloned_at: None,
            elsewhere: None,
            nested: 0,
            nested_accesses: Accesses::new(),
            enabled: Vec::new(),
            panics: Vec::new(),
            wasted: Vec::new(),
            happens_before: HappensBefore::default(),
            recorder: None,
            decisions: progress.load(Ordering::Relaxed),
            progress,
            jobs: Vec::new(),
            dismissed: false,
            handoff: None,
            yielding: false,
            rounds: Rounds::default(),
            outcome: None,
            blocked: Vec::new(),
            stuck: Vec::new(),
            ready_if_polled: Vec::new(),
            repoll: Vec::new(),
            repolling: None,
        }
    }
    /// What the last execution left, user values among it, to be dropped while no kernel is borrowed.
    #[must_use]
    pub(crate) fn clear(&mut self) -> (Vec<Task>, BTreeMap<(u64, u64), Waker>) {
        (std::mem::take(&mut self.tasks), std::mem::take(&mut self.timers))
    }

    /// Starts the next execution. `tasks` is an empty list whose memory is used again.
    pub(crate) fn reset(&mut self, epoch: u64, recorder: Option<Recorder>, tasks: Vec<Task>) {
        debug_assert!(tasks.is_empty());
        self.tasks = tasks;
        self.epoch = epoch;
        if self.numbering.tasks == 0 {
            self.numbering.tasks = 1; // the main task
        }
        self.objects.clear();
        self.current = 0;
        self.log.clear();
        self.stepper = None;
        self.in_step = false;
        self.last_step = None;
        self.steps = 0;
        self.now = 0;
        self.timer_serial = 0;
        self.clock = None;
        self.ending = None;
        self.drain = None;
        self.passthrough = false;
        self.contacts = 0;
        self.idle = (0, 0);
        self.owed.clear();
        self.cloned_at = None;
        self.elsewhere = None;
        self.nested = 0;
        self.nested_accesses.clear();
        self.handoff = None;
        self.enabled.clear();
        self.panics.clear();
        self.wasted.clear();
        self.happens_before.reset(self.numbering.uses_cells);
        self.recorder = recorder;
        self.yielding = false;
        self.rounds = Rounds::default();
        self.outcome = None;
        self.blocked.clear();
        self.stuck.clear();
        self.ready_if_polled.clear();
        self.repoll.clear();
        self.repolling = None;
        self.add_task(TaskId(0), None, false);
        self.install_gates();
        if self.numbering.runs_foreign_futures {
            self.elsewhere = Some(self.shared(ELSEWHERE));
        }
    }

    /// Starts anew with shuttle's tasks: there is only the driver.
    pub(crate) fn hire(&mut self) {
        self.jobs.clear();
        self.jobs.push(None);
        self.dismissed = false;
        self.handoff = None;
    }

    /// Whether the execution has ended and every task has exited.
    pub(crate) fn is_over(&self) -> bool {
        self.ending.is_some() && self.tasks.iter().all(|t| matches!(t.pending, Pending::Exited))
    }

    fn add_task(&mut self, id: TaskId, name: Option<String>, is_async: bool) {
        self.tasks.push(Task {
            id,
            name,
            pending: Pending::Start,
            attached: true,
            is_async,
            abort_requested: false,
            panic: None,
            locals: BTreeMap::new(),
            children: 0,
            created: 0,
            flags: [None; 4],
            spin: Spin::default(),
            moved_in: 0,
            waits_on: None,
            unwinds: 0,
            abandoned: false,
            last_operations: 0,
            timed_out: false,
            armed: None,
            shows_waiting: false,
            spurious_left: self.limits.spurious_wakeups,
            spurious_polls_left: self.limits.spurious_polls,
            poll: 0,
        });
        self.happens_before.add_task(self.tasks.len() - 1, self.current);
    }

    /// Registers a task the current one spawns, and returns its number in this execution.
    pub(crate) fn spawn(&mut self, name: Option<String>, is_async: bool) -> usize {
        self.contacts += 1;
        let parent = &mut self.tasks[self.current];
        let (parent_id, nth) = (parent.id, parent.children);
        parent.children += 1;
        let numbering = &mut self.numbering;
        let id = Numbering::entry(&mut numbering.task_children, &mut numbering.tasks, parent_id.0, nth);
        let id = TaskId(id);
        self.add_task(id, name, is_async);
        self.log.push(Entry::Spawn {
            parent: parent_id,
            child: id,
        });
        self.tasks.len() - 1
    }

    /// Registers an object the current task creates.
    pub(crate) fn create(&mut self, kind: &'static str, location: &'static Location<'static>) -> ObjectId {
        self.contacts += 1;
        let task = &mut self.tasks[self.current];
        let (owner, nth) = (task.id, task.created);
        task.created += 1;
        let numbering = &mut self.numbering;
        let id = Numbering::entry(&mut numbering.task_objects, &mut numbering.objects, owner.0, nth);
        if self.objects.len() <= id as usize {
            self.objects.resize_with(id as usize + 1, || None);
        }
        self.objects[id as usize] = Some(Object {
            kind,
            location,
            name: None,
            gate: Gate::default(),
            holders: smallvec::SmallVec::new(),
            creator: self.current,
        });
        ObjectId(id)
    }

    pub(crate) fn object(&self, id: ObjectId) -> &Object {
        self.objects[id.0 as usize]
            .as_ref()
            .expect("an object is registered before it is used")
    }

    pub(crate) fn object_mut(&mut self, id: ObjectId) -> &mut Object {
        self.objects[id.0 as usize]
            .as_mut()
            .expect("an object is registered before it is used")
    }

    /// A wake-up token of a task, created when somebody first asks for it.
    #[track_caller]
    pub(crate) fn flag(&mut self, task: usize, flag: Flag) -> ObjectId {
        if let Some(id) = self.tasks[task].flags[flag as usize] {
            return id;
        }
        let owner = self.tasks[task].id.0 as usize;
        let numbering = &mut self.numbering;
        if numbering.flags.len() <= owner {
            numbering.flags.resize(owner + 1, [None; 4]);
        }
        let number = *numbering.flags[owner][flag as usize].get_or_insert_with(|| {
            numbering.objects += 1;
            numbering.objects - 1
        });
        let kind = match flag {
            Flag::Wake => "waker",
            Flag::Park => "park token",
            Flag::Ticket => "ticket",
            Flag::Exit => "exit",
        };
        self.install(number, kind, Location::caller(), task);
        self.tasks[task].flags[flag as usize] = Some(ObjectId(number));
        ObjectId(number)
    }

    /// The object that everybody who uses this name shares, created when somebody first asks for it.
    #[track_caller]
    pub(crate) fn shared(&mut self, name: &str) -> ObjectId {
        let numbering = &mut self.numbering;
        let number = match numbering.shared.get(name) {
            Some(&number) => number,
            None => {
                numbering.objects += 1;
                numbering.shared.insert(name.to_owned(), numbering.objects - 1);
                numbering.objects - 1
            }
        };
        if self.objects.get(number as usize).is_none_or(Option::is_none) {
            self.install(number, "foreign code", Location::caller(), self.current);
            if self.recorder.is_some() {
                self.object_mut(ObjectId(number)).name = Some(name.to_owned());
            }
        }
        ObjectId(number)
    }

    fn install(&mut self, number: u32, kind: &'static str, location: &'static Location<'static>, creator: usize) {
        let slot = number as usize;
        if self.objects.len() <= slot {
            self.objects.resize_with(slot + 1, || None);
        }
        self.objects[slot] = Some(Object {
            kind,
            location,
            name: None,
            gate: Gate::default(),
            holders: smallvec::SmallVec::new(),
            creator,
        });
    }

    /// The pending visible operation of a candidate.
    pub(crate) fn pending_op(&self, index: usize) -> &Op {
        match &self.tasks[index].pending {
            Pending::Op(op) => op,
            other => unreachable!("a candidate has a pending operation, not {other:?}"),
        }
    }
}
