//! A store that writes behind: between `completed` and the row in the database there is a gap.

mod claim;
mod crash;
mod evict;
mod marks;
mod parts;
mod retrieve;

use selvedge::{FailureKind, Strategy};

use crash::Owes;
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// Samples of every kind; each must find the failure too.
const SAMPLED: [Strategy; 3] = [Strategy::Random, Strategy::Urw, Strategy::Pos];

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "background-writer-gap",
        "A result is announced before the background writer has written it",
        "D",
    )
    .source("A dataflow engine's write-behind store: results queued for a SQLite writer, completion marks, waiters")
    .level(Level::Waiting)
    .needs(["check-then-act", "lost-wakeup"])
    .symptoms([Symptom::NotThereYet, Symptom::HangsAtShutdown])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("claim.rs", include_str!("claim.rs"))
    .code_beside("crash.rs", include_str!("crash.rs"))
    .code_beside("evict.rs", include_str!("evict.rs"))
    .code_beside("parts.rs", include_str!("parts.rs"))
    .code_beside("marks.rs", include_str!("marks.rs"))
    .code_beside("retrieve.rs", include_str!("retrieve.rs"))
    .variant(
        Variant::naive(
            "queue-only",
            "store() queues for the writer, the mark is set, retrieve() asks the database",
            fails(FailureKind::Panic),
            retrieve::queue_only,
        )
        .outcome(
            "\"v1\"",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .outcome("panic", Grade::Forbidden, "completed, and the row is not written yet")
        .also_on(SAMPLED),
    )
    .variant(
        Variant::documented(
            "database-then-memory",
            "a copy in memory until the row is written; retrieve() asks the database, then memory",
            fails(FailureKind::Panic),
            retrieve::database_then_memory,
        )
        .outcome(
            "\"v1\"",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .outcome(
            "panic",
            Grade::Forbidden,
            "the writer inserts and evicts between the two looks",
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "memory-then-database",
            "published to memory before it is queued, read from memory first, evicted by version",
            retrieve::memory_then_database,
        )
        .outcome(
            "\"v1\"",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .broken_by("database first", retrieve::database_then_memory, FailureKind::Panic)
        .broken_by(
            "queued before the copy",
            retrieve::queue_before_memory,
            FailureKind::Panic,
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "queue-before-memory",
            "memory is read first, but the copy is made after the job is queued: it may never be evicted",
            fails(FailureKind::Panic),
            retrieve::queue_before_memory,
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "evict-by-key",
            "two results for one operation: the flush of the first evicts the second",
            fails(FailureKind::Panic),
            evict::by_key,
        )
        .outcome("\"v2\"", Grade::Acceptable, "the newer result is found")
        .outcome(
            "panic",
            Grade::Forbidden,
            "the newer result is evicted before its row is written",
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "evict-by-version",
            "the flush of a version evicts that version only",
            evict::by_version,
        )
        .outcome("\"v2\"", Grade::Acceptable, "the newer result is found")
        .broken_by("version ignored", evict::by_key, FailureKind::Panic)
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "evict-inserted-only",
            "INSERT OR IGNORE, and evict only if a row was inserted: a duplicate stays in memory for ever",
            fails(FailureKind::Panic),
            evict::only_what_was_inserted,
        )
        .outcome("()", Grade::Acceptable, "the row is written, and the copy is gone")
        .outcome("panic", Grade::Forbidden, "the second copy stays in memory")
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "evict-whatever-is-stored",
            "evict once the row is there, whoever inserted it",
            evict::whatever_is_stored,
        )
        .outcome("()", Grade::Acceptable, "the row is written, and the copy is gone")
        .broken_by("inserted rows only", evict::only_what_was_inserted, FailureKind::Panic)
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "mark-missing",
            "the result is stored and nobody says so",
            fails(FailureKind::Deadlock),
            marks::missing,
        )
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "the reader waits for a mark that nobody sets",
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "mark-before-store",
            "the operation is marked completed, then its result is stored",
            fails(FailureKind::Panic),
            marks::before_store,
        )
        .outcome(
            "Ok(\"v1\")",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .outcome("panic", Grade::Forbidden, "completed, and there is nothing to find yet")
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "mark-skipped-by-error",
            "the executor fails between the store and the mark",
            fails(FailureKind::Deadlock),
            marks::skipped_by_an_error,
        )
        .outcome(
            "Ok(\"v1\")",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "the executor gave up, and the reader waits for its mark",
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "mark-owed-by-guard",
            "a guard owes the mark, and says failed when it is dropped",
            marks::owed_by_a_guard,
        )
        .outcome(
            "Ok(\"v1\")",
            Grade::Acceptable,
            "the result is found, in memory or in the database",
        )
        .outcome(
            "Err(\"operation failed\")",
            Grade::Acceptable,
            "the executor gave up, and the reader is told",
        )
        .broken_by("guard dropped", marks::skipped_by_an_error, FailureKind::Deadlock)
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "crash-unguarded",
            "the executor dies between any two steps, and owes nobody anything",
            fails(FailureKind::Deadlock),
            || crash::between_any_two_steps(Owes::Nothing), // code: crash-unguarded
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::naive(
            "crash-copy-left",
            "the guard owes the mark; the copy in memory stays, and nobody was told to write it",
            fails(FailureKind::Panic),
            || crash::between_any_two_steps(Owes::TheMark), // code: crash-copy-left
        )
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "crash-guarded",
            "one guard owes the mark, another the eviction until the job is queued",
            || crash::between_any_two_steps(Owes::MarkAndCopy), // code: crash-guarded
        )
        .also_on(SAMPLED)
        .outcome("Ok(\"v1\")", Grade::Acceptable, "the reader finds the result")
        .outcome(
            "Err(\"operation failed\")",
            Grade::Acceptable,
            "the reader learns that there is none",
        )
        .broken_by(
            "nobody owes the eviction",
            || crash::between_any_two_steps(Owes::TheMark),
            FailureKind::Panic,
        )
        .broken_by(
            "nobody owes the mark",
            || crash::between_any_two_steps(Owes::Nothing),
            FailureKind::Deadlock,
        ),
    )
    .variant(
        Variant::naive(
            "claim-check-then-insert",
            "look whether the operation is claimed, then claim it",
            fails(FailureKind::Panic),
            claim::check_then_insert,
        )
        .outcome("1", Grade::Acceptable, "one computes, the other waits for it")
        .outcome("panic", Grade::Forbidden, "both look before either claims")
        .also_on(SAMPLED),
    )
    .variant(
        Variant::fixed(
            "claim-insert-decides",
            "claiming is one step, and its answer says who won",
            claim::insert_decides,
        )
        .outcome("1", Grade::Acceptable, "one computes, the other waits for it")
        .broken_by("look before the claim", claim::check_then_insert, FailureKind::Panic)
        .also_on(SAMPLED),
    )
}
