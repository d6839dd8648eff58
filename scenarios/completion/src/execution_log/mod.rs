//! The log of a workflow engine on four databases: the same code waits, so the same interleavings fail.
//!
//! | module | what it holds | uses |
//! |---|---|---|
//! | `flow` | a flow: number, status, errors | |
//! | `storage` | what a database does for the log | `flow` |
//! | `pool` | connections that are kept from one execution to the next | `flow` |
//! | `memory`, `sqlite`, `postgres`, `redis` | the databases | the three above |
//! | `without_client` | the last two, where the feature `services` is off | the same |
//! | `backend` | which of them there are | all above |
//! | `log` | the engine's `ExecutionLog`, and the one implementation of it | `backend`, `storage`, `flow` |
//! | `programs` | who waits for whom | `log`, `backend`, `flow` |

mod backend;
mod flow;
mod log;
mod memory;
mod pool;
#[cfg(feature = "services")]
mod postgres;
mod programs;
#[cfg(feature = "services")]
mod redis;
mod sqlite;
mod storage;
#[cfg(not(feature = "services"))]
mod without_client;

use selvedge::FailureKind;
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

use backend::Backend;
use log::Mistake;
use programs::{unknown_flow, wait_for_all, wait_for_completion};

/// The names of a backend's variants.
struct Names {
    look_then_listen: &'static str,
    listen_then_look: &'static str,
    wait_for_all: &'static str,
    unknown_flow: &'static str,
}

/// `memory-look-then-listen` and the others.
macro_rules! names {
    ($backend:literal) => {
        Names {
            look_then_listen: concat!($backend, "-look-then-listen"),
            listen_then_look: concat!($backend, "-listen-then-look"),
            wait_for_all: concat!($backend, "-wait-for-all"),
            unknown_flow: concat!($backend, "-unknown-flow"),
        }
    };
}

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new(
        "execution-log",
        "Waiting for flows whose status is in a database: memory, SQLite, PostgreSQL, Redis",
        "A",
    )
    .source("A workflow engine's execution log: four storage backends behind one wait_for_completion")
    .level(Level::Waiting)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::HangsUnderLoad])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("programs.rs", include_str!("programs.rs"))
    .code_beside("log.rs", include_str!("log.rs"))
    .outcome("Complete", Grade::Acceptable, "the waiter saw the end of its flow")
    .outcome("[Complete, Failed]", Grade::Acceptable, "the waiter saw both ends")
    .outcome(
        "Err(ScheduledFlowNotFound(7))",
        Grade::Acceptable,
        "there is nothing to wait for, and the caller is told",
    )
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "the waiter sleeps, and its flow has ended",
    );
    let variants = [
        (Backend::Memory, names!("memory")),
        (Backend::Sqlite, names!("sqlite")),
        (Backend::Postgres, names!("postgres")),
        (Backend::Redis, names!("redis")),
    ];
    variants
        .into_iter()
        .flat_map(|(backend, names)| variants_on(backend, &names))
        .fold(scenario, Scenario::variant)
}

fn variants_on(backend: Backend, names: &Names) -> Vec<Variant> {
    let variants = vec![
        Variant::naive(
            names.look_then_listen,
            "look at the log, then `notified().await`",
            fails(FailureKind::LostWakeup),
            move || wait_for_completion(backend, Some(Mistake::LooksFirst)), // code: *-look-then-listen
        ),
        Variant::fixed(
            names.listen_then_look,
            "`notified()` before the look at the log, awaited after it",
            move || wait_for_completion(backend, None), // code: *-listen-then-look
        )
        .broken_by(
            "listens after the look",
            move || wait_for_completion(backend, Some(Mistake::LooksFirst)),
            FailureKind::LostWakeup,
        ),
        Variant::fixed(
            names.wait_for_all,
            "the same for two flows, one of which fails",
            move || wait_for_all(backend, None), // code: *-wait-for-all
        )
        .broken_by(
            "a failure wakes nobody",
            move || wait_for_all(backend, Some(Mistake::FailsInSilence)),
            FailureKind::Deadlock,
        ),
        Variant::fixed(
            names.unknown_flow,
            "a flow that nobody scheduled is an error, not a reason to wait",
            move || unknown_flow(backend, None), // code: *-unknown-flow
        )
        .broken_by(
            "unknown taken for scheduled",
            move || unknown_flow(backend, Some(Mistake::WaitsForUnknown)),
            FailureKind::Deadlock,
        ),
    ];
    let skippable = |variant: Variant| match backend.unavailable() {
        Some(reason) => variant.skipped_if(reason),
        None => variant,
    };
    variants.into_iter().map(skippable).collect()
}
