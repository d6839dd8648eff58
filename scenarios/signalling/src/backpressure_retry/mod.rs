//! Producers that wait for room: the core of a span collector.

mod collector;
mod shutdown;
mod submit;
mod threads;

use selvedge::{FailureKind, Strategy};

use selvedge_catalog::{Grade, Level, Limits, Scenario, Symptom, Variant, fails, verified};

/// Samples of every kind; each must find the failure too.
const SAMPLED: [Strategy; 3] = [Strategy::Random, Strategy::Urw, Strategy::Pos];

/// A producer that nobody wakes sits behind a consumer that ticks for ever. Few ticks show it: no
/// program here waits longer than two for what it needs.
fn few_ticks(limits: &mut Limits) {
    limits.horizon = Some(2);
}

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new(
        "backpressure-retry",
        "Producers wait for room in a ring that a consumer drains on an interval",
        "B",
    )
    .source("A tracing span collector: a ring for each producer, one consumer, tokio::sync::Notify for backpressure")
    .level(Level::Depths)
    .needs(["state-change", "message-passing"])
    .symptoms([Symptom::HangsUnderLoad, Symptom::BusyForNothing, Symptom::MessageLost])
    .lesson(include_str!("lesson.md"))
    .code_beside("collector.rs", include_str!("collector.rs"))
    .code_beside("shutdown.rs", include_str!("shutdown.rs"))
    .code_beside("submit.rs", include_str!("submit.rs"))
    .code_beside("threads.rs", include_str!("threads.rs"));
    stopping(rings(waking_many(waiting(scenario))))
}

/// One producer waits for room.
fn waiting(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::documented(
                "try-then-notified",
                "try_submit; if the ring is full, notified().await",
                fails(FailureKind::LostWakeup),
                submit::try_then_notified,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "lost wakeup",
                Grade::Forbidden,
                "the ring is drained between the try and the wait",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "created-before-try",
                "notified() is created before try_submit and awaited after",
                submit::created_before_try,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .broken_by(
                "created after the try",
                submit::try_then_notified,
                FailureKind::LostWakeup,
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::naive(
                "threads-try-then-wait",
                "the same with threads: look, then lock and wait on the condition variable",
                fails(FailureKind::LostWakeup),
                threads::try_then_wait,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "lost wakeup",
                Grade::Forbidden,
                "the ring is drained between the look and the wait",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "threads-try-under-lock",
                "the look happens under the lock that the consumer takes before it notifies",
                threads::try_under_lock,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .broken_by("look outside the lock", threads::try_then_wait, FailureKind::LostWakeup)
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
}

/// Two producers wait for room, each in its own ring.
fn waking_many(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "no-retry-loop",
                "wait once, try once more: the room was in the other producer's ring",
                fails(FailureKind::Panic),
                submit::no_retry_loop,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "panic",
                Grade::Forbidden,
                "the room was in the other ring, and the span is gone",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed("retry-loop", "try again until the span is accepted", submit::retry_loop)
                .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
                .broken_by("loop dropped", submit::no_retry_loop, FailureKind::Panic)
                .also_on(SAMPLED)
                .limits(few_ticks),
        )
        .variant(
            Variant::naive(
                "notify-one",
                "one wake-up for two producers, and the one that gets it has no use for it",
                fails(FailureKind::Livelock),
                submit::notify_one_and_a_dropper,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "livelock",
                Grade::Forbidden,
                "the one that is woken drops its span, and the consumer ticks on with empty rings",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "notify-one-patient",
                "one wake-up for two producers that both insist: each span that is submitted wakes the next",
                submit::notify_one_patient,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .broken_by(
                "one that does not insist",
                submit::notify_one_and_a_dropper,
                FailureKind::Livelock,
            )
            .control()
            .also_on(SAMPLED)
            .limits(few_ticks)
            .note("nobody is stuck, but the second producer waits a tick longer than it has to"),
        )
        .variant(
            Variant::fixed(
                "notify-waiters",
                "everybody is woken, and looks for himself",
                submit::notify_all_and_a_dropper,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .broken_by(
                "only one is woken",
                submit::notify_one_and_a_dropper,
                FailureKind::Livelock,
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
}

/// The ring by itself.
fn rings(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "relaxed-ring",
                "relaxed counters: they say that a slot is free, and do not make it so",
                fails(FailureKind::DataRace),
                threads::relaxed_ring,
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, fails(FailureKind::DataRace)),
        )
        .variant(
            Variant::fixed(
                "acquire-release-ring",
                "acquire and release: a counter that is seen brings the slot along",
                threads::acquire_release_ring,
            )
            .broken_by("counters relaxed", threads::relaxed_ring, FailureKind::DataRace)
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified()),
        )
}

/// The collector stops, or its exporter fails.
fn stopping(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "shutdown-last-drain",
                "drain once more and leave: a span is accepted after that",
                fails(FailureKind::Panic),
                shutdown::one_last_drain,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome("panic", Grade::Forbidden, "a span is accepted after the last drain")
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::naive(
                "shutdown-sleeper",
                "the last drain makes room and tells nobody: a producer waits for a consumer that is gone",
                fails(FailureKind::Deadlock),
                shutdown::nobody_left_to_drain,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "deadlock",
                Grade::Forbidden,
                "the producer waits for room, and the consumer is gone",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "close-refuse-drain",
                "close the rings, refuse with an error, drain until closed and empty",
                shutdown::close_refuse_drain,
            )
            .outcome(
                "[Ok(()), Ok(())]",
                Grade::Acceptable,
                "both were accepted before the rings were closed",
            )
            .outcome(
                "[Ok(()), Err(Refused)]",
                Grade::Acceptable,
                "closed in between: the second is refused",
            )
            .outcome(
                "[Err(Refused), Err(Refused)]",
                Grade::Acceptable,
                "closed before anything was submitted",
            )
            .broken_by("rings stay open", shutdown::one_last_drain, FailureKind::Panic)
            .broken_by("nobody is told", shutdown::close_and_tell_nobody, FailureKind::Deadlock)
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::naive(
                "export-error-ignored",
                "the exporter fails and its batch is gone",
                fails(FailureKind::Panic),
                shutdown::export_error_ignored,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .outcome(
                "panic",
                Grade::Forbidden,
                "the exporter failed, and nobody counted its batch",
            )
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "export-error-counted",
                "a batch that cannot be exported is counted as dropped",
                shutdown::export_error_counted,
            )
            .outcome("()", Grade::Acceptable, "each span is exported, or counted as dropped")
            .broken_by("error ignored", shutdown::export_error_ignored, FailureKind::Panic)
            .also_on(SAMPLED)
            .limits(few_ticks),
        )
}
