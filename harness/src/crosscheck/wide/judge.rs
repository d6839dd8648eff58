//! Plain enumeration as the judge of everything else.

use std::sync::Arc;

use proptest::prelude::*;

use super::ours::interpreter::run;
use super::program::Program;
use crate::check::{FailureKind, Report};
use crate::crosscheck::threads::{Seen, check_within, compare_ends, compare_with, enumerate};
use crate::{Check, Failure, Schedule, Strategy as Search};

/// Schedules of a program that is judged, at most.
const MOST: usize = 3_000;

/// Executions of each sampler.
const SAMPLE: u64 = 15;

/// Replays of the failures of one search.
const SEARCHES: [Search; 10] = [
    Search::Exhaustive,
    Search::Dfs,
    Search::Auto,
    Search::Portfolio,
    Search::Random,
    Search::Pct { depth: 3 },
    Search::ShuttlePct { depth: 3 },
    Search::Urw,
    Search::Pos,
    Search::Surw,
];

pub(super) fn check(program: &Program) -> Check {
    check_within(&program.limits)
}

pub(super) fn run_as(program: &Program, check: Check) -> Report {
    let program = program.clone();
    check.run_program(Arc::new(move || run(&program)))
}

/// All schedules, if there are not too many.
pub(super) fn all(program: &Program) -> Option<Seen> {
    let seen = enumerate(&shared(program), &program.limits, MOST);
    seen.complete.then_some(seen)
}

fn shared(program: &Program) -> crate::engine::current::Program {
    let program = program.clone();
    Arc::new(move || run(&program))
}

/// What is not the same whoever looks at it.
pub(super) fn judge(program: &Program) -> Result<(), TestCaseError> {
    let Some(plain) = all(program) else {
        return Err(TestCaseError::reject("too many schedules"));
    };
    let races = plain.failures.contains(&FailureKind::DataRace);
    if !races && program.forgets_silently() {
        compare_ends(&plain, &shared(program), &program.limits)?;
    } else if !races {
        compare_with(&plain, &shared(program), &program.limits)?;
    }
    for search in SEARCHES {
        let mut asked = check(program).strategy(search.clone());
        if !matches!(search, Search::Exhaustive | Search::Dfs | Search::Auto) {
            asked = asked.max_executions(SAMPLE);
        }
        let report = run_as(program, asked);
        prop_assert!(report.error.is_none(), "{}: {report}", search.name());
        let strange: Vec<_> = report
            .outcomes
            .keys()
            .filter(|o| !plain.outcomes.contains(*o))
            .collect();
        prop_assert!(strange.is_empty(), "{} finds {strange:?}", search.name());
        if let Some(failure) = &report.failure {
            prop_assert!(is_among(failure, &plain), "{} finds {failure}", search.name());
            replay(program, failure)?;
        } else if matches!(search, Search::Exhaustive | Search::Dfs | Search::Auto) {
            prop_assert!(
                plain.failures.is_empty(),
                "{} misses {:?}",
                search.name(),
                plain.failures
            );
        }
    }
    if races || program.forgets_silently() {
        return Ok(());
    }
    // Where executions are cut because their schedules are unfair, a bound has schedules counted, and not traces.
    let traces = run_as(program, check(program).strategy(Search::Exhaustive).keep_going(true)).complete;
    (0..=2).try_for_each(|bound| judge_within(program, bound, &plain, traces))
}

/// The reduction counts a failing trace when plain enumeration has an order of it with so few preemptions.
fn judge_within(program: &Program, bound: usize, plain: &Seen, traces: bool) -> Result<(), TestCaseError> {
    let asked = check(program).strategy(Search::Exhaustive).preemption_bound(bound);
    let report = run_as(program, asked.keep_going(true));
    let failing = plain.fewest.values().filter(|&&fewest| fewest <= bound);
    let fewest = plain.fewest.values().min().filter(|&&fewest| fewest <= bound);
    let told = report.failure.as_ref().map(|failure| failure.trace.preemptions());
    prop_assert_eq!(told.as_ref(), fewest, "with {} preemptions: {}", bound, &report);
    if !traces {
        return Ok(());
    }
    let counted = report.failing_executions;
    prop_assert_eq!(
        counted,
        failing.count() as u64,
        "with {} preemptions: {}",
        bound,
        &report
    );
    Ok(())
}

/// That a wake-up was lost is seen when a failure is told, and what is told ends with a panic of the main task, whatever
/// races the others have then.
fn is_among(failure: &Failure, plain: &Seen) -> bool {
    let kinds: &[FailureKind] = match failure.kind {
        FailureKind::LostWakeup => &[FailureKind::LostWakeup, FailureKind::Deadlock, FailureKind::Livelock],
        FailureKind::Panic => &[FailureKind::Panic, FailureKind::DataRace],
        _ => &[failure.kind],
    };
    kinds.iter().any(|kind| plain.failures.contains(kind))
}

/// The failure comes back from its schedule, as a file would hold it.
fn replay(program: &Program, failure: &Failure) -> Result<(), TestCaseError> {
    let file = serde_json::to_string(&failure.schedule).expect("a schedule can be written");
    let schedule: Schedule = serde_json::from_str(&file).expect("what was written can be read");
    let report = run_as(program, check(program).strategy(Search::Replay(schedule)));
    let told = |failure: &Failure| (failure.kind, failure.message.clone(), failure.trace.timeline());
    let again = report.failure.as_ref().map(told);
    prop_assert_eq!(
        again,
        Some(told(failure)),
        "of {}: {}",
        &failure.schedule.strategy,
        report
    );
    Ok(())
}
