//! Which engine runs what a check asks for.

use std::sync::Arc;
use std::time::Instant;

use super::against;
use super::apart::{Course, Left, apart};
use super::cause;
use super::died;
use super::error::Error;
use super::failure::Failure;
#[cfg(feature = "loom")]
use super::loom::run as run_loom;
use super::options::{Against, Options};
use super::report::Report;
use super::search::Search;
use super::strategy::Strategy as Requested;
use super::stress;
use super::tally::Tally;
use crate::engine::current::Program;
use crate::kernel::{Progress, Told};

/// Runs the program as the options say.
pub(crate) fn run(check: Options, program: Program) -> Report {
    died::look_back();
    let died = died::died_before(&check.name);
    let mut report = run_as_asked(check, program);
    if let Some(path) = died {
        report.basis.push_str(&format!(
            "; the run before this one ended with its process, in the execution of {}",
            path.display()
        ));
    }
    report
}

fn run_as_asked(check: Options, program: Program) -> Report {
    if let Some(refused) = check.refused.clone() {
        return Tally::default().report(&check, Instant::now(), Some(refused.into()));
    }
    if check.leaks && matches!(check.strategy, Requested::Loom | Requested::Stress) {
        let message =
            "only the controlled engine sees who owns what: Check::leaks is for Strategy::Exhaustive, and for any \
                       other strategy but Loom and Stress"
                .to_owned();
        return Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }));
    }
    match &check.strategy {
        Requested::Loom => return run_loom(check, program),
        Requested::Stress => return stress::run(check, program),
        Requested::Replay(schedule) if schedule.engine == "loom" => return run_loom(check, program),
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
    let decisions = Arc::new(Progress::default());
    let asked = (check.clone(), Arc::clone(&program));
    let (mut report, left) = apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run()
    });
    if let Some(failure) = &mut report.failure {
        if left.is_none() && !report.interrupted {
            say_why(failure, &asked);
        }
        match left {
            Some(Left::Broke(course)) => tell_broken(asked, failure, course),
            Some(Left::Stalled(told)) => tell_stalled(asked, failure, told),
            None => {}
        }
    }
    report
}

/// What else is said of a failure that can be run again.
fn say_why(failure: &mut Failure, (check, program): &(Options, Program)) {
    if !failure.can_be_run_again() {
        return;
    }
    let mut asked = check.clone();
    // What has been counted stays as it is.
    asked.progress = Arc::default();
    if asked.cause && !matches!(asked.strategy, Requested::Replay(_)) {
        cause::add_to(failure, asked.clone(), Arc::clone(program));
    }
    if let Some(Against(other)) = check.against.clone() {
        against::add_to(failure, asked, Arc::clone(program), other);
    }
}

/// An execution has ended with the OS thread it ran on, and nobody has seen it. It is run again on another one, with
/// names and values, and told as far as it comes there.
fn tell_broken((mut check, program): (Options, Program), failure: &mut Failure, course: Course) {
    failure.schedule.learned = course.numbering.facts;
    if !failure.trace.rows.is_empty() {
        return;
    }
    // What it counts has been counted.
    check.progress = Arc::default();
    let decisions = Arc::new(Progress::default());
    let (told, _) = apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run_again(course)
    });
    if let Some(told) = told.failure
        && told.kind == failure.kind
    {
        failure.message = told.message;
        failure.trace = told.trace;
        failure.schedule.steps = told.schedule.steps;
        failure.schedule.unfinished = told.schedule.unfinished;
        failure.schedule.fingerprint = told.schedule.fingerprint;
    }
}

/// An execution does not come back. It is run again on another OS thread, up to its last step, and told as far as that.
fn tell_stalled((mut check, program): (Options, Program), failure: &mut Failure, left: Told) {
    failure.schedule.learned = left.facts;
    failure.schedule.steps = died::steps(&left.notes);
    check.progress = Arc::default();
    let decisions = Arc::new(Progress::default());
    let (told, _) = apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run_up_to_the_last_step(&left)
    });
    if let Some(told) = told.failure
        && !told.trace.rows.is_empty()
    {
        failure.message.push_str(&told.message);
        failure.trace = told.trace;
    }
}

/// What is said where this build has no loom.
#[cfg(not(feature = "loom"))]
fn run_loom(check: Options, _: Program) -> Report {
    let message =
        "this build of selvedge has no loom: turn on its feature `loom` (cargo add --dev selvedge --features \
                   loom), or use another strategy, Strategy::Exhaustive say"
            .to_owned();
    Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }))
}
