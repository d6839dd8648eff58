//! A job registry that async tasks and a worker thread change: what was true a moment ago is not true now.
//!
//! | module | its programs |
//! |---|---|
//! | `registry` | the system: a map of jobs in which each single call is safe |
//! | `programs` | check-then-act, lost updates, a status that goes back, and the repair |
//! | `deadline` | slow work inside the lock, in virtual time |

mod deadline;
mod programs;
mod registry;

use selvedge::{FailureKind, Strategy};

use crate::catalog::{Scenario, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let variants = looking().into_iter().chain(writing()).chain(deadlines());
    let scenario = Scenario::new("check-then-act", "A job registry between tasks and a thread", "E")
        .source("a presentation service's write-up on its job registry with heartbeats")
        .lesson(include_str!("lesson.md"));
    variants.fold(scenario, Scenario::variant)
}

fn naive(name: &'static str, summary: &'static str, program: fn()) -> Variant {
    Variant::naive(name, summary, fails(FailureKind::Panic), program)
}

fn looking() -> Vec<Variant> {
    vec![
        naive(
            "contains-then-index",
            "`if id in jobs { jobs[id] }` against a cleanup",
            programs::contains_then_index,
        )
        .also_on([Strategy::Random, Strategy::Pos]),
        Variant::fixed("get-once", "one call that looks and takes", programs::get_once).broken_by(
            "looks first",
            programs::contains_then_index,
            FailureKind::Panic,
        ),
        naive(
            "start-after-completion",
            "look whether the job is queued, then set it running",
            programs::start_after_completion,
        ),
    ]
}

fn writing() -> Vec<Variant> {
    vec![
        naive(
            "whole-record-back",
            "read the record, change one field, write all of it back",
            programs::whole_record_back,
        )
        .also_on([
            Strategy::Random,
            Strategy::Pct { depth: 2 },
            Strategy::Urw,
            Strategy::Pos,
        ]),
        Variant::documented(
            "async-lock-for-tasks-only",
            "an async lock for the tasks; the worker thread goes without",
            fails(FailureKind::Panic),
            programs::async_lock_for_tasks_only,
        )
        .note("the write-up lists the thread's lock as optional; an async lock says nothing to who does not take it"),
        Variant::fixed(
            "async-lock-for-all",
            "the worker thread takes the async lock too, with `blocking_lock`",
            programs::async_lock_for_all,
        )
        .broken_by(
            "thread without the lock",
            programs::async_lock_for_tasks_only,
            FailureKind::Panic,
        ),
        Variant::fixed(
            "one-lock-and-state-machine",
            "one lock for everybody, changes made under it, a status that only goes forward",
            programs::one_lock_and_a_state_machine,
        )
        .broken_by(
            "changes made outside the lock",
            programs::whole_record_back,
            FailureKind::Panic,
        )
        .broken_by("no state machine", programs::start_after_completion, FailureKind::Panic)
        .also_on([Strategy::Random, Strategy::Pos]),
    ]
}

fn deadlines() -> Vec<Variant> {
    vec![
        naive(
            "slow-work-inside-lock",
            "render a slide while holding the lock that the heartbeat needs",
            deadline::slow_work_inside_the_lock,
        ),
        Variant::fixed(
            "slow-work-outside-lock",
            "render first, lock to write the result down",
            deadline::slow_work_outside_the_lock,
        )
        .broken_by(
            "work inside the lock",
            deadline::slow_work_inside_the_lock,
            FailureKind::Panic,
        ),
    ]
}
