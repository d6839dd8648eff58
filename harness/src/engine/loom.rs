//! The loom engine: the C11 effects that a sequentially consistent engine cannot show.
//!
//! loom searches on its own: it calls a closure once for each iteration and panics when one fails. A
//! [`pass`] is one such search on the current OS thread; what happens between two calls of the closure
//! is counted in a thread-local [`Session`], which the facade's loom arms reach through the functions
//! here. A failing iteration is found again by its number:
//!
//! 1. the search counts iterations, and the Nth fails;
//! 2. a second pass stores loom's path of choices when it reaches iteration N;
//! 3. a third pass starts from that path, so it fails at once, and records a trace.
//!
//! The path is what a schedule file embeds, so a replay is the third pass alone.
//!
//! loom has at most 5 threads, the main thread included, no `choose`, no virtual time. It goes on after
//! a panic of the program, and never after one of its own (a deadlock, a data race): there a search that
//! counts failures ends.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, Location, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use loom::model::Builder;
use tracing::subscriber::NoSubscriber;

use super::controlled::Program;
use super::op::ObjectId;
use super::{Engine, panics};
use crate::check::{Check, FailureKind, Report, Strategy};
use crate::error::Error;
use crate::schedule::Schedule;
use crate::search::Tally;
use crate::trace::{Recorder, Trace};

/// loom's own limit, with the main thread.
const MAX_THREADS: usize = loom::MAX_THREADS;

/// A replay that takes longer does not fit the program.
const REPLAY_STALLS_AFTER: Duration = Duration::from_secs(5);

thread_local! {
    static SESSION: RefCell<Option<Session>> = const { RefCell::new(None) };
    static TRACING: Cell<bool> = const { Cell::new(false) };
}

/// Raised to end a search between two iterations.
struct Stop;

/// Raised to end an iteration that loom itself has given up.
struct Broken;

/// What one pass counts, and the iteration that runs.
struct Session {
    limits: Limits,
    progress: Arc<AtomicU64>,
    executions: u64,
    failing: u64,
    outcomes: BTreeMap<String, u64>,
    found: Option<Found>,
    interrupted: bool,
    unsupported: Option<String>,
    iteration: Option<Iteration>,
}

/// When a pass ends before loom does.
struct Limits {
    executions: Option<u64>,
    until: Option<Instant>,
    keep_going: bool,
    max_branches: usize,
    tell: bool,
    check: Check,
}

/// The first failing iteration of a pass.
struct Found {
    interleaving: u64,
    kind: FailureKind,
    message: String,
    trace: Trace,
}

/// What is known about the iteration that runs.
#[derive(Default)]
struct Iteration {
    /// The names threads were given, by loom's numbers.
    threads: Vec<Option<String>>,
    /// Panics nobody has joined: the thread and the message, in the order they happened.
    panics: Vec<(usize, String)>,
    /// Threads whose panic their scope raises again.
    scoped: Vec<usize>,
    /// Threads somebody has joined.
    joined: Vec<usize>,
    outcome: Option<String>,
    labels: u32,
    /// What each thread is about to wait for.
    waiting: BTreeMap<usize, String>,
    recorder: Recorder,
    last: usize,
}

impl Iteration {
    fn task_name(&self, task: usize) -> String {
        match self.threads.get(task) {
            Some(Some(name)) => {
                let twins = self.threads[..task].iter().filter(|n| n.as_ref() == Some(name)).count();
                if twins == 0 {
                    name.clone()
                } else {
                    format!("{name}#{}", twins + 1)
                }
            }
            _ => format!("thread-{task}"),
        }
    }

    /// What became of an iteration; `raised` is a panic that ended loom's search.
    fn judge(&self, raised: Option<&str>, max_branches: usize) -> Option<(FailureKind, String)> {
        let own = raised.map(|message| self.loom_words(message, max_branches));
        match (self.panics.first(), own) {
            (Some(_), Some((kind @ FailureKind::Nondeterminism, words))) => Some((kind, words)),
            (Some((task, message)), own) => {
                let mut message = format!("{} panicked: {message}", self.task_name(*task));
                if let Some((FailureKind::Deadlock, words)) = own {
                    message.push_str(&format!("\nthen nobody could go on: {words}"));
                }
                Some((FailureKind::Panic, message))
            }
            (None, own) => own,
        }
    }

    /// loom tells failures by panics; their texts are all there is to tell them apart.
    fn loom_words(&self, message: &str, max_branches: usize) -> (FailureKind, String) {
        if message.starts_with("deadlock") {
            let waits: Vec<String> = self
                .waiting
                .iter()
                .map(|(&task, what)| format!("{} waits for {what}", self.task_name(task)))
                .collect();
            let words = if waits.is_empty() {
                "every thread waits".to_owned()
            } else {
                waits.join("; ")
            };
            return (FailureKind::Deadlock, words);
        }
        if message.contains("Causality violation")
            || message.starts_with("currently reading from cell")
            || message.starts_with("currently writing to cell")
        {
            return (FailureKind::DataRace, without_machine_paths(message.trim()));
        }
        if message.starts_with("Model exceeded maximum number of branches") {
            let words = format!(
                "not finished after {max_branches} branches of loom: a loop that waits without yielding, or a program \
                 that long; raise Check::max_steps then"
            );
            return (FailureKind::StepLimit, words);
        }
        if message.contains("Is the model fully deterministic?") {
            let words = "the same choices led to other operations: the program does not depend on the schedule alone";
            return (FailureKind::Nondeterminism, words.to_owned());
        }
        (FailureKind::Panic, without_machine_paths(message.trim()))
    }
}

impl Session {
    /// Books the iteration that has ended.
    fn finish(&mut self, raised: Option<&str>) {
        let Some(mut iteration) = self.iteration.take() else {
            return;
        };
        let interleaving = self.executions;
        match iteration.judge(raised, self.limits.max_branches) {
            None => {
                *self
                    .outcomes
                    .entry(iteration.outcome.take().unwrap_or_default())
                    .or_default() += 1
            }
            Some((kind, message)) => {
                self.failing += 1;
                if self.found.is_none() {
                    let mut recorder = std::mem::take(&mut iteration.recorder);
                    if kind == FailureKind::Deadlock {
                        for (&task, what) in &iteration.waiting {
                            recorder.event(task, format!("waits for {what}"), None);
                        }
                    }
                    let names = (0..iteration.threads.len())
                        .map(|task| iteration.task_name(task))
                        .collect();
                    let trace = recorder.into_trace(names);
                    self.found = Some(Found {
                        interleaving,
                        kind,
                        message,
                        trace,
                    });
                }
            }
        }
    }

    /// Whether the search ends here, before another iteration.
    fn stops(&mut self) -> bool {
        if self.limits.check.cancel.load(Ordering::Relaxed) {
            self.interrupted = true;
        }
        self.interrupted
            || self.unsupported.is_some()
            || (self.found.is_some() && !self.limits.keep_going)
            || self.limits.executions.is_some_and(|most| self.executions >= most)
            || self.limits.until.is_some_and(|until| Instant::now() >= until)
    }

    fn begin(&mut self) {
        self.executions += 1;
        self.progress.fetch_add(1, Ordering::Relaxed);
        if !self.limits.tell {
            self.limits.check.progress.store(self.executions, Ordering::Relaxed);
        }
        self.iteration = Some(Iteration {
            threads: vec![Some("main".to_owned())],
            ..Iteration::default()
        });
    }
}

fn with_session<R>(f: impl FnOnce(&mut Session) -> R) -> Option<R> {
    SESSION.with_borrow_mut(|session| session.as_mut().map(f))
}

fn with_iteration<R>(f: impl FnOnce(&mut Iteration) -> R) -> Option<R> {
    with_session(|session| session.iteration.as_mut().map(f)).flatten()
}

/// How the iteration that runs has failed, when loom itself has given it up.
pub(crate) fn story() -> Option<(FailureKind, String)> {
    let raised = panics::take_loom_message()?;
    with_session(|s| {
        s.iteration
            .as_ref()
            .and_then(|i| i.judge(Some(&raised), s.limits.max_branches))
    })
    .flatten()
}

/// What a pass is asked for.
#[derive(Default)]
struct Order {
    executions: Option<u64>,
    max_time: Option<Duration>,
    keep_going: bool,
    /// Where to start from, or where to store the path of the iteration with this number.
    path: Option<(PathBuf, Option<u64>)>,
    tell: bool,
}

/// What a pass found.
struct Pass {
    session: Session,
    complete: bool,
    /// loom did not get as far as an iteration.
    refused: Option<String>,
}

/// One search of loom on this OS thread.
fn pass(check: &Check, program: &Program, progress: &Arc<AtomicU64>, max_branches: usize, order: Order) -> Pass {
    let limits = Limits {
        executions: order.executions,
        until: order.max_time.map(|t| Instant::now() + t),
        keep_going: order.keep_going,
        max_branches,
        tell: order.tell,
        check: check.clone(),
    };
    SESSION.set(Some(Session {
        limits,
        progress: Arc::clone(progress),
        executions: 0,
        failing: 0,
        outcomes: BTreeMap::new(),
        found: None,
        interrupted: false,
        unsupported: None,
        iteration: None,
    }));
    TRACING.set(order.tell);
    panics::take_loom_message();
    let program = Arc::clone(program);
    let preemption_bound = check.preemption_bound;
    let result = catch_unwind(AssertUnwindSafe(|| {
        let mut builder = Builder::new();
        builder.max_threads = MAX_THREADS;
        builder.max_branches = max_branches;
        // Iterations are counted here, and ended from the inside; see `Stop`.
        builder.max_permutations = None;
        builder.max_duration = None;
        builder.preemption_bound = preemption_bound;
        builder.checkpoint_file = None;
        builder.checkpoint_interval = usize::MAX;
        builder.log = false;
        builder.location = order.tell;
        if let Some((path, store_at)) = order.path {
            builder.checkpoint_file = Some(path);
            builder.checkpoint_interval = store_at.map_or(usize::MAX, |n| usize::try_from(n).unwrap_or(usize::MAX));
        }
        tracing::subscriber::with_default(NoSubscriber::new(), || builder.check(move || iterate(&program)));
    }));
    TRACING.set(false);
    let mut session = SESSION.take().expect("a pass has a session until it ends");
    let of_loom = panics::take_loom_message();
    let mut refused = None;
    let complete = result.is_ok();
    match result {
        Ok(()) => session.finish(None),
        Err(payload) if payload.is::<Stop>() => {}
        Err(payload) => {
            let text = payload.downcast_ref::<String>().cloned();
            let text = text.or_else(|| payload.downcast_ref::<&str>().map(|s| (*s).to_owned()));
            let message = of_loom
                .or(text)
                .unwrap_or_else(|| "a panic whose payload is not a string".to_owned());
            if session.executions == 0 {
                refused = Some(message);
            } else {
                session.finish(Some(&message));
            }
        }
    }
    Pass {
        session,
        complete,
        refused,
    }
}

/// One call of loom's closure.
fn iterate(program: &Program) {
    let stops = with_session(|session| {
        session.finish(None);
        let stops = session.stops();
        if !stops {
            session.begin();
        }
        stops
    });
    if stops != Some(false) {
        resume_unwind(Box::new(Stop));
    }
    let result = catch_unwind(AssertUnwindSafe(|| program()));
    if panics::loom_is_broken() {
        resume_unwind(Box::new(Broken));
    }
    match result {
        Ok(outcome) => {
            with_iteration(|i| i.outcome = Some(outcome));
        }
        Err(payload) => {
            let message = panics::take_message().unwrap_or_default();
            note_panic(0, message);
            drop(payload);
        }
    }
}

fn note_panic(task: usize, message: String) {
    let tracing = tracing();
    with_iteration(|i| {
        if tracing {
            i.recorder.event(
                task,
                format!("panics: {}", message.lines().next().unwrap_or_default()),
                None,
            );
        }
        if !i.scoped.contains(&task) && !i.joined.contains(&task) {
            i.panics.push((task, message));
        }
    });
}

/// Runs the program under loom, or replays the path of a schedule.
pub(crate) fn run(check: Check, program: Program) -> Report {
    let progress = Arc::new(AtomicU64::new(0));
    let seen = Arc::clone(&progress);
    let mut watched = check.clone();
    if matches!(check.strategy, Strategy::Replay(_)) {
        // One iteration, of at most some thousand branches.
        watched.stall_timeout = watched.stall_timeout.min(REPLAY_STALLS_AFTER);
    }
    crate::search::apart(&watched, progress, "loom", move || {
        let _quiet = panics::capture();
        let _engine = super::enter_engine(Engine::Loom);
        match &check.strategy {
            Strategy::Replay(schedule) => replay(&check, &program, schedule, &seen),
            _ => search(&check, &program, &seen),
        }
    })
}

fn search(check: &Check, program: &Program, progress: &Arc<AtomicU64>) -> Report {
    let started = Instant::now();
    let order = Order {
        executions: check.max_executions,
        max_time: check.max_time,
        keep_going: check.keep_going,
        ..Order::default()
    };
    let Pass {
        mut session,
        complete,
        refused,
    } = pass(check, program, progress, check.max_steps, order);
    let n = session.executions;
    let iterations = format!("{n} iteration{} of loom", if n == 1 { "" } else { "s" });
    let within = match check.preemption_bound {
        Some(1) => " with at most 1 preemption".to_owned(),
        Some(k) => format!(" with at most {k} preemptions"),
        None => String::new(),
    };
    let mut tally = Tally {
        executions: n,
        failing: session.failing,
        outcomes: std::mem::take(&mut session.outcomes),
        complete,
        interrupted: session.interrupted,
        basis: if complete {
            format!("all {iterations}{within}")
        } else {
            format!("the first {iterations}{within}")
        },
        ..Tally::default()
    };
    let error = session
        .unsupported
        .take()
        .or(refused)
        .map(|message| Error::Unsupported { message });
    if error.is_none()
        && let Some(found) = session.found
    {
        tally.failure = Some(match again(check, program, progress, &found) {
            Ok((told, path)) => failure(check, told, found.interleaving, Some(path)),
            Err(why) => {
                let message = format!(
                    "iteration {} failed ({}), and then {why}",
                    found.interleaving, found.message
                );
                let told = Found {
                    kind: FailureKind::Nondeterminism,
                    message,
                    ..found
                };
                let interleaving = told.interleaving;
                failure(check, told, interleaving, None)
            }
        });
    }
    tally.report(check, started, error)
}

/// Finds the path of a failing iteration and fails by it once more, with a trace.
fn again(
    check: &Check,
    program: &Program,
    progress: &Arc<AtomicU64>,
    found: &Found,
) -> Result<(Found, serde_json::Value), String> {
    let file = PathFile::new();
    let number = found.interleaving;
    let order = Order {
        // Loom stores the path before each iteration whose number is a multiple of this one. Of 1 that is the next
        // one too, so the pass ends before the first has run.
        executions: Some(if number == 1 { 0 } else { number }),
        keep_going: true,
        path: Some((file.0.clone(), Some(number))),
        ..Order::default()
    };
    pass(check, program, progress, check.max_steps, order);
    let text = std::fs::read_to_string(&file.0).map_err(|_| {
        "a second search did not come as far: the program does not depend on the schedule alone".to_owned()
    })?;
    let path = serde_json::from_str(&text).map_err(|error| format!("loom's path was not stored whole: {error}"))?;
    let order = Order {
        executions: Some(1),
        path: Some((file.0.clone(), None)),
        tell: true,
        ..Order::default()
    };
    let told = pass(check, program, progress, check.max_steps, order).session.found;
    match told {
        Some(told) if told.kind == found.kind => Ok((told, path)),
        Some(told) => Err(format!("its path led to another failure: {}", told.message)),
        None => Err("its path did not fail again".to_owned()),
    }
}

fn failure(check: &Check, told: Found, interleaving: u64, path: Option<serde_json::Value>) -> crate::check::Failure {
    let mut failure = crate::search::failure(check, told.kind, told.message, told.trace, interleaving);
    failure.schedule.engine = "loom".to_owned();
    failure.schedule.loom = path;
    failure
}

fn replay(check: &Check, program: &Program, schedule: &Schedule, progress: &Arc<AtomicU64>) -> Report {
    let started = Instant::now();
    let diverged = |message: String| Tally::default().report(check, started, Some(Error::Diverged { message }));
    let Some(path) = &schedule.loom else {
        return diverged("the schedule is of loom and holds no path of loom".to_owned());
    };
    let file = PathFile::new();
    if let Err(source) = std::fs::write(&file.0, path.to_string()) {
        return Tally::default().report(
            check,
            started,
            Some(Error::Write {
                path: file.0.clone(),
                source,
            }),
        );
    }
    let max_branches = if schedule.limits.max_steps == 0 {
        check.max_steps
    } else {
        schedule.limits.max_steps
    };
    let order = Order {
        executions: Some(1),
        path: Some((file.0.clone(), None)),
        tell: true,
        ..Order::default()
    };
    let Pass {
        mut session, refused, ..
    } = pass(check, program, progress, max_branches, order);
    if refused.is_some() {
        return diverged("loom cannot read its path in the schedule".to_owned());
    }
    let error = session.unsupported.take().map(|message| Error::Unsupported { message });
    let mut tally = Tally {
        executions: session.executions,
        failing: session.failing,
        outcomes: session.outcomes,
        basis: "one recorded schedule".to_owned(),
        ..Tally::default()
    };
    if let Some(found) = session.found {
        if found.kind == FailureKind::Nondeterminism {
            return diverged("the program branches differently than loom's path says".to_owned());
        }
        let mut told = failure(check, found, schedule.interleaving.max(1), None);
        told.schedule = schedule.clone();
        tally.failure = Some(told);
    }
    tally.report(check, started, error)
}

/// A file for loom's path, which it reads and writes by name; removed when dropped.
struct PathFile(PathBuf);

impl PathFile {
    fn new() -> Self {
        static SERIAL: AtomicU64 = AtomicU64::new(0);
        let serial = SERIAL.fetch_add(1, Ordering::Relaxed);
        PathFile(std::env::temp_dir().join(format!("selvedge-loom-{}-{serial}.json", std::process::id())))
    }
}

impl Drop for PathFile {
    fn drop(&mut self) {
        // Best effort: it is there only if a search came that far.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Lets loom's generators install what they install once per process, while nothing is at stake.
pub(crate) fn first_execution() {
    let _ = catch_unwind(|| {
        tracing::subscriber::with_default(NoSubscriber::new(), || Builder::new().check(|| ()));
    });
}

/// Ends a program that uses what loom does not have.
///
/// # Panics
/// Always; the run reports the text as an error.
pub(crate) fn unsupported(what: &str) -> ! {
    let message = format!("loom has no {what}: use another strategy, Strategy::Exhaustive say");
    with_session(|session| session.unsupported.get_or_insert_with(|| message.clone()).len());
    panic!("{message}")
}

/// A thread is about to be spawned; returns its number.
pub(crate) fn spawning(name: Option<String>) -> usize {
    let task = with_iteration(|i| i.threads.len()).unwrap_or(1);
    if task >= MAX_THREADS {
        unsupported(&format!("more than {MAX_THREADS} threads, the main thread included"));
    }
    let me = current_task();
    with_iteration(|i| {
        i.threads.push(name);
        if tracing() {
            let name = i.task_name(task);
            i.recorder.event(me, format!("spawns {name}"), None);
        }
    });
    task
}

/// A thread has run to its end, or panicked.
pub(crate) fn thread_ended(task: usize, failed: bool) {
    if panics::loom_is_broken() {
        resume_unwind(Box::new(Broken));
    }
    if failed {
        note_panic(task, panics::take_message().unwrap_or_default());
    } else if tracing() {
        with_iteration(|i| {
            i.waiting.remove(&task);
            i.recorder.event(task, "exit".to_owned(), None);
        });
    }
}

/// A thread is about to wait for the end of another one.
pub(crate) fn joining(task: usize) {
    if tracing() {
        waits(|i| format!("the exit of {}", i.task_name(task)));
    }
}

/// Somebody has seen how a thread ended: its panic is no failure of the program any more.
pub(crate) fn thread_joined(task: usize) {
    if tracing() {
        let me = current_task();
        with_iteration(|i| i.waiting.remove(&me));
    }
    with_iteration(|i| {
        i.joined.push(task);
        i.panics.retain(|(of, _)| *of != task);
    });
}

/// The panic of the running thread is raised again by the scope it belongs to.
pub(crate) fn told_by_scope() {
    let me = current_task();
    with_iteration(|i| i.scoped.push(me));
}

/// Whether a trace is being recorded. What destructors do after loom has given up is no part of it.
pub(crate) fn tracing() -> bool {
    TRACING.get() && !panics::loom_is_broken()
}

/// loom's number of the running thread.
fn current_task() -> usize {
    // After the thread's locals are gone loom cannot say; nobody else has run since it last could.
    let asked = catch_unwind(|| format!("{:?}", loom::thread::current().id())).ok();
    let number = asked.and_then(|text| text.trim_matches(|c: char| !c.is_ascii_digit()).parse().ok());
    with_iteration(|i| {
        i.last = number.unwrap_or(i.last);
        i.last
    })
    .unwrap_or_default()
}

/// Remembers what the running thread is about to wait for, for the story of a deadlock.
fn waits(what: impl FnOnce(&Iteration) -> String) {
    let me = current_task();
    with_iteration(|i| {
        let what = what(i);
        i.waiting.insert(me, what);
    });
}

/// What traces know an object of loom by.
#[derive(Debug)]
pub(crate) struct Label {
    kind: &'static str,
    location: &'static Location<'static>,
    number: u32,
    name: Option<Box<str>>,
}

impl Label {
    /// The label of an object made here. `kind` is its type, for people: `Mutex`.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        let number = with_iteration(|i| {
            i.labels += 1;
            i.labels
        });
        Label {
            kind,
            location: Location::caller(),
            number: number.unwrap_or_default(),
            name: None,
        }
    }

    /// Gives the object a name, and a column for its value.
    pub(crate) fn set_name(&mut self, name: &str) {
        if tracing() {
            self.name = Some(name.into());
        }
    }

    /// A row of the trace, right after the operation. `text` is given the object's name.
    #[track_caller]
    pub(crate) fn record(&self, text: impl FnOnce(&str) -> String) {
        if tracing() {
            self.row(text(&self.text()), None, Location::caller());
        }
    }

    /// [`record`](Self::record) for an operation after which the object has another value.
    #[track_caller]
    pub(crate) fn record_value(&self, text: impl FnOnce(&str) -> String, value: impl FnOnce() -> String) {
        if tracing() {
            self.row(text(&self.text()), Some(value()), Location::caller());
        }
    }

    /// The running thread is about to wait for the object.
    pub(crate) fn waits(&self) {
        if tracing() {
            waits(|_| format!("`{}`", self.text()));
        }
    }

    fn row(&self, text: String, value: Option<String>, location: &'static Location<'static>) {
        let me = current_task();
        with_iteration(|i| {
            i.waiting.remove(&me);
            i.recorder.begin_step(me, None);
            if let (Some(value), Some(name)) = (value, self.name.as_deref()) {
                i.recorder.value(ObjectId(self.number), || name.to_owned(), value);
            }
            i.recorder.finish_step(text, location);
        });
    }

    fn text(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => {
                let file = self.location.file().rsplit(['/', '\\']).next().unwrap_or_default();
                format!("{}@{file}:{}", self.kind, self.location.line())
            }
        }
    }
}

/// loom's texts name source files by the paths of this machine; readers know them by less.
fn without_machine_paths(message: &str) -> String {
    let short = |word: &str| {
        if !word.contains(".rs:") {
            return word.to_owned();
        }
        let path = word.replace('\\', "/");
        let parts: Vec<&str> = path.split('/').collect();
        let from = parts
            .iter()
            .rposition(|p| matches!(*p, "src" | "tests" | "benches" | "examples"))
            .unwrap_or(parts.len() - 1);
        parts[from..].join("/")
    };
    let lines: Vec<String> = message
        .lines()
        .map(|line| line.split(' ').map(short).collect::<Vec<_>>().join(" "))
        .collect();
    lines.join("\n")
}
