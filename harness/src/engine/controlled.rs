//! The controlled engine: every interleaving of threads and async tasks on one OS thread, on
//! shuttle-engine's continuations.
//!
//! shuttle only resumes tasks. Whether a task may go on is the kernel's business, so for shuttle every
//! task is always runnable, and its scheduler asks our kernel. One call of [`explore`] runs executions
//! until the strategy or the observer has had enough. Starting one of shuttle's executions and its tasks
//! costs more than a small program does, so one of shuttle's serves many of ours: its first task drives
//! them and is the main task of each, and its other tasks are workers that wait for the next task of
//! their number.
//!
//! An execution that ends with tasks left over (a deadlock, a limit, a redundant schedule) does not
//! drop their stacks from outside. Each is resumed once more and unwinds from its own scheduling point
//! with [`EndOfExecution`], so user values are dropped and memory stays flat. Where the program has done
//! nothing wrong, tasks that can go on first do so for a while: a task that is stopped between two
//! operations may leave behind what the destructor of another one waits for.

use std::any::Any;
use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shuttle_engine::runtime::execution::{Execution, ExecutionState};
use shuttle_engine::runtime::thread::continuation::{CONTINUATION_POOL, ContinuationPool};
use shuttle_engine::scheduler::{Schedule, Scheduler, Task as ShuttleTask, TaskId as ShuttleId};
use shuttle_engine::{Config, FailurePersistence, MaxSteps};

use super::kernel::{Decision, End, Kernel, Numbering, Order, PanicReport, Pending};
use super::op::Op;
use super::{EndOfExecution, Engine, with_kernel};
use crate::explore::{Choice, Pick, Strategy};
use crate::schedule::ScheduleLimits;
use crate::trace::Recorder;

/// The program under test: runs once and returns its outcome.
pub(crate) type Program = Arc<dyn Fn() -> String + Send + Sync>;

/// What several searches of one program share.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) limits: ScheduleLimits,
    pub(crate) numbering: Numbering,
    /// The part of the search that is explored; all of it, if this is empty.
    pub(crate) orders: Vec<Order>,
    /// Counts scheduling decisions, for a watchdog.
    pub(crate) progress: Arc<AtomicU64>,
}

/// Bytes of stack of a task. Pages are touched only when used, and stacks are reused.
const STACK: usize = 1 << 20;

/// Numbers executions over the whole process, so that an object knows which one created it.
static EPOCH: AtomicU64 = AtomicU64::new(1);

/// Runs executions of `program` as `strategy` asks, and shows each to `observer` when it is over.
///
/// With `record`, traces are recorded. An execution that ends with [`End::Restart`] takes all those before
/// it back: the observer sees it, and starts counting anew.
pub(crate) fn explore(
    program: &Program,
    session: &mut Session,
    strategy: &Rc<RefCell<dyn Strategy>>,
    record: bool,
    observer: &mut dyn FnMut(&mut Kernel) -> ControlFlow<()>,
) {
    let _quiet = super::panics::capture();
    let _engine = super::enter_engine(Engine::Controlled);
    let mut kernel = Kernel::new(
        session.limits.clone(),
        Rc::clone(strategy),
        Arc::clone(&session.progress),
    );
    kernel.numbering = std::mem::take(&mut session.numbering);
    kernel.orders.clone_from(&session.orders);
    let outer = super::install_kernel(Some(Box::new(kernel)));
    let mut config = Config::new();
    // The driver's stack: analysing a long execution recurses.
    config.stack_size = 16 * STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let scheduler: Rc<RefCell<dyn Scheduler>> = Rc::new(RefCell::new(KernelScheduler));
    let mut driver = Driver {
        program,
        strategy,
        record,
        observer,
        running: false,
        done: false,
    };
    CONTINUATION_POOL.set(&ContinuationPool::new(), || {
        while !driver.done {
            with_kernel(Kernel::hire);
            let outer = DRIVER.replace((&raw mut driver).cast());
            let run =
                || Execution::new(Rc::clone(&scheduler), Schedule::new(0)).run(&config, drive, Location::caller());
            if record {
                crate::trace::tracing_events::recording(run);
            } else {
                run();
            }
            DRIVER.set(outer);
            // A task could not be unwound, and shuttle has left all of them behind.
            if driver.running {
                driver.finish();
            }
        }
        drop_leftovers();
    });
    if let Some(kernel) = super::install_kernel(outer) {
        session.numbering = kernel.numbering;
    }
}

/// Executions that share one of shuttle's: it keeps a list of all switches, which must not grow for ever.
const BATCH: usize = 256;

thread_local! {
    /// The [`Driver`] of the innermost [`explore`] on this OS thread.
    static DRIVER: Cell<*mut ()> = const { Cell::new(std::ptr::null_mut()) };
}

/// Starts and finishes executions.
struct Driver<'a> {
    program: &'a Program,
    strategy: &'a Rc<RefCell<dyn Strategy>>,
    record: bool,
    observer: &'a mut dyn FnMut(&mut Kernel) -> ControlFlow<()>,
    /// An execution has been started and not finished.
    running: bool,
    done: bool,
}

impl Driver<'_> {
    /// Prepares the next execution; false when there is none.
    fn start(&mut self) -> bool {
        if !self.strategy.borrow_mut().begin() {
            self.done = true;
            return false;
        }
        let recorder = self.record.then(Recorder::default);
        let epoch = EPOCH.fetch_add(1, Ordering::Relaxed);
        let tasks = drop_leftovers();
        with_kernel(|k| k.reset(epoch, recorder, tasks));
        self.running = true;
        true
    }

    /// Shows an execution that is over to the strategy and the observer.
    fn finish(&mut self) {
        self.running = false;
        let flow = with_kernel(|k| {
            k.ending.get_or_insert(End::Complete);
            if k.ending == Some(End::Restart) {
                self.strategy.borrow_mut().restart();
            } else {
                self.strategy.borrow_mut().end(k);
            }
            (self.observer)(k)
        });
        self.done |= flow.is_break();
    }
}

/// Drops what the last execution left (payloads of panics, thread locals, timers) while no kernel is
/// borrowed, and gives back the empty list of its tasks.
fn drop_leftovers() -> Vec<super::kernel::Task> {
    let (mut tasks, timers) = with_kernel(Kernel::clear);
    // A destructor that still uses the facade is told that its execution is over.
    let dropped = catch_unwind(AssertUnwindSafe(|| {
        tasks.clear();
        drop(timers);
    }));
    if dropped.is_err() {
        return Vec::new();
    }
    tasks
}

/// shuttle's first task: runs executions, and the main task of each.
fn drive() {
    // SAFETY: `explore` has put the pointer there for this call of shuttle's `run`, and touches its
    // driver again only after that has returned. Tasks of the program never reach it.
    let driver: &mut Driver<'_> = unsafe { &mut *DRIVER.get().cast() };
    for _ in 0..BATCH {
        if !driver.start() {
            break;
        }
        main_task(driver.program);
        while !with_kernel(|k| k.is_over()) {
            leave();
        }
        driver.finish();
        if driver.done || driver.record {
            break;
        }
    }
    with_kernel(|k| k.dismissed = true);
}

/// One of shuttle's other tasks: runs the task of its number in one execution after the other.
fn work(index: usize, first: Box<dyn FnOnce()>) {
    run_task(index, first);
    loop {
        leave();
        let job = with_kernel(|k| if k.dismissed { Err(()) } else { Ok(k.jobs[index].take()) });
        match job {
            Err(()) => return,
            Ok(Some(job)) => run_task(index, job),
            Ok(None) => {}
        }
    }
}

/// Leaves the processor to whoever goes on, after the task of this stack has exited.
fn leave() {
    if let Some(index) = next(None) {
        with_kernel(|k| k.handoff = Some(index));
    }
    switch();
}

fn main_task(program: &Program) {
    run_task(0, || {
        super::clock::start();
        let outcome = program();
        with_kernel(|k| k.outcome = Some(outcome));
    });
    with_kernel(|k| {
        // A search lets the others finish, so that it sees all that could have happened instead; a trace
        // for a person ends here.
        if k.tasks[0].panic.is_some() && k.recorder.is_some() {
            k.end(End::MainPanicked);
        }
    });
}

/// The life of a task on its own stack: run, keep a panic for whoever joins, drop its thread locals.
fn run_task(index: usize, body: impl FnOnce()) {
    let guarded = |f: &mut dyn FnMut()| match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => {}
        Err(payload) if payload.is::<EndOfExecution>() => {}
        Err(payload) => {
            // A payload raised with `resume_unwind` has passed no hook.
            let message = super::panics::take_message().unwrap_or_else(|| super::panics::message_of(&*payload));
            with_kernel(|k| {
                if let Some(recorder) = &mut k.recorder {
                    recorder.event(
                        index,
                        format!("panics: {}", message.lines().next().unwrap_or_default()),
                        None,
                    );
                }
                k.panics.push(PanicReport { task: index, message });
                k.tasks[index].panic.get_or_insert(payload);
            });
        }
    };
    let mut body = Some(body);
    guarded(&mut || {
        if with_kernel(|k| k.ending.is_some()) {
            unwind();
        }
        if index != 0 && !with_kernel(|k| k.is_clock(index)) {
            go_on("starts, code of other crates");
        }
        (body.take().expect("a task runs once"))();
    });
    guarded(&mut || drop(body.take()));
    guarded(&mut super::wakes::pay);
    // A destructor may use another key, which starts it anew: like std, give up after some rounds.
    for _ in 0..8 {
        let locals = with_kernel(|k| std::mem::take(&mut k.tasks[index].locals));
        if locals.is_empty() {
            break;
        }
        let mut locals = Some(locals);
        guarded(&mut || {
            drop(locals.take());
            super::wakes::pay();
        });
    }
    if with_kernel(|k| k.numbering.observes_exit && k.ending.is_none() && !k.is_clock(index)) {
        guarded(&mut || crate::thread::announce_exit(index));
    }
    with_kernel(|k| {
        k.tasks[index].pending = Pending::Exited;
        if index != 0
            && !k.is_clock(index)
            && k.ending.is_none()
            && k.tasks[index].panic.is_none()
            && let Some(recorder) = &mut k.recorder
        {
            recorder.event(index, "exit".to_owned(), None);
        }
    });
}

/// Starts a task. It runs up to its first visible operation before the next choice is made.
#[track_caller]
pub(crate) fn spawn(name: Option<String>, is_async: bool, body: Box<dyn FnOnce()>) -> usize {
    super::wakes::pay();
    let (index, hired) = with_kernel(|k| {
        let index = k.spawn(name, is_async);
        (index, index < k.jobs.len())
    });
    if hired {
        with_kernel(|k| k.jobs[index] = Some(body));
    } else {
        with_kernel(|k| {
            k.jobs.push(None);
            k.passthrough = true;
        });
        let id = ExecutionState::spawn_thread(
            Box::new(move || work(index, body)),
            STACK,
            None,
            None,
            Location::caller(),
        );
        debug_assert_eq!(usize::from(id), index);
        with_kernel(|k| k.passthrough = false);
    }
    go_on("code of other crates");
    index
}

/// Waits until a task has exited, and takes the payload of its panic if nobody did before.
#[track_caller]
pub(crate) fn join(target: usize) -> Option<Box<dyn Any + Send>> {
    wait_for_exit(target);
    with_kernel(|k| k.tasks[target].panic.take())
}

/// Waits until a task has exited.
#[track_caller]
pub(crate) fn wait_for_exit(target: usize) {
    wait(|| Pending::Join { target });
}

/// Waits for a time, in nanoseconds of the virtual clock.
#[track_caller]
pub(crate) fn sleep(nanos: u64) {
    let deadline = super::clock::arm("sleep", |now| now.saturating_add(nanos));
    if with_kernel(|k| k.now < deadline) {
        wait(|| Pending::Sleep { deadline });
    }
}

/// Leaves the processor with something pending that is not a choice.
fn wait(pending: impl FnOnce() -> Pending) {
    super::wakes::pay();
    let unwinding = std::thread::panicking();
    let ends = with_kernel(|k| {
        if k.ending.is_some() && !unwinding {
            return true;
        }
        assert!(
            k.nested == 0,
            "a blocking operation was called inside an opaque operation or a waker"
        );
        let me = k.current;
        k.contacts += 1;
        k.tasks[me].pending = pending();
        false
    });
    if ends {
        unwind();
    }
    switch();
    let ends = with_kernel(|k| {
        let me = k.current;
        k.tasks[me].pending = Pending::Running;
        k.ending.is_some()
    });
    if ends && !unwinding {
        unwind();
    }
    go_on("code of other crates");
}

/// In a program that runs futures of other crates, what a task does before its next operation may touch their
/// state, so it is a step of its own.
#[track_caller]
pub(crate) fn go_on(verb: &'static str) {
    let access = with_kernel(|k| k.touches_elsewhere().filter(|_| k.nested == 0 && k.ending.is_none()));
    if let Some(access) = access.filter(|_| !std::thread::panicking()) {
        super::perform_part(Op::new(verb, access.object, access.class), |step| {
            step.sync(super::Sync::None);
            step.tell(|| verb.to_owned());
        });
    }
}

/// A branch of the program itself: the strategy picks one of `n` arms.
///
/// # Panics
/// When `n` is 0.
pub(crate) fn choose(n: usize) -> usize {
    assert!(n > 0, "choose(0) has no arm to take");
    super::wakes::pay();
    if with_kernel(|k| k.ending.is_some()) {
        if std::thread::panicking() {
            return 0;
        }
        unwind();
    }
    if with_kernel(|k| k.drain.is_some()) {
        return 0;
    }
    let arms = u32::try_from(n).expect("fewer than 2^32 arms");
    let strategy = with_kernel(|k| Rc::clone(&k.strategy));
    let task = with_kernel(|k| k.tasks[k.current].id);
    match strategy.borrow_mut().arm(task, arms) {
        Ok(arm) => {
            with_kernel(|k| {
                k.log_choice(arms, arm);
                let me = k.current;
                if let Some(recorder) = &mut k.recorder {
                    recorder.event(me, format!("choose({n}) ➜ {arm}"), None);
                }
            });
            arm as usize
        }
        Err(why) => {
            with_kernel(|k| k.end(End::Diverged(why)));
            unwind()
        }
    }
}

/// `yield_now` and `spin_loop`. `at_once`: the caller is known to spin.
#[track_caller]
pub(crate) fn yield_now(at_once: bool) {
    let location = Location::caller();
    super::wakes::pay();
    if !with_kernel(|k| k.numbering.spins || k.nested > 0 || k.ending.is_some()) {
        with_kernel(|k| k.numbering.spins = true);
        restart();
    }
    end_if_idle();
    if let Some(op) = with_kernel(|k| if k.nested > 0 { None } else { k.spin(location, at_once) }) {
        super::perform(op, |step| {
            step.sync(super::Sync::None);
            step.tell(|| "spins".to_owned());
        });
    }
}

/// Ends the execution if the current task only yields, or only looks at the clock, over and over.
pub(crate) fn end_if_idle() {
    let ends = with_kernel(|k| {
        let ends = k.idles() && k.ending.is_none();
        if ends {
            let name = k.task_name(k.current);
            k.end(End::Livelock(format!(
                "{name} goes round and round without an operation of selvedge: what it waits for cannot change meanwhile, and \
                 the clock moves only when no task can go on"
            )));
        }
        ends
    });
    if ends && !std::thread::panicking() {
        unwind();
    }
}

/// Ends this execution and starts the search again with something new known about the program.
pub(crate) fn restart() -> ! {
    with_kernel(|k| k.end(End::Restart));
    unwind()
}

/// Unwinds the current task because the execution is over.
pub(crate) fn unwind() -> ! {
    if with_kernel(Kernel::unwind_once_more) {
        resume_unwind(Box::new(EndOfExecution));
    }
    // It catches the unwinding and goes on; so it stays here, and its stack is freed with the run.
    loop {
        switch();
    }
}

/// Whether the current task unwinds because its execution is over, not because it panicked.
pub(crate) fn unwinding_at_end() -> bool {
    super::current() == Engine::Controlled
        && super::try_with_kernel(|k| k.ending.is_some() && k.is_told_to_unwind()).unwrap_or(false)
}

/// Leaves the processor; returns when the scheduler picks this task again.
pub(crate) fn switch() {
    shuttle_engine::runtime::thread::switch();
}

/// Decides which task goes on; `None` when none is left.
fn next(runnable: Option<&[&ShuttleTask]>) -> Option<usize> {
    loop {
        match with_kernel(Kernel::decide) {
            Decision::Run(index) => return Some(index),
            Decision::Over => return Some(0),
            Decision::Stop => return None,
            Decision::Fire(wakers) => fire(wakers),
            Decision::Ask => {
                let chosen = with_kernel(|k| {
                    let strategy = Rc::clone(&k.strategy);
                    let yielding = std::mem::take(&mut k.yielding);
                    let pick = strategy.borrow_mut().choose(&Choice {
                        enabled: &k.enabled,
                        kernel: k,
                        stock: runnable,
                        yielding,
                    });
                    match pick {
                        Pick::Task(index) => {
                            k.run_step(index);
                            Some(index)
                        }
                        Pick::Redundant => {
                            k.end(End::Redundant);
                            None
                        }
                        Pick::Diverged(why) => {
                            k.end(End::Diverged(why));
                            None
                        }
                    }
                });
                if chosen.is_some() {
                    return chosen;
                }
            }
        }
    }
}

/// Gives way to the task that goes on next, if that is not the current one. The decision is made here, on
/// the task's own stack, so that shuttle is bothered only where tasks really change.
pub(crate) fn give_way() {
    let (me, ends) = with_kernel(|k| (k.current, k.ending.is_some()));
    if ends {
        return switch();
    }
    match next(None) {
        Some(index) if index == me => {}
        Some(index) => {
            with_kernel(|k| k.handoff = Some(index));
            switch();
        }
        None => switch(),
    }
}

/// shuttle's view of the kernel.
struct KernelScheduler;

impl Scheduler for KernelScheduler {
    fn new_execution(&mut self) -> Option<Schedule> {
        None
    }

    fn next_task(
        &mut self,
        runnable: &[&ShuttleTask],
        current: Option<ShuttleId>,
        _is_yielding: bool,
    ) -> Option<ShuttleId> {
        if current.is_none() || with_kernel(|k| k.dismissed) {
            // The driver is to begin, or has returned, or a worker has seen that there is no more to do.
            let current = current.filter(|id| runnable.iter().any(|t| t.id() == *id));
            return current.or_else(|| runnable.first().map(|t| t.id()));
        }
        if let Some(index) = with_kernel(|k| k.handoff.take()) {
            return Some(ShuttleId::from(index));
        }
        next(Some(runnable)).map(ShuttleId::from)
    }

    fn next_u64(&mut self) -> u64 {
        0
    }
}

/// Calls the wakers of timers that are due. They run between steps, so they only set tokens.
fn fire(wakers: Vec<std::task::Waker>) {
    with_kernel(|k| k.nested += 1);
    for waker in wakers {
        if catch_unwind(AssertUnwindSafe(|| waker.wake())).is_err() {
            let message = super::panics::take_message().unwrap_or_default();
            with_kernel(|k| {
                k.panics.push(PanicReport {
                    task: k.current,
                    message,
                });
                k.end(End::MainPanicked);
            });
        }
    }
    with_kernel(|k| {
        k.nested -= 1;
        k.settle_nested();
    });
}
