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

use std::cell::{Cell, RefCell};
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use shuttle_engine::runtime::execution::Execution;
use shuttle_engine::runtime::thread::continuation::{CONTINUATION_POOL, ContinuationPool};
use shuttle_engine::scheduler::{Schedule, Scheduler};
use shuttle_engine::{Config, FailurePersistence, MaxSteps};

use super::clock;
use super::context::{SharedStrategy, install, is_inside, lend, try_with_kernel, with_kernel};
use super::switch::{KernelScheduler, switch};
use super::tasks::run_task;
#[cfg(feature = "tracing")]
use super::tracing_events::recording;
use crate::engine::current::{Engine, Program, enter_engine};
use crate::engine::panics::{self, MAIN_STACK};
use crate::kernel::{Declared, Diary, End, Kernel, Numbering, Order, Progress, ScheduleLimits, Task, outside};
use crate::trace::{Recorder, relative};

/// What several searches of one program share.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) limits: ScheduleLimits,
    pub(crate) numbering: Numbering,
    /// The part of the search that is explored; all of it, if this is empty.
    pub(crate) orders: Vec<Order>,
    /// For a watchdog.
    pub(crate) progress: Arc<Progress>,
    /// Where choices are noted for whoever comes after this process.
    pub(crate) diary: Option<Diary>,
    /// What counts where orderings are declared, if these are not to count.
    pub(crate) declared: Option<Declared>,
}

/// Numbers executions over the whole process, so that an object knows which one created it.
static EPOCH: AtomicU64 = AtomicU64::new(1);

/// Runs executions of `program` as `strategy` asks, and shows each to `observer` when it is over.
///
/// With `record`, traces are recorded. Without it, an execution that ends with [`End::Restart`] takes all those before it back:
/// the observer sees it, and starts counting anew.
pub(crate) fn explore(
    program: &Program,
    session: &mut Session,
    strategy: &SharedStrategy,
    record: bool,
    observer: &mut dyn FnMut(&mut Kernel) -> ControlFlow<()>,
) {
    let _quiet = panics::capture();
    panics::ask_for_task(|| try_with_kernel(|k| k.current).unwrap_or(0), is_inside);
    let _engine = enter_engine(Engine::Controlled);
    let mut kernel = Kernel::new(session.limits.clone(), Arc::clone(&session.progress));
    kernel.numbering = std::mem::take(&mut session.numbering);
    kernel.orders.clone_from(&session.orders);
    kernel.diary = session.diary.take();
    kernel.declared.clone_from(&session.declared);
    let outer = install(Some(Box::new(kernel)), Some(Rc::clone(strategy)));
    lend();
    let mut config = Config::new();
    config.stack_size = MAIN_STACK;
    config.failure_persistence = FailurePersistence::None;
    config.max_steps = MaxSteps::None;
    config.silence_warnings = true;
    let scheduler: Rc<RefCell<dyn Scheduler>> = Rc::new(RefCell::new(KernelScheduler));
    let mut driver = Driver {
        program,
        strategy,
        progress: Arc::clone(&session.progress),
        record,
        observer,
        running: false,
        done: false,
    };
    while !driver.done {
        // A new one each time: shuttle gives out again what is there, however small its stack is.
        CONTINUATION_POOL.set(&ContinuationPool::new(), || {
            with_kernel(Kernel::hire);
            let outer = DRIVER.replace((&raw mut driver).cast());
            let run =
                || Execution::new(Rc::clone(&scheduler), Schedule::new(0)).run(&config, drive, Location::caller());
            #[cfg(feature = "tracing")]
            if record {
                recording(run);
            } else {
                run();
            }
            #[cfg(not(feature = "tracing"))]
            run();
            DRIVER.set(outer);
            // A task could not be unwound, and shuttle has left all of them behind.
            if driver.running {
                driver.finish();
            }
        });
    }
    session.progress.enter();
    CONTINUATION_POOL.set(&ContinuationPool::new(), || drop(drop_leftovers()));
    session.progress.leave();
    if let (Some(kernel), _) = install(outer.0, outer.1) {
        session.numbering = kernel.numbering;
        session.diary = kernel.diary;
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
    strategy: &'a SharedStrategy,
    progress: Arc<Progress>,
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
        self.progress.enter();
        let tasks = drop_leftovers();
        with_kernel(|k| k.reset(epoch, recorder, tasks));
        self.running = true;
        true
    }

    /// Shows an execution that is over to the strategy and the observer.
    fn finish(&mut self) {
        self.running = false;
        with_kernel(|k| k.diary.as_ref().map(Diary::end));
        self.progress.leave();
        let flow = with_kernel(|k| {
            k.ending.get_or_insert(End::Complete);
            if let Some(location) = k.places.unsure {
                let place = relative(location);
                k.ending = Some(End::Diverged(format!(
                    "the object made at {place} cannot be told from others in every execution: give it a name with \
                     `.named(..)`, or let it lie in a `selvedge::sync::Arc`"
                )));
            }
            if k.learns && !self.record {
                k.ending = Some(End::Restart);
            } else if k.ending == Some(End::Restart) && !self.strategy.borrow().has_learnt() {
                // It would start again for ever.
                let why = "the search was to start again, and had learnt nothing about the program";
                k.ending = Some(End::Diverged(why.to_owned()));
            }
            if k.ending == Some(End::Restart) {
                self.strategy.borrow_mut().restart();
            } else {
                self.strategy.borrow_mut().end(k);
            }
            k.settle_names();
            (self.observer)(k)
        });
        self.done |= flow.is_break();
    }
}

/// Drops what the last execution left (payloads of panics, thread locals, timers) while no kernel is
/// borrowed, and gives back the empty list of its tasks.
fn drop_leftovers() -> Vec<Task> {
    let (mut tasks, timers, copies) = with_kernel(Kernel::clear);
    let drop_all = || {
        tasks.clear();
        drop(timers);
        drop(copies);
    };
    // A destructor that still uses the facade is told that its execution is over, or is stopped by whatever finds that no task is
    // there.
    let dropped = catch_unwind(AssertUnwindSafe(|| outside(drop_all)));
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
            switch();
        }
        driver.finish();
        if driver.done || driver.record {
            break;
        }
    }
    with_kernel(|k| k.staff.dismissed = true);
}

fn main_task(program: &Program) {
    run_task(0, MAIN_STACK, || {
        clock::start();
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
