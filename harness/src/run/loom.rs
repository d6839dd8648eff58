//! A run under loom: a search, the failing iteration found again, or a replay.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::apart::apart;
use super::counts::Counts;
use super::error::Error;
use super::failure::Failure;
use super::options::Options;
use super::report::Report;
use super::schedule::Schedule;
use super::strategy::Strategy;
use super::tally::{Tally, failure as failed_with};
use crate::engine::current::{Engine, Program, enter_engine};
use crate::engine::loom::{Found, Order, Pass, pass};
use crate::engine::panics;
use crate::kernel::{FailureKind, Progress};

/// A replay that takes longer does not fit the program.
const REPLAY_STALLS_AFTER: Duration = Duration::from_secs(5);

/// What a report of loom adds about a program with sequentially consistent accesses.
const TAKES_SEQ_CST: &str = "; loom takes SeqCst accesses for AcqRel";
const MAY_BE_FORBIDDEN: &str = "\nloom takes SeqCst accesses for AcqRel, so this may be an execution that Rust forbids: Strategy::Exhaustive tells";
/// The most steps of an execution: loom asks for memory for all of them before it begins.
const MOST_STEPS: usize = 10_000_000;

/// Runs the program under loom, or replays the path of a schedule.
pub(crate) fn run(check: Options, program: Program) -> Report {
    let steps = match &check.strategy {
        Strategy::Replay(schedule) => schedule.limits.max_steps,
        _ => check.max_steps,
    };
    if steps > MOST_STEPS {
        let message = format!(
            "loom takes memory for every step an execution may have, so max_steps is {MOST_STEPS} at most, and not \
             {steps}"
        );
        return Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }));
    }
    let progress = Arc::new(Progress::default());
    let seen = Arc::clone(&progress);
    let mut watched = check.clone();
    if matches!(check.strategy, Strategy::Replay(_)) {
        // One iteration, of at most some thousand branches.
        watched.stall_timeout = watched.stall_timeout.min(REPLAY_STALLS_AFTER);
    }
    let asked = (check.clone(), Arc::clone(&program));
    let (report, _) = apart(&watched, progress, "loom", move || {
        let _quiet = panics::capture();
        let _engine = enter_engine(Engine::Loom);
        match &check.strategy {
            Strategy::Replay(schedule) => replay(&check, &program, schedule, &seen),
            _ => search(&check, &program, &seen),
        }
    });
    let (check, program) = asked;
    if matches!(check.strategy, Strategy::Replay(_)) {
        return report;
    }
    told_apart(&check, &program, report)
}

/// A failure whose OS thread was left behind has not been told. It is found again on others, by the number of its
/// iteration, and told as far as it comes there.
fn told_apart(check: &Options, program: &Program, mut report: Report) -> Report {
    let untold = |f: &&mut Failure| f.trace.rows.is_empty() && f.schedule.loom.is_none();
    // What never came back would not come back again.
    let Some(failure) = report
        .failure
        .as_mut()
        .filter(untold)
        .filter(|f| f.kind != FailureKind::StepLimit)
    else {
        return report;
    };
    let file = PathFile::new();
    let number = failure.interleaving;
    let once = |order: Order| {
        let progress = Arc::new(Progress::default());
        let mut check = check.clone();
        check.progress = Arc::default();
        let (watched, program, seen) = (check.clone(), Arc::clone(program), Arc::clone(&progress));
        apart(&watched, progress, "loom", move || {
            let _quiet = panics::capture();
            let _engine = enter_engine(Engine::Loom);
            pass(&program, &seen, order);
            Tally::default().report(&check, Instant::now(), None)
        })
        .0
    };
    // Nothing of it is told; the file is what it is for.
    let _ = once(Order {
        // The path is stored before this iteration begins.
        executions: Some(number - 1),
        keep_going: true,
        path: Some((file.0.clone(), Some(number))),
        ..plain(check)
    });
    let path = std::fs::read_to_string(&file.0)
        .ok()
        .and_then(|text| serde_json::from_str(&text).ok());
    let told = once(Order {
        executions: Some(1),
        path: Some((file.0.clone(), None)),
        tell: true,
        ..plain(check)
    });
    if let (Some(path), Some(told)) = (path, told.failure)
        && told.kind == failure.kind
    {
        failure.schedule.set_loom(path);
        failure.schedule.fingerprint = told.schedule.fingerprint;
        failure.message = told.message;
        failure.trace = told.trace;
    }
    report
}

/// What every pass of a run is asked for.
fn plain(check: &Options) -> Order {
    Order {
        executions: None,
        max_time: None,
        keep_going: false,
        path: None,
        tell: false,
        max_branches: check.max_steps,
        preemption_bound: check.preemption_bound,
        cancel: Arc::clone(&check.cancel),
        shown: None,
    }
}

fn search(check: &Options, program: &Program, progress: &Arc<Progress>) -> Report {
    let started = Instant::now();
    let order = Order {
        executions: check.max_executions,
        max_time: check.max_time,
        keep_going: check.keep_going,
        shown: Some(Arc::clone(&check.progress)),
        ..plain(check)
    };
    let Pass {
        mut session,
        complete,
        refused,
    } = pass(program, progress, order);
    let n = session.executions;
    let iterations = format!("{n} iteration{} of loom", if n == 1 { "" } else { "s" });
    let within = match check.preemption_bound {
        Some(1) => " with at most 1 preemption".to_owned(),
        Some(k) => format!(" with at most {k} preemptions"),
        None => String::new(),
    };
    let mut tally = Tally {
        counts: Counts {
            executions: n,
            failing: session.failing,
            outcomes: std::mem::take(&mut session.outcomes),
            complete,
            interrupted: session.interrupted,
            ..Counts::default()
        },
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
    let seq_cst = session.seq_cst;
    if seq_cst {
        tally.basis.push_str(TAKES_SEQ_CST);
    }
    if error.is_none()
        && let Some(found) = session.found
    {
        tally.failure = Some(match again(check, program, progress, &found) {
            Ok((told, path)) => failure(check, told, found.interleaving, Some(path), seq_cst),
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
                failure(check, told, interleaving, None, false)
            }
        });
    }
    tally.report(check, started, error)
}

/// Finds the path of a failing iteration and fails by it once more, with a trace.
fn again(
    check: &Options,
    program: &Program,
    progress: &Arc<Progress>,
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
        ..plain(check)
    };
    pass(program, progress, order);
    let text = std::fs::read_to_string(&file.0).map_err(|_| {
        "a second search did not come as far: the program does not depend on the schedule alone".to_owned()
    })?;
    let path = serde_json::from_str(&text).map_err(|error| format!("loom's path was not stored whole: {error}"))?;
    let order = Order {
        executions: Some(1),
        path: Some((file.0.clone(), None)),
        tell: true,
        ..plain(check)
    };
    let told = pass(program, progress, order).session.found;
    match told {
        Some(told) if told.kind == found.kind => Ok((told, path)),
        Some(told) => Err(format!("its path led to another failure: {}", told.message)),
        None => Err("its path did not fail again".to_owned()),
    }
}

fn failure(check: &Options, told: Found, interleaving: u64, path: Option<serde_json::Value>, seq_cst: bool) -> Failure {
    let mut message = told.message;
    if seq_cst {
        message.push_str(MAY_BE_FORBIDDEN);
    }
    let mut failure = failed_with(check, told.kind, message, told.trace, interleaving);
    failure.schedule.engine = "loom".to_owned();
    if let Some(path) = path {
        failure.schedule.set_loom(path);
    }
    failure
}

fn replay(check: &Options, program: &Program, schedule: &Schedule, progress: &Arc<Progress>) -> Report {
    let started = Instant::now();
    let diverged = |message: String| Tally::default().report(check, started, Some(Error::Diverged { message }));
    let Some(path) = &schedule.loom else {
        return diverged("the schedule is of loom and holds no path of loom".to_owned());
    };
    if !schedule.is_loom_whole() {
        return diverged(
            "loom's path in the schedule is not as it was recorded: changed, damaged or cut short".to_owned(),
        );
    }
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
        max_branches,
        ..plain(check)
    };
    let Pass {
        mut session, refused, ..
    } = pass(program, progress, order);
    if refused.is_some() {
        return diverged("loom cannot read its path in the schedule".to_owned());
    }
    let error = session.unsupported.take().map(|message| Error::Unsupported { message });
    let mut tally = Tally {
        counts: Counts {
            executions: session.executions,
            failing: session.failing,
            outcomes: session.outcomes,
            ..Counts::default()
        },
        basis: "one recorded schedule".to_owned(),
        ..Tally::default()
    };
    if let Some(found) = session.found {
        if found.kind == FailureKind::Nondeterminism {
            return diverged("the program branches differently than loom's path says".to_owned());
        }
        let mut told = failure(check, found, schedule.interleaving.max(1), None, session.seq_cst);
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
