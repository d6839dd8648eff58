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

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let variants = looking().into_iter().chain(writing()).chain(deadlines());
    let scenario = Scenario::new("check-then-act", "A job registry between tasks and a thread", "E")
        .source("a presentation service's write-up on its job registry with heartbeats")
        .level(Level::Steps)
        .needs(["lost-increment", "lock-order"])
        .symptoms([Symptom::JumpsBack, Symptom::CountTooLow])
        .lesson(include_str!("lesson.md"))
        .code_beside("registry.rs", include_str!("registry.rs"))
        .code_beside("deadline.rs", include_str!("deadline.rs"))
        .code_beside("programs.rs", include_str!("programs.rs"));
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
        .outcome(
            "()",
            Grade::Acceptable,
            "the job is read before the cleanup, or not looked for after it",
        )
        .outcome(
            "panic",
            Grade::Forbidden,
            "the cleanup came between the look and the read",
        )
        .also_on([Strategy::Random, Strategy::Pos]),
        Variant::fixed("get-once", "one call that looks and takes", programs::get_once)
            .outcome("Some(Completed)", Grade::Acceptable, "the job was still there")
            .outcome(
                "None",
                Grade::Interesting,
                "the cleanup came first, and the caller learns of it",
            )
            .broken_by("looks first", programs::contains_then_index, FailureKind::Panic),
        naive(
            "start-after-completion",
            "look whether the job is queued, then set it running",
            programs::start_after_completion,
        )
        .outcome("()", Grade::Acceptable, "the job has completed, and stays so")
        .outcome(
            "panic",
            Grade::Forbidden,
            "a job that has completed is set running again",
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
        .outcome("()", Grade::Acceptable, "both changes are there")
        .outcome(
            "panic",
            Grade::Forbidden,
            "one writes back what it read before the change of the other",
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
        .outcome("()", Grade::Acceptable, "both changes are there")
        .outcome(
            "panic",
            Grade::Forbidden,
            "the thread writes without the lock, between the read and the write of the task",
        )
        .note("the write-up lists the thread's lock as optional; an async lock says nothing to who does not take it"),
        Variant::fixed(
            "async-lock-for-all",
            "the worker thread takes the async lock too, with `blocking_lock`",
            programs::async_lock_for_all,
        )
        .outcome("()", Grade::Acceptable, "both changes are there")
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
        .outcome(
            "Ok(())",
            Grade::Acceptable,
            "the starter came first, or while the job ran",
        )
        .outcome(
            "Err(Backwards)",
            Grade::Interesting,
            "the job had completed: starting it is refused",
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
        )
        .outcome("()", Grade::Acceptable, "the heartbeat was in time")
        .outcome("panic", Grade::Forbidden, "the heartbeat waited for the slide"),
        Variant::fixed(
            "slow-work-outside-lock",
            "render first, lock to write the result down",
            deadline::slow_work_outside_the_lock,
        )
        .outcome("()", Grade::Acceptable, "the heartbeat was in time")
        .broken_by(
            "work inside the lock",
            deadline::slow_work_inside_the_lock,
            FailureKind::Panic,
        ),
    ]
}
