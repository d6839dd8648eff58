//! A run on real OS threads, which counts and proves nothing.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use super::error::Error;
use super::failure::Failure;
use super::options::Options;
use super::report::Report;
use super::schedule::Schedule;
use super::tally::Tally;
use crate::engine::current::Program;
use crate::engine::native::{Ended, execute};
use crate::kernel::FailureKind;
use crate::trace::Trace;

/// Executions unless the check says otherwise.
const EXECUTIONS: u64 = 1_000;

/// An execution that takes longer hangs. Shorter than the time other strategies grant, because every
/// hang of a stress run costs it.
const HANGS_AFTER: Duration = Duration::from_secs(2);

/// Hanging executions after which a run that counts failures gives up: each leaves threads behind.
const MAX_HANGS: u64 = 8;

/// Runs the program on real threads and counts.
pub(crate) fn run(check: Options, program: Program) -> Report {
    let started = Instant::now();
    let patience = check.stall_timeout.min(HANGS_AFTER);
    let limit = check.max_executions.unwrap_or(EXECUTIONS);
    let mut tally = Tally::default();
    let mut hangs = 0;
    while tally.counts.executions < limit {
        let ended = match execute(&program, patience) {
            Ok((ended, hung)) => {
                hangs += u64::from(hung);
                ended
            }
            Err(error) => {
                let message = format!("cannot start a thread for the run: {error}");
                return tally.report(&check, started, Some(Error::Unsupported { message }));
            }
        };
        tally.counts.executions += 1;
        check.progress.store(tally.counts.executions, Ordering::Relaxed);
        match ended {
            Ended::Well(outcome) => *tally.counts.outcomes.entry(outcome).or_default() += 1,
            Ended::Badly(kind, message) => {
                tally.counts.failing += 1;
                let interleaving = tally.counts.executions;
                tally
                    .failure
                    .get_or_insert_with(|| failure(&check, kind, message, interleaving));
                if !check.keep_going || hangs >= MAX_HANGS {
                    break;
                }
            }
        }
        if check.cancel.load(Ordering::Relaxed) {
            tally.counts.interrupted = true;
            break;
        }
        if check.max_time.is_some_and(|t| started.elapsed() >= t) {
            break;
        }
    }
    let n = tally.counts.executions;
    tally.basis = format!("{n} execution{} on real threads", if n == 1 { "" } else { "s" });
    tally.report(&check, started, None)
}

fn failure(check: &Options, kind: FailureKind, message: String, interleaving: u64) -> Failure {
    let mut schedule = Schedule::new(&check.name, "stress", "stress", check.seed, kind, &message);
    schedule.interleaving = interleaving;
    Failure {
        name: check.name.clone(),
        kind,
        message,
        schedule,
        trace: Trace::default(),
        forbidden_outcome: None,
        interleaving,
        cause: None,
        nearest: None,
        tried: None,
        replay: None,
    }
}
