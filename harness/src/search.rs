//! One run of a check: strategies in turn, executions counted, the first failure replayed and told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::check::{Check, Failure, FailureKind, Report, Strategy as Requested, Verdict};
use crate::engine::controlled::{Program, Session, explore};
use crate::engine::kernel::{End, Entry, Kernel, Limits, Numbering};
use crate::error::Error;
use crate::explore::{
    Strategy, dfs::Dfs, exhaustive::Exhaustive, follow::Follow, pct::Pct, portfolio, portfolio::Portfolio, pos::Pos,
    replay::Replay, stock, uniform::Uniform,
};
use crate::schedule::{Schedule, ScheduleLimits};
use crate::trace::Trace;

/// Executions of the exhaustive, the preemption-bounded and the randomized part of [`Requested::Auto`].
const AUTO_EXHAUSTIVE: u64 = 20_000;
const AUTO_BOUNDED: u64 = 2_000;
const AUTO_RANDOMIZED: u64 = 2_000;

/// Executions of a randomized strategy.
const RANDOMIZED: u64 = 1_000;

pub(crate) fn run(check: Check, program: Program) -> Report {
    match &check.strategy {
        Requested::Loom => return crate::engine::loom::run(check, program),
        Requested::Stress => return crate::engine::native::run(check, program),
        Requested::Replay(schedule) if schedule.engine == "loom" => return crate::engine::loom::run(check, program),
        Requested::Replay(schedule) if schedule.engine != "controlled" => {
            let message = format!(
                "a schedule of the engine {:?} cannot be replayed: nobody controlled it; find the failure with \
                 Strategy::Exhaustive or Strategy::Loom",
                schedule.engine
            );
            return Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }));
        }
        _ => {}
    }
    let decisions = Arc::new(AtomicU64::new(0));
    apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run()
    })
}

/// What comes back from the OS thread of a run.
enum Message {
    Done(Box<Report>),
    /// A panic that would have aborted the process; the thread never ends.
    Aborts(FailureKind, String),
}

/// Runs `job` on an OS thread of its own, so that a program that never comes back, or that would abort
/// the process, can be left behind. `progress` changes as long as the program reaches the engine.
pub(crate) fn apart(
    check: &Check,
    progress: Arc<AtomicU64>,
    engine: &'static str,
    job: impl FnOnce() -> Report + Send + 'static,
) -> Report {
    let started = Instant::now();
    let (send, receive) = channel();
    // Named like the caller, because tests print under their thread's name.
    let name = std::thread::current().name().unwrap_or("selvedge").to_owned();
    let worker = std::thread::Builder::new().name(name).spawn(move || {
        let tell = send.clone();
        crate::engine::panics::on_abort(move |story| {
            let (kind, message) = aborts(&story);
            let _ = tell.send(Message::Aborts(kind, message));
        });
        let _ = send.send(Message::Done(Box::new(job())));
    });
    if let Err(error) = worker {
        let message = format!("cannot start a thread for the run: {error}");
        return Tally::default().report(check, started, Some(Error::Unsupported { message }));
    }
    let stall_timeout = check.stall_timeout;
    let (mut last, mut since) = (0, Instant::now());
    loop {
        match receive.recv_timeout(stall_timeout.min(Duration::from_millis(200))) {
            Ok(Message::Done(mut report)) => {
                report.elapsed = started.elapsed();
                return *report;
            }
            Ok(Message::Aborts(kind, message)) => return given_up(check, engine, started, kind, message),
            Err(RecvTimeoutError::Disconnected) => {
                let message = "the run ended without a result; this is a bug of Selvedge".to_owned();
                return Tally::default().report(check, started, Some(Error::Unsupported { message }));
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.load(Ordering::Relaxed);
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() >= stall_timeout {
                    if engine == "loom" && matches!(check.strategy, Requested::Replay(_)) {
                        // loom spins for ever on a path that names a thread which has ended.
                        let message = "loom cannot follow its path through this program".to_owned();
                        return Tally::default().report(check, started, Some(Error::Diverged { message }));
                    }
                    let message = format!(
                        "a task ran for {stall_timeout:?} without reaching a scheduling point: an endless loop without \
                         an operation of selvedge::*, or a call that blocks for real; its OS thread is left behind"
                    );
                    return given_up(check, engine, started, FailureKind::StepLimit, message);
                }
            }
        }
    }
}

/// The failure behind a panic in a destructor: of the execution that was ending, if one was.
fn aborts(story: &str) -> (FailureKind, String) {
    let abort = format!("{}: {story}", crate::engine::panics::ABORTS);
    let ending = crate::engine::try_with_kernel(|k| match k.ending {
        Some(End::Complete | End::MainPanicked) | None => None,
        _ => crate::explain::explain(k),
    });
    match ending.flatten().or_else(crate::engine::loom::story) {
        Some((kind, message)) => (kind, format!("{message}\nthen {abort}")),
        None => (FailureKind::Panic, abort),
    }
}

/// The program has left the engine and does not come back.
fn given_up(check: &Check, engine: &'static str, started: Instant, kind: FailureKind, message: String) -> Report {
    let executions = check.progress.load(Ordering::Relaxed) + 1;
    let mut check = check.clone();
    let finder = name_finder(&mut check, executions);
    let mut failure = failure(&check, kind, message, Trace::default(), executions);
    failure.schedule.engine = engine.to_owned();
    let mut tally = Tally {
        executions,
        failing: 1,
        failure: Some(failure),
        ..Tally::default()
    };
    tally.basis = "the run was given up".to_owned();
    if let Some(finder) = finder {
        tally.basis.push_str(&format!("; found by {}", finder.name()));
    }
    tally.report(&check, started, None)
}

pub(crate) fn failure(check: &Check, kind: FailureKind, message: String, trace: Trace, interleaving: u64) -> Failure {
    let mut schedule = Schedule::new(
        &check.name,
        "controlled",
        check.strategy.name(),
        check.seed,
        kind,
        &message,
    );
    schedule.interleaving = interleaving;
    schedule.limits = ScheduleLimits {
        max_steps: check.max_steps,
        horizon: check.horizon,
        spurious_wakeups: check.spurious_wakeups,
    };
    schedule.fingerprint = crate::schedule::fingerprint(&trace.timeline());
    Failure {
        name: check.name.clone(),
        kind,
        message,
        schedule,
        trace,
        interleaving,
        replay: None,
    }
}

/// What has been counted so far.
#[derive(Clone, Default)]
pub(crate) struct Tally {
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) failing: u64,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) failure: Option<Failure>,
    pub(crate) complete: bool,
    pub(crate) interrupted: bool,
    pub(crate) basis: String,
    pub(crate) strategy: Option<Requested>,
}

impl Tally {
    pub(crate) fn report(self, check: &Check, started: Instant, error: Option<Error>) -> Report {
        let verdict = if error.is_some() || self.failure.is_some() {
            Verdict::Failed
        } else if self.complete {
            Verdict::Verified
        } else {
            Verdict::Passed
        };
        Report {
            name: check.name.clone(),
            strategy: self.strategy.unwrap_or_else(|| check.strategy.clone()),
            verdict,
            executions: self.executions,
            blocked_executions: self.blocked,
            failing_executions: self.failing,
            complete: self.complete,
            outcomes: self.outcomes,
            failure: self.failure,
            error,
            elapsed: started.elapsed(),
            basis: self.basis,
            preemption_bound: check.preemption_bound,
            interrupted: self.interrupted,
        }
    }
}

/// A failing execution as the lean search saw it.
struct Found {
    log: Vec<Entry>,
    end: End,
    interleaving: u64,
}

struct Search {
    check: Check,
    program: Program,
    session: Session,
    tally: Tally,
    found: Option<Found>,
    error: Option<Error>,
    started: Instant,
}

impl Search {
    fn new(check: Check, program: Program, progress: Arc<AtomicU64>) -> Self {
        let limits = match &check.strategy {
            Requested::Replay(schedule) if schedule.limits.max_steps > 0 => Limits {
                max_steps: schedule.limits.max_steps,
                horizon: schedule.limits.horizon,
                spurious_wakeups: schedule.limits.spurious_wakeups,
            },
            _ => Limits {
                max_steps: check.max_steps,
                horizon: check.horizon,
                spurious_wakeups: check.spurious_wakeups,
            },
        };
        Search {
            check,
            program,
            session: Session {
                limits,
                numbering: Numbering::default(),
                progress,
            },
            tally: Tally::default(),
            found: None,
            error: None,
            started: Instant::now(),
        }
    }

    fn run(mut self) -> Report {
        let strategy = self.check.strategy.clone();
        let budget = self.check.max_executions;
        match strategy {
            Requested::Auto => {
                let whole = budget.unwrap_or(AUTO_EXHAUSTIVE + AUTO_BOUNDED + AUTO_RANDOMIZED);
                let (bounded, randomized) = budget.map_or((AUTO_BOUNDED, AUTO_RANDOMIZED), |b| (b / 10, b / 10));
                self.phase(Requested::Exhaustive, Some(whole - bounded - randomized));
                if self.goes_on() {
                    let within = self.bounded(bounded);
                    if self.goes_on() && randomized > 0 {
                        self.phase(Requested::Pos, Some(randomized));
                        if let (Some(bound), None) = (within, &self.found) {
                            let basis = std::mem::take(&mut self.tally.basis);
                            self.tally.basis = format!("all interleavings{}, and {basis}", within_bound(bound));
                        }
                    }
                }
            }
            Requested::Replay(schedule) => self.replay(schedule),
            Requested::Exhaustive | Requested::Dfs => self.phase(strategy, budget),
            _ => self.phase(strategy, Some(budget.unwrap_or(RANDOMIZED))),
        }
        if let Some(mut found) = self.found.take() {
            let shrunk = crate::shrink::shrink(&self.program, &mut self.session, found.log, &found.end);
            found.log = shrunk.log;
            let preemptions = crate::shrink::preemptions(&found.log);
            if shrunk.fewest {
                self.tally.basis = fewest(preemptions);
            }
            if let Some(finder) = name_finder(&mut self.check, found.interleaving) {
                self.tally.basis.push_str(&format!("; found by {}", finder.name()));
                self.tally.strategy = Some(finder);
            }
            self.tell(found);
        }
        let (check, started) = (self.check, self.started);
        self.tally.report(&check, started, self.error)
    }

    /// Whether there is anything left to find out.
    fn goes_on(&self) -> bool {
        !self.tally.complete && self.found.is_none() && self.tally.failure.is_none() && !self.tally.interrupted
    }

    /// Searches the schedules without preemptions, then those with one, and so on, until the executions
    /// are spent. Gives the largest bound that was searched completely.
    fn bounded(&mut self, executions: u64) -> Option<usize> {
        let asked = self.check.preemption_bound;
        let last = self.tally.executions + executions;
        let mut within = None;
        for bound in 0.. {
            let left = last.saturating_sub(self.tally.executions);
            if left == 0 || asked.is_some_and(|asked| bound > asked) {
                break;
            }
            self.check.preemption_bound = Some(bound);
            self.phase(Requested::Dfs, Some(left));
            if !self.tally.complete {
                break;
            }
            // Complete within the bound only.
            self.tally.complete = false;
            within = Some(bound);
            if !self.goes_on() {
                break;
            }
        }
        self.check.preemption_bound = asked;
        within
    }

    fn strategy(&self, requested: &Requested, executions: Option<u64>) -> Rc<RefCell<dyn Strategy>> {
        let seed = self.check.seed;
        let iterations = usize::try_from(executions.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        match requested {
            // A reduction may drop the one schedule of a class that stays within the bound, so a
            // bounded search enumerates.
            Requested::Exhaustive if self.check.preemption_bound.is_none() => Rc::new(RefCell::new(Exhaustive::new())),
            Requested::Random => Rc::new(RefCell::new(stock::random(seed, iterations))),
            Requested::Pct { depth } => Rc::new(RefCell::new(Pct::new(seed, *depth))),
            Requested::Urw => Rc::new(RefCell::new(Uniform::new(seed, false))),
            Requested::Surw => Rc::new(RefCell::new(Uniform::new(seed, true))),
            Requested::Pos => Rc::new(RefCell::new(Pos::new(seed))),
            Requested::Portfolio => Rc::new(RefCell::new(Portfolio::new(seed, iterations))),
            _ => Rc::new(RefCell::new(Dfs::new(self.check.preemption_bound))),
        }
    }

    /// Runs one strategy until it is done, the budget is spent, or a failure is found.
    fn phase(&mut self, requested: Requested, executions: Option<u64>) {
        let strategy = self.strategy(&requested, executions);
        let limit = executions.map(|e| self.tally.executions.saturating_add(e));
        let first = self.tally.executions;
        let Search {
            check,
            tally,
            found,
            error,
            session,
            program,
            started,
            ..
        } = self;
        if limit.is_some_and(|l| l <= first) {
            return;
        }
        let before = tally.clone();
        explore(program, session, &strategy, false, &mut |kernel| {
            if kernel.ending == Some(End::Restart) {
                *tally = before.clone();
                *found = None;
                return ControlFlow::Continue(());
            }
            tally.executions += 1;
            check.progress.store(tally.executions, Ordering::Relaxed);
            match kernel.ending.as_ref() {
                Some(End::Redundant) => tally.blocked += 1,
                Some(End::Diverged(why)) => {
                    *error = Some(Error::Diverged { message: why.clone() });
                    return ControlFlow::Break(());
                }
                _ if crate::explain::failed(kernel) => {
                    tally.failing += 1;
                    if found.is_none() {
                        *found = Some(Found {
                            log: kernel.log.clone(),
                            end: kernel.ending.clone().unwrap_or(End::Complete),
                            interleaving: tally.executions,
                        });
                    }
                    if !check.keep_going {
                        return ControlFlow::Break(());
                    }
                }
                _ => {
                    let outcome = kernel.outcome.take().unwrap_or_default();
                    *tally.outcomes.entry(outcome).or_default() += 1;
                }
            }
            if check.cancel.load(Ordering::Relaxed) {
                tally.interrupted = true;
                return ControlFlow::Break(());
            }
            let late = check.max_time.is_some_and(|t| started.elapsed() >= t);
            if late || limit.is_some_and(|l| tally.executions >= l) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        let complete = strategy.borrow().complete() && error.is_none();
        tally.complete = complete;
        tally.basis = basis(&requested, check.preemption_bound, complete, tally, first);
        tally.strategy = Some(requested);
        // A search that branches differently under the same choices has met the program's own
        // randomness: that is a finding about the program, not about the request.
        if let Some(Error::Diverged { message }) = error.take() {
            tally.failing += 1;
            let message = format!("{message}; the program does not depend on the schedule alone");
            tally.failure = Some(failure(
                check,
                FailureKind::Nondeterminism,
                message,
                Trace::default(),
                tally.executions,
            ));
        }
    }

    /// Follows a recorded schedule.
    fn replay(&mut self, schedule: Schedule) {
        let interleaving = schedule.interleaving.max(1);
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Replay::new(schedule.clone())));
        let Search {
            check,
            tally,
            error,
            session,
            program,
            ..
        } = self;
        explore(program, session, &strategy, true, &mut |kernel| {
            if kernel.ending == Some(End::Restart) {
                return ControlFlow::Continue(());
            }
            tally.executions += 1;
            if let Some(End::Diverged(why)) = &kernel.ending {
                *error = Some(Error::Diverged { message: why.clone() });
            } else if let Some(mut told) = tell_of(check, kernel, interleaving) {
                told.schedule = schedule.clone();
                tally.failing += 1;
                tally.failure = Some(told);
            } else {
                *tally
                    .outcomes
                    .entry(kernel.outcome.take().unwrap_or_default())
                    .or_default() += 1;
            }
            ControlFlow::Break(())
        });
        tally.basis = "one recorded schedule".to_owned();
    }

    /// Replays what was found, this time with names and values, and compares it step by step.
    fn tell(&mut self, found: Found) {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(&found.log)));
        let mut told = None;
        let mut differs = None;
        let Search {
            check,
            session,
            program,
            ..
        } = self;
        explore(program, session, &strategy, true, &mut |kernel| {
            differs = match &kernel.ending {
                Some(End::Diverged(why)) => Some(why.clone()),
                _ => first_difference(&found.log, kernel),
            };
            told = tell_of(check, kernel, found.interleaving);
            ControlFlow::Break(())
        });
        let failure = match (told, differs) {
            (Some(told), None) => told,
            (told, differs) => {
                let why = differs.unwrap_or_else(|| "the failure did not come back".to_owned());
                let message = format!("the failing schedule was run again and took another course: {why}");
                let trace = told.map(|t| t.trace).unwrap_or_default();
                failure(check, FailureKind::Nondeterminism, message, trace, found.interleaving)
            }
        };
        self.tally.failure = Some(failure);
    }
}

/// Which strategy of a portfolio ran this execution, if a portfolio did: from here on the check names that
/// one, and the seed it had, so that the schedule does.
fn name_finder(check: &mut Check, execution: u64) -> Option<Requested> {
    if check.strategy != Requested::Portfolio {
        return None;
    }
    let (finder, seed) = portfolio::member(check.seed, execution);
    check.strategy = finder.clone();
    check.seed = seed;
    Some(finder)
}

/// The failure of a recorded execution.
fn tell_of(check: &Check, kernel: &mut Kernel, interleaving: u64) -> Option<Failure> {
    let (kind, message) = crate::explain::explain(kernel)?;
    let names = (0..kernel.tasks.len()).map(|i| kernel.task_name(i)).collect();
    let trace = kernel.recorder.take().unwrap_or_default().into_trace(names);
    let mut told = failure(check, kind, message, trace, interleaving);
    told.schedule.steps = crate::schedule::steps_of(kernel);
    Some(told)
}

fn first_difference(before: &[Entry], kernel: &Kernel) -> Option<String> {
    let key = |entry: &Entry| match entry {
        Entry::Step(s) => (Some(s.task), s.verb, s.announced.clone()),
        Entry::Choice { task, .. } => (Some(*task), "choose", Default::default()),
        Entry::Spawn { child, .. } => (Some(*child), "spawn", Default::default()),
        Entry::Join { task, .. } => (Some(*task), "join", Default::default()),
        Entry::Barrier { .. } => (None, "clock", Default::default()),
    };
    // The search lets the other tasks finish after the main task has panicked; telling stops there.
    let stops = matches!(kernel.ending, Some(End::MainPanicked));
    let length = if stops {
        kernel.log.len()
    } else {
        before.len().max(kernel.log.len())
    };
    let at = (0..length).find(|&i| before.get(i).map(key) != kernel.log.get(i).map(key))?;
    let words = |entry: Option<&Entry>| entry.map_or("nothing", |e| key(e).1).to_owned();
    Some(format!(
        "at entry {} it did {} before and {} now",
        at + 1,
        words(before.get(at)),
        words(kernel.log.get(at))
    ))
}

fn within_bound(bound: usize) -> String {
    format!(" with at most {bound} preemption{}", if bound == 1 { "" } else { "s" })
}

fn fewest(preemptions: usize) -> String {
    match preemptions {
        0 => "fails without a preemption".to_owned(),
        1 => "fails with 1 preemption; none fails with 0".to_owned(),
        n => format!("fails with {n} preemptions; none fails with fewer"),
    }
}

/// How far a search went, in words.
fn basis(requested: &Requested, bound: Option<usize>, complete: bool, tally: &Tally, first: u64) -> String {
    let here = tally.executions - first;
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let within = bound.map(within_bound).unwrap_or_default();
    if complete {
        let all = here - tally.blocked;
        return format!("all {all} interleaving{}{within}", plural(all));
    }
    match requested {
        Requested::Exhaustive | Requested::Dfs => {
            format!(
                "the first {here} interleaving{}{within}: the search is not complete",
                plural(here)
            )
        }
        Requested::Portfolio => format!(
            "a sample of {here} interleaving{} (portfolio: {})",
            plural(here),
            portfolio::shares(here)
        ),
        other => format!("a sample of {here} interleaving{} ({})", plural(here), other.name()),
    }
}
