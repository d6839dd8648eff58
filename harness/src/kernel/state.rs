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

use std::collections::BTreeMap;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::task::Waker;

use smallvec::SmallVec;

use super::arrows::Arrows;
use super::copies::Copies;
use super::declared::{Declared, Place, Role};
use super::diary::Diary;
use super::happens_before::HappensBefore;
use super::limits::{MemoryModel, ScheduleLimits};
use super::log::{Blocked, End, Entry, Signal};
use super::names::{Kin, Names};
use super::numbering::Numbering;
use super::object::Object;
use super::op::{Accesses, ObjectId, TaskId};
use super::order::{Came, Order};
use super::place::{Places, Saw};
use super::progress::Progress;
use super::rounds::Rounds;
use super::staff::Staff;
use super::task::{Candidate, PanicReport, Pending, Spin, Stuck, Task};
use super::wakeup::Wakeup;
use crate::trace::Recorder;

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
    pub(super) end: End,
    pub(super) log: usize,
    pub(super) panics: usize,
    pub(super) steps: usize,
}

/// From where on all tasks take turns.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fair {
    /// The entry of the log that comes next.
    pub(crate) log: usize,
    /// The operation that would have been repeated.
    pub(crate) location: Option<&'static Location<'static>>,
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

pub(crate) struct Kernel {
    pub(crate) epoch: u64,
    pub(crate) limits: ScheduleLimits,
    pub(crate) numbering: Numbering,
    /// The part of the search that is explored.
    pub(crate) orders: Vec<Order>,
    pub(crate) came: Vec<Came>,
    pub(crate) tasks: Vec<Task>,
    pub(super) names: Names,
    /// Those that have not exited, by their index, in order. Everything that is looked for is among them.
    pub(super) living: Vec<usize>,
    pub(crate) objects: Vec<Option<Object>>,
    /// How many there have been.
    pub(super) registered: usize,
    pub(crate) places: Places,
    pub(crate) copies: Copies,
    /// What operations on atomics have seen, where loads may see other stores than the latest.
    pub(super) saw_stores: Vec<Saw>,
    pub(crate) current: usize,
    pub(crate) log: Vec<Entry>,
    /// The task of the last visible step: switching away from it while it could go on is a preemption.
    pub(crate) stepper: Option<usize>,
    /// The task of the last visible step has run on from it ever since: what it does without a choice
    /// belongs to that step.
    pub(super) in_step: bool,
    /// The last visible step in the log, which owns what runs without a choice after it.
    pub(super) last_step: Option<usize>,
    pub(crate) steps: usize,
    pub(crate) now: u64,
    pub(super) timers: BTreeMap<(u64, u64), Waker>,
    pub(super) timer_serial: u64,
    /// The task that moves the clock, if timers may fire early.
    pub(crate) clock: Option<Clock>,
    pub(crate) ending: Option<End>,
    /// The execution is to end like this as soon as nobody can go on.
    pub(crate) drain: Option<Drain>,
    /// It has [taught](Kernel::learn) the search something.
    pub(crate) learns: bool,
    /// All tasks take turns.
    pub(crate) fair: Option<Fair>,
    /// Steps for which a task that could go on was kept waiting.
    pub(super) longest_wait: usize,
    /// The next switch belongs to shuttle's own spawn: keep whoever runs.
    pub(crate) passthrough: bool,
    /// How often the program has touched anything that the kernel knows.
    pub(crate) contacts: u64,
    /// The wake-ups the current task has still to carry out.
    pub(crate) owed: Vec<Wakeup>,
    /// How often a task has yielded or looked at the clock since, and when that was, in contacts.
    pub(super) idle: (u32, u64),
    /// When the waker of the current task was last cloned, in contacts.
    pub(crate) cloned_at: Option<u64>,
    /// What stands for all state that the kernel cannot see, if the program runs futures of other crates or marks what it
    /// does to that state.
    pub(super) elsewhere: Option<ObjectId>,
    /// Inside an effect: operations join the step that is running.
    pub(crate) nested: u32,
    /// The last step is not over: a branch says what else it does.
    pub(crate) is_asked: bool,
    /// The clock has moved, and calls the wakers of timers.
    pub(crate) firing: bool,
    pub(super) nested_accesses: Accesses,
    pub(crate) enabled: Vec<Candidate>,
    /// The tasks that panicked, in order.
    pub(crate) panics: Vec<PanicReport>,
    pub(crate) signals: Vec<Signal>,
    pub(crate) happens_before: HappensBefore,
    /// The stores, by their numbers, that the operation on an atomic has read, and then read or made, where loads may see others
    /// than the latest.
    pub(crate) saw: Option<(usize, usize)>,
    pub(crate) recorder: Option<Recorder>,
    pub(super) arrows: Arrows,
    /// What counts where orderings are declared, if these are not to count.
    pub(crate) declared: Option<Declared>,
    /// Counts decisions, so that somebody outside sees that the run is alive.
    pub(super) progress: Arc<Progress>,
    pub(super) decisions: u64,
    /// shuttle's tasks.
    pub(crate) staff: Staff,
    /// Where the choices are noted for whoever comes after this process.
    pub(crate) diary: Option<Diary>,
    /// The one of shuttle's tasks that goes on, picked while another one was still on the processor.
    pub(crate) handoff: Option<usize>,
    /// The tasks that have asked to be passed over since the strategy was asked last.
    pub(crate) yielding: SmallVec<[usize; 2]>,
    /// The task that unwinds by itself, as long as its OS thread panics: the others share that thread.
    pub(crate) unwinder: Option<usize>,
    pub(super) rounds: Rounds,
    /// The counts of what has been turned into raw pointers, by address.
    pub(crate) counted: BTreeMap<usize, ObjectId>,
    pub(crate) outcome: Option<String>,
    /// The operations that could not run when the execution ended.
    pub(crate) blocked: Vec<Blocked>,
    /// What each unfinished task waited for when the execution ended.
    pub(crate) stuck: Vec<Stuck>,
    /// The async tasks that would have finished had they been polled again.
    pub(crate) ready_if_polled: Vec<usize>,
    pub(crate) repoll: Vec<usize>,
    pub(crate) repolling: Option<usize>,
}

impl Kernel {
    pub(crate) fn new(limits: ScheduleLimits, progress: Arc<Progress>) -> Self {
        Kernel {
            epoch: 0,
            limits,
            numbering: Numbering::default(),
            orders: Vec::new(),
            came: Vec::new(),
            tasks: Vec::new(),
            names: Names::default(),
            living: Vec::new(),
            objects: Vec::new(),
            registered: 0,
            places: Places::default(),
            copies: Copies::default(),
            saw_stores: Vec::new(),
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
            learns: false,
            fair: None,
            longest_wait: 0,
            passthrough: false,
            contacts: 0,
            idle: (0, 0),
            owed: Vec::new(),
            cloned_at: None,
            elsewhere: None,
            nested: 0,
            is_asked: false,
            firing: false,
            nested_accesses: Accesses::new(),
            enabled: Vec::new(),
            panics: Vec::new(),
            signals: Vec::new(),
            happens_before: HappensBefore::default(),
            saw: None,
            recorder: None,
            arrows: Arrows::default(),
            declared: None,
            decisions: progress.decisions(),
            progress,
            staff: Staff::default(),
            diary: None,
            handoff: None,
            yielding: SmallVec::new(),
            unwinder: None,
            rounds: Rounds::default(),
            counted: BTreeMap::new(),
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
    pub(crate) fn clear(&mut self) -> (Vec<Task>, BTreeMap<(u64, u64), Waker>, Copies) {
        self.living.clear();
        let (tasks, timers) = (std::mem::take(&mut self.tasks), std::mem::take(&mut self.timers));
        (tasks, timers, std::mem::take(&mut self.copies))
    }

    /// Starts the next execution. `tasks` is an empty list whose memory is used again.
    pub(crate) fn reset(&mut self, epoch: u64, recorder: Option<Recorder>, tasks: Vec<Task>) {
        debug_assert!(tasks.is_empty());
        self.tasks = tasks;
        self.living.clear();
        self.epoch = epoch;
        if self.numbering.tasks == 0 {
            self.numbering.tasks = 1; // the main task
        }
        self.objects.clear();
        self.registered = 0;
        self.places.clear();
        self.saw_stores.clear();
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
        self.learns = false;
        self.fair = None;
        self.longest_wait = 0;
        self.passthrough = false;
        self.contacts = 0;
        self.idle = (0, 0);
        self.owed.clear();
        self.cloned_at = None;
        self.elsewhere = None;
        self.nested = 0;
        self.firing = false;
        self.nested_accesses.clear();
        self.handoff = None;
        self.enabled.clear();
        self.panics.clear();
        self.signals.clear();
        let weak = self.limits.memory_model == MemoryModel::Rust && self.numbering.facts.orders_weakly;
        self.happens_before.reset(self.numbering.facts.uses_cells, weak);
        self.saw = None;
        self.recorder = recorder;
        self.arrows = Arrows::default();
        self.yielding.clear();
        self.unwinder = None;
        self.rounds = Rounds::default();
        self.counted.clear();
        self.outcome = None;
        self.blocked.clear();
        self.stuck.clear();
        self.ready_if_polled.clear();
        self.repoll.clear();
        self.repolling = None;
        self.names.clear();
        self.add_task(TaskId(0), Kin::default(), None, false);
        self.tasks[0].worker = Some(0);
        self.install_gates();
        if let Some(diary) = &mut self.diary {
            diary.begin(self.numbering.facts);
        }
        if self.numbering.facts.runs_foreign_futures || self.numbering.facts.marks_steps {
            self.elsewhere = Some(self.shared(ELSEWHERE));
        }
    }

    /// Starts anew with shuttle's tasks: there is only the driver.
    pub(crate) fn hire(&mut self) {
        self.staff.begin();
        self.handoff = None;
    }

    /// The ordering that counts for an operation that declares this one, at this place of the program.
    pub(crate) fn ordering(
        &mut self,
        location: &'static Location<'static>,
        role: Role,
        verb: &'static str,
        declared: Ordering,
    ) -> Ordering {
        match &mut self.declared {
            None => declared,
            Some(all) => all.counts(Place { location, role }, verb, declared),
        }
    }

    /// Whether the execution has ended and every task has exited.
    pub(crate) fn is_over(&self) -> bool {
        self.ending.is_some() && self.living.is_empty()
    }

    pub(super) fn add_task(&mut self, id: TaskId, kin: Kin, name: Option<String>, is_async: bool) {
        self.living.push(self.tasks.len());
        self.tasks.push(Task {
            id,
            kin,
            name,
            pending: Pending::Start,
            attached: true,
            is_async,
            job: None,
            worker: None,
            abort_requested: false,
            panic: None,
            locals: BTreeMap::new(),
            stack: None,
            children: 0,
            created: 0,
            flags: [None; 4],
            spin: Spin::default(),
            ready_since: None,
            shares: SmallVec::new(),
            moved_in: 0,
            awaits_exit: false,
            waits_on: None,
            born: self.recorder.as_ref().map_or(0, Recorder::events),
            heard: BTreeMap::new(),
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

    /// A task has exited.
    pub(crate) fn exit_task(&mut self, index: usize) {
        self.tasks[index].pending = Pending::Exited;
        if let Ok(at) = self.living.binary_search(&index) {
            self.living.remove(at);
        }
    }

    /// The tasks that have not exited, in order.
    pub(super) fn living(&self) -> impl DoubleEndedIterator<Item = &Task> {
        self.living.iter().map(|&index| &self.tasks[index])
    }

    /// Registers a task the current one spawns, and returns its number in this execution.
    pub(crate) fn spawn(&mut self, name: Option<String>, is_async: bool) -> usize {
        self.contacts += 1;
        let parent = &mut self.tasks[self.current];
        let (parent_id, nth, kin) = (
            parent.id,
            parent.children,
            parent.kin.child(self.current, parent.children),
        );
        parent.children += 1;
        let numbering = &mut self.numbering;
        let id = Numbering::entry(&mut numbering.task_children, &mut numbering.tasks, parent_id.0, nth);
        let id = TaskId(id);
        self.add_task(id, kin, name, is_async);
        self.draw_order(self.current, self.tasks.len() - 1);
        self.log.push(Entry::Spawn {
            parent: parent_id,
            child: id,
        });
        self.tasks.len() - 1
    }
}
