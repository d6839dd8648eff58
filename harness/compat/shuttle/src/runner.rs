//! [`Runner`] and [`PortfolioRunner`].

use std::any::Any;
use std::env;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use selvedge::oracle::{Oracle, Shared};
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy};

use crate::config::{Config, FailurePersistence, MaxSteps};
use crate::execution::{self, ALL, BITS};
use crate::scheduler::plan::{Plan, Random};
use crate::scheduler::{Scheduler, Task, TaskId};

/// Runs a test under the schedules of a scheduler.
#[derive(Debug)]
pub struct Runner<S: ?Sized + Scheduler> {
    config: Config,
    scheduler: S,
}

impl<S: Scheduler + 'static> Runner<S> {
    /// With this scheduler.
    pub fn new(scheduler: S, config: Config) -> Self {
        Runner { config, scheduler }
    }

    /// Runs the test, and returns how many executions there were.
    ///
    /// # Panics
    /// When one of them fails, with its interleaving.
    #[track_caller]
    pub fn run<F>(self, f: F) -> usize
    where
        F: Fn() + Send + Sync + 'static,
    {
        let place = Place {
            stop: Arc::default(),
            index: 0,
        };
        run(self.scheduler, &self.config, place, f)
    }
}

/// How long every schedule is tried, before one for all that are equivalent.
const WITHOUT_REDUCTION: Duration = Duration::from_secs(5);

/// Which of a portfolio it is, and the flag that ends it.
struct Place {
    stop: Arc<AtomicBool>,
    index: u64,
}

#[track_caller]
fn run<S, F>(scheduler: S, config: &Config, place: Place, f: F) -> usize
where
    S: Scheduler + 'static,
    F: Fn() + Send + Sync + 'static,
{
    let gives_up = match config.max_steps {
        MaxSteps::ContinueAfter(steps) => Some(steps),
        _ => None,
    };
    let f = Arc::new(f);
    let plan = scheduler.__plan().filter(|_| gives_up.is_none());
    let Some(plan) = plan else {
        let check = check(config, &place);
        return asked(check, config, scheduler, gives_up, move || f());
    };
    let (most, strategy) = (plan.executions, plan.strategy.clone());
    if most == Some(0) {
        return 0;
    }
    let random = plan.random;
    let run = |check: Check| {
        let body = Arc::clone(&f);
        check.run(move || execution::run(random, || body()))
    };
    let search = planned(check(config, &place), plan, place.index);
    let report = match strategy == Strategy::Dfs && most.is_none() && !is_told_otherwise() {
        true => every(search, config.max_time, &run),
        false => run(search),
    };
    let done = usize::try_from(report.executions).unwrap_or(usize::MAX);
    // There is nothing to choose. Somebody may count all the same, or know more than what can be seen.
    let again = report.complete && report.strategy == strategy && !matches!(strategy, Strategy::Dfs);
    judge(report, config);
    let left = most.unwrap_or(0).saturating_sub(done);
    if left == 0 || !again {
        return done;
    }
    let check = check(config, &place).max_executions(left as u64);
    done + asked(check, config, scheduler, None, move || f())
}

/// Whether the environment says how far a search goes.
fn is_told_otherwise() -> bool {
    let variables = ["SELVEDGE_STRATEGY", "SELVEDGE_EXECUTIONS", "SELVEDGE_TIME"];
    variables.iter().any(|variable| env::var_os(variable).is_some())
}

/// Runs a test under every schedule; if that takes long, under one for all that are equivalent.
fn every(search: Check, time: Option<Duration>, run: &dyn Fn(Check) -> Report) -> Report {
    let first = time.map_or(WITHOUT_REDUCTION, |time| time.min(WITHOUT_REDUCTION));
    let report = run(search.clone().max_time(first));
    let left = time.map(|time| time.saturating_sub(first));
    let is_over = report.complete || report.interrupted || report.failure.is_some() || report.error.is_some();
    if is_over || left == Some(Duration::ZERO) || report.strategy != Strategy::Dfs {
        return report;
    }
    let search = search.max_time(left.unwrap_or(Duration::MAX));
    let reduced = run(search.clone().strategy(Strategy::Exhaustive));
    match reduced.error {
        Some(_) => run(search),
        None => reduced,
    }
}

/// Runs a test with a scheduler that is asked.
#[track_caller]
fn asked<S, F>(check: Check, config: &Config, scheduler: S, gives_up: Option<usize>, f: F) -> usize
where
    S: Scheduler + 'static,
    F: Fn() + Send + Sync + 'static,
{
    let panicked = Arc::default();
    let asked = Asked {
        scheduler,
        panicked: Arc::clone(&panicked),
        gives_up,
        steps: 0,
        again: false,
        number: (0, ALL),
    };
    let check = check.strategy(Strategy::Oracle(Shared::new(asked)));
    let report = check.run(move || execution::run(Random::Schedule, &f));
    let payload = panicked.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(payload) = payload {
        // The scheduler's own.
        resume_unwind(payload);
    }
    let executions = report.executions;
    judge(report, config);
    usize::try_from(executions).unwrap_or(usize::MAX)
}

/// A check with what the configuration says.
fn check(config: &Config, place: &Place) -> Check {
    let most = match config.max_steps {
        MaxSteps::FailAfter(steps) => steps,
        _ => usize::MAX,
    };
    let check = Check::new(name())
        .memory_model(MemoryModel::SequentiallyConsistent)
        .max_steps(most)
        .cancel_flag(Arc::clone(&place.stop));
    match config.max_time {
        Some(time) => check.max_time(time),
        None => check,
    }
}

/// A check that does what the scheduler would do. Members of a portfolio differ.
fn planned(check: Check, plan: Plan, index: u64) -> Check {
    let check = check.strategy(plan.strategy).seed(plan.seed.unwrap_or(index));
    let check = match plan.executions {
        Some(executions) => check.max_executions(executions as u64),
        None => check,
    };
    check.with_environment()
}

/// A test's thread is named after the test.
fn name() -> String {
    thread::current().name().unwrap_or("shuttle").replace("::", "/")
}

/// Panics if there is a failure, with what shuttle would call it.
#[track_caller]
fn judge(mut report: Report, config: &Config) {
    if report.error.is_some() {
        report.assert_ok();
        return;
    }
    let Some(failure) = &mut report.failure else {
        #[expect(clippy::print_stdout, reason = "what a test has shown, for --nocapture")]
        {
            println!("{}: {:?}, {}", report.name, report.verdict, report.basis);
        }
        return;
    };
    match failure.kind {
        FailureKind::Deadlock | FailureKind::LostWakeup => {
            let words = match held_already(&failure.message) {
                Some((task, lock)) => format!(" {task} tried to acquire a {lock} it already holds"),
                None => String::new(),
            };
            failure
                .message
                .push_str(&format!("\nin shuttle's words: deadlock!{words}"));
        }
        FailureKind::StepLimit | FailureKind::Livelock => {
            let steps = match config.max_steps {
                MaxSteps::FailAfter(steps) => format!(" {steps}"),
                _ => String::new(),
            };
            let words = format!("\nin shuttle's words: exceeded max_steps bound{steps}");
            failure.message.push_str(&words);
        }
        FailureKind::Nondeterminism => failure
            .message
            .push_str("\nin shuttle's words: possible nondeterminism"),
        _ => {}
    }
    match &config.failure_persistence {
        FailurePersistence::Print => report.assert_ok(),
        FailurePersistence::None => panic!("{failure}"),
        FailurePersistence::File(folder) => {
            match failure.save(folder.as_deref().unwrap_or(".".as_ref())) {
                Ok(path) => failure.replay = Some(format!("shuttle::replay_from_file(.., {path:?})")),
                Err(error) => failure.message.push_str(&format!(" ({error})")),
            }
            panic!("{failure}")
        }
    }
}

/// The task that waits for a lock of its own, and what sort of lock that is.
fn held_already(message: &str) -> Option<(String, &'static str)> {
    let waits = message.trim_start_matches("a cycle: ").split("; ");
    let mut own = waits.filter_map(|wait| {
        let (task, what) = wait.split_once(" waits for `")?;
        let (lock, holder) = what.split_once("`, held by ")?;
        let sort = if lock.starts_with("RwLock") { "RwLock" } else { "Mutex" };
        (task == holder.lines().next()?).then(|| (task.to_owned(), sort))
    });
    own.next()
}

/// A scheduler that is asked.
struct Asked<S> {
    scheduler: S,
    /// What it has panicked with. It is asked no more then.
    panicked: Arc<Mutex<Option<Box<dyn Any + Send>>>>,
    /// Steps after which an execution is given up.
    gives_up: Option<usize>,
    steps: usize,
    /// The execution before has been counted by the scheduler, and does not count.
    again: bool,
    /// What is left of a random number, and how many bits of it are gone.
    number: (u64, u32),
}

// SAFETY: the search runs on one other thread of the operating system, which whoever has made the scheduler waits for; it is never
// used by two at a time, nor dropped by the first before the second has ended.
unsafe impl<S> Send for Asked<S> {}

impl<S: Scheduler> Asked<S> {
    /// The answer of the scheduler, if it has one.
    fn ask<R>(&mut self, f: impl FnOnce(&mut S) -> R) -> Option<R> {
        let mut panicked = self.panicked.lock().unwrap_or_else(PoisonError::into_inner);
        if panicked.is_some() {
            return None;
        }
        let scheduler = &mut self.scheduler;
        match catch_unwind(AssertUnwindSafe(|| f(scheduler))) {
            Ok(answer) => Some(answer),
            Err(payload) => {
                *panicked = Some(payload);
                None
            }
        }
    }
}

impl<S: Scheduler> Oracle for Asked<S> {
    fn begin(&mut self) -> bool {
        (self.steps, self.number) = (0, (0, ALL));
        let again = std::mem::take(&mut self.again);
        match self.ask(Scheduler::new_execution) {
            Some(None) => again,
            Some(Some(_)) => true,
            None => false,
        }
    }

    fn choose(&mut self, tasks: &[usize], last: Option<usize>, yields: bool) -> Option<usize> {
        if execution::counts_anew() {
            self.steps = 0;
        }
        if self.gives_up.is_some_and(|most| self.steps >= most) {
            return None;
        }
        self.steps += 1;
        let tasks: Vec<Task> = tasks.iter().map(|&task| Task::new(task.into())).collect();
        let tasks: Vec<&Task> = tasks.iter().collect();
        let last = last.map(TaskId::from);
        let next = self.ask(|scheduler| scheduler.next_task(&tasks, last, yields))?;
        next.map(usize::from)
    }

    /// Random numbers are made of several branches: see [`execution::next_u64`].
    fn arm(&mut self, arms: u32) -> u32 {
        if self.number.1 >= ALL {
            self.number = (self.ask(Scheduler::next_u64).unwrap_or(0), 0);
        }
        let arm = (self.number.0 % u64::from(arms)) as u32;
        let bits = arms.trailing_zeros();
        self.number.1 += if arms.is_power_of_two() && bits <= BITS {
            bits
        } else {
            ALL
        };
        self.number.0 = self.number.0.checked_shr(bits).unwrap_or(0);
        arm
    }

    fn again(&mut self) {
        self.again = !self.ask(Scheduler::__again).unwrap_or(true);
    }
}

/// Runs a test under the schedules of several schedulers, each on a thread of its own.
pub struct PortfolioRunner {
    schedulers: Vec<Box<dyn Scheduler + Send>>,
    stop_on_first_failure: bool,
    config: Config,
}

impl PortfolioRunner {
    /// Without a scheduler. With `stop_on_first_failure`, the others end when one has found a failure.
    pub fn new(stop_on_first_failure: bool, config: Config) -> Self {
        PortfolioRunner {
            schedulers: Vec::new(),
            stop_on_first_failure,
            config,
        }
    }

    /// One more scheduler.
    pub fn add(&mut self, scheduler: impl Scheduler + Send + 'static) {
        self.schedulers.push(Box::new(scheduler));
    }

    /// Runs the test.
    ///
    /// # Panics
    /// When an execution fails, with its interleaving.
    #[track_caller]
    pub fn run<F>(self, f: F)
    where
        F: Fn() + Send + Sync + 'static,
    {
        let f = Arc::new(f);
        let stop = Arc::new(AtomicBool::new(false));
        let name = thread::current().name().unwrap_or("shuttle").to_owned();
        let stops = self.stop_on_first_failure;
        let threads: Vec<_> = (0..)
            .zip(self.schedulers)
            .map(|(index, scheduler)| {
                let (f, stop, config) = (Arc::clone(&f), Arc::clone(&stop), self.config.clone());
                let search = move || {
                    let place = Place {
                        stop: Arc::clone(&stop),
                        index,
                    };
                    let run = AssertUnwindSafe(|| run(scheduler, &config, place, move || f()));
                    if let Err(payload) = catch_unwind(run) {
                        // Ordering: Relaxed; the flag stands for itself.
                        stop.fetch_or(stops, Ordering::Relaxed);
                        resume_unwind(payload);
                    }
                };
                let builder = thread::Builder::new().name(name.clone());
                builder.spawn(search).expect("the operating system can start a thread")
            })
            .collect();
        let failed = threads.into_iter().filter_map(|thread| thread.join().err());
        // All of them end before the first failure is told.
        if let Some(payload) = failed.collect::<Vec<_>>().into_iter().next() {
            resume_unwind(payload);
        }
    }
}

impl fmt::Debug for PortfolioRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PortfolioRunner")
            .field("schedulers", &self.schedulers.len())
            .field("stop_on_first_failure", &self.stop_on_first_failure)
            .field("config", &self.config)
            .finish()
    }
}
