//! The OS thread of a run, which can be left behind.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use super::counts::Counts;
use super::error::Error;
use super::explain::explain;
use super::options::Options;
use super::report::Report;
use super::share::finder;
use super::strategy::Strategy as Requested;
use super::tally::{Tally, failure};
use crate::engine::controlled::try_with_kernel;
use crate::engine::panics;
use crate::kernel::{End, FailureKind};
use crate::trace::Trace;

/// What comes back from the OS thread of a run.
enum Message {
    Done(Box<Report>),
    /// A panic that would have aborted the process; the thread never ends.
    Aborts(FailureKind, String, Trace),
}

/// Runs `job` on an OS thread of its own, so that a program that never comes back, or that would abort
/// the process, can be left behind. `progress` changes as long as the program reaches the engine.
pub(crate) fn apart(
    check: &Options,
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
        panics::on_abort(Arc::new(move |story| {
            let (kind, message, trace) = aborts(&story);
            let _ = tell.send(Message::Aborts(kind, message, trace));
        }));
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
            Ok(Message::Aborts(kind, message, trace)) => {
                return given_up(check, engine, started, kind, message, trace);
            }
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
                    return given_up(
                        check,
                        engine,
                        started,
                        FailureKind::StepLimit,
                        message,
                        Trace::default(),
                    );
                }
            }
        }
    }
}

/// The failure behind a panic in a destructor: of the execution that was ending, if one was.
fn aborts(story: &str) -> (FailureKind, String, Trace) {
    let abort = format!("{}: {story}", panics::ABORTS);
    let ending = try_with_kernel(|k| match k.ending {
        Some(End::Complete | End::MainPanicked) | None => None,
        _ => explain(k),
    });
    match ending
        .flatten()
        .map(|(kind, message)| (kind, message, Trace::default()))
        .or_else(story_of_loom)
    {
        Some((kind, message, trace)) => (kind, format!("{message}\nthen {abort}"), trace),
        None => (FailureKind::Panic, abort, Trace::default()),
    }
}

/// The program has left the engine and does not come back.
fn given_up(
    check: &Options,
    engine: &'static str,
    started: Instant,
    kind: FailureKind,
    message: String,
    trace: Trace,
) -> Report {
    // loom's iterations are counted when they begin, executions of the controlled engine when they end.
    let counted = check.progress.load(Ordering::Relaxed);
    let executions = if engine == "loom" { counted.max(1) } else { counted + 1 };
    let mut check = check.clone();
    let finder = (check.strategy == Requested::Portfolio).then(|| finder(check.seed, executions));
    if let Some((finder, seed)) = &finder {
        (check.strategy, check.seed) = (finder.clone(), *seed);
    }
    let mut failure = failure(&check, kind, message, trace, executions);
    failure.schedule.engine = engine.to_owned();
    let mut tally = Tally {
        counts: Counts {
            executions,
            failing: 1,
            ..Counts::default()
        },
        failure: Some(failure),
        ..Tally::default()
    };
    tally.basis = "the run was given up".to_owned();
    if let Some((finder, _)) = finder {
        tally.basis.push_str(&format!("; found by {}", finder.name()));
    }
    tally.report(&check, started, None)
}

/// How the iteration that runs has failed, when loom itself has given it up.
#[cfg(feature = "loom")]
use crate::engine::loom::story as story_of_loom;

#[cfg(not(feature = "loom"))]
fn story_of_loom() -> Option<(FailureKind, String, Trace)> {
    None
}
