//! A span collector, whole: registration, rings, batches, an exporter, a shutdown.

mod collector;
mod programs;

use selvedge::FailureKind;

use collector::{Closes, Design, ExportError, Limit, Rest, Signal, Submit};
use programs::{drop_the_handle, register_two, stop_while_registering, stop_while_submitting, work};
use selvedge_catalog::{Grade, Level, Limits, Scenario, Symptom, Variant, fails};

// code
const RIGHT: Design = Design::RIGHT;
// end
// code: published-submit
const PUBLISHED_SUBMIT: Design = Design {
    submit: Submit::CreatedAfterTry,
    ..RIGHT
};
// end
// code: published-stop
const PUBLISHED_STOP: Design = Design {
    closes: Closes::Nothing,
    ..RIGHT
};
// end
// code: registered-after-close
const REGISTRY_OPEN: Design = Design {
    closes: Closes::Rings,
    ..RIGHT
};
// end
// code: batch-forgotten, batch-exported
const BATCHES_OF_TWO: Design = Design { batch: 2, ..RIGHT };
// end
// code: batch-forgotten
const REST_FORGOTTEN: Design = Design {
    rest: Rest::Forgotten,
    ..BATCHES_OF_TWO
};
// end
// code: limit-before-lock, limit-under-lock
const ONE_PRODUCER: Design = Design { producers: 1, ..RIGHT };
// end
// code: limit-before-lock
const LIMIT_BEFORE_LOCK: Design = Design {
    limit: Limit::BeforeTheLock,
    ..ONE_PRODUCER
};
// end
// code: export-error-leaves, export-error-counted, everything-at-once
const EXPORT_MAY_FAIL: Design = Design {
    export_may_fail: true,
    ..RIGHT
};
// end
// code: export-error-leaves
const ERROR_LEAVES: Design = Design {
    error: ExportError::Leaves,
    ..EXPORT_MAY_FAIL
};
// end
// code: handle-dropped
const ONLY_WHEN_SENT: Design = Design {
    signal: Signal::OnlyWhenSent,
    ..RIGHT
};
// end

/// A producer that nobody wakes sits behind a consumer that ticks for ever. Few ticks show it: no
/// program here waits longer than two for what it needs.
fn few_ticks(limits: &mut Limits) {
    limits.horizon = Some(2);
}

/// What became of the spans that were accepted, in every program that comes to an end.
const ACCOUNTS: [(&str, Grade, &str); 9] = [
    ("0 of 0 exported", Grade::Acceptable, "everything is refused"),
    ("1 of 1 exported", Grade::Acceptable, "what is accepted is exported"),
    ("2 of 2 exported", Grade::Acceptable, "what is accepted is exported"),
    (
        "0 of 1 exported, 1 dropped",
        Grade::Acceptable,
        "what cannot be exported is counted",
    ),
    (
        "1 of 2 exported, 1 dropped",
        Grade::Acceptable,
        "what cannot be exported is counted",
    ),
    (
        "0 of 2 exported, 2 dropped",
        Grade::Acceptable,
        "what cannot be exported is counted",
    ),
    ("0 of 1 exported", Grade::Forbidden, "a span is lost"),
    ("0 of 2 exported", Grade::Forbidden, "both spans are lost"),
    ("1 of 2 exported", Grade::Forbidden, "a span is lost"),
];

trait Accounted {
    fn accounted(self) -> Self;
}

impl Accounted for Variant {
    fn accounted(self) -> Self {
        ACCOUNTS.iter().fold(self, |variant, (outcome, grade, reason)| {
            variant.outcome(outcome, *grade, reason)
        })
    }
}

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new(
        "span-collector",
        "A span collector, whole: registration, rings, batches, an exporter, a shutdown",
        "B",
    )
    .source("The write-up of a tracing span collector: rings, tokio::sync::Notify, an interval, a oneshot for shutdown")
    .level(Level::Depths)
    .needs(["backpressure-retry", "graceful-shutdown"])
    .symptoms([Symptom::MessageLost, Symptom::HangsAtShutdown, Symptom::StopsAfterError])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("programs.rs", include_str!("programs.rs"))
    .code_beside("collector.rs", include_str!("collector.rs"));
    exporting(registering(stopping(working(scenario))))
}

/// It works, and is stopped when there is nothing left to do.
fn working(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::documented(
                "published-submit",
                "try_submit, and if the ring is full, notified().await",
                fails(FailureKind::LostWakeup),
                || work(PUBLISHED_SUBMIT), // code: published-submit
            )
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "created-before-try",
                "notified() is created before try_submit",
                || work(RIGHT), // code: created-before-try
            )
            .limits(few_ticks)
            .accounted()
            .broken_by("created after", || work(PUBLISHED_SUBMIT), FailureKind::LostWakeup),
        )
        .variant(
            Variant::naive(
                "batch-forgotten",
                "batches of two, and the one that is not full when the consumer stops is forgotten",
                fails(FailureKind::Panic),
                || stop_while_submitting(REST_FORGOTTEN, 1), // code: batch-forgotten
            )
            .limits(few_ticks)
            .accounted(),
        )
        .variant(
            Variant::fixed(
                "batch-exported",
                "the last batch is exported, full or not",
                || stop_while_submitting(BATCHES_OF_TWO, 1), // code: batch-exported
            )
            .limits(few_ticks)
            .accounted()
            .broken_by(
                "forgotten",
                || stop_while_submitting(REST_FORGOTTEN, 1),
                FailureKind::Panic,
            ),
        )
}

/// It is stopped while a producer submits.
fn stopping(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::documented(
                "published-stop",
                "on shutdown: drain, export, leave",
                fails(FailureKind::Panic),
                || stop_while_submitting(PUBLISHED_STOP, 1), // code: published-stop
            )
            .limits(few_ticks)
            .accounted(),
        )
        .variant(
            Variant::fixed(
                "close-refuse-drain",
                "close the rings, refuse, drain until closed and empty, wake whoever waits for room",
                || stop_while_submitting(RIGHT, 2), // code: close-refuse-drain
            )
            .limits(few_ticks)
            .accounted()
            .broken_by(
                "nothing is closed",
                || stop_while_submitting(PUBLISHED_STOP, 1),
                FailureKind::Panic,
            ),
        )
        .variant(
            Variant::naive(
                "handle-dropped",
                "Ok(()) = &mut shutdown in the select!: a handle that is dropped is polled again",
                fails(FailureKind::Panic),
                || drop_the_handle(ONLY_WHEN_SENT), // code: handle-dropped
            )
            .limits(few_ticks),
        )
        .variant(
            Variant::fixed(
                "handle-dropped-stops",
                "_ = &mut shutdown: both ends stop the consumer",
                || drop_the_handle(RIGHT), // code: handle-dropped-stops
            )
            .limits(few_ticks)
            .accounted()
            .broken_by("only when sent", || drop_the_handle(ONLY_WHEN_SENT), FailureKind::Panic),
        )
}

/// Producers register.
fn registering(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "registered-after-close",
                "the rings are closed, the registry is not: a ring nobody drains",
                fails(FailureKind::Panic),
                || stop_while_registering(REGISTRY_OPEN), // code: registered-after-close
            )
            .limits(few_ticks)
            .accounted(),
        )
        .variant(
            Variant::fixed(
                "registry-closed",
                "rings and registry are closed under one lock",
                || stop_while_registering(RIGHT), // code: registry-closed
            )
            .limits(few_ticks)
            .accounted()
            .broken_by(
                "the registry stays open",
                || stop_while_registering(REGISTRY_OPEN),
                FailureKind::Panic,
            ),
        )
        .variant(
            Variant::naive(
                "limit-before-lock",
                "look whether there are too many, then lock and register",
                fails(FailureKind::Panic),
                || register_two(LIMIT_BEFORE_LOCK), // code: limit-before-lock
            )
            .outcome("1", Grade::Acceptable, "one is registered, one is refused")
            .outcome("2", Grade::Forbidden, "two are registered where one may"),
        )
        .variant(
            Variant::fixed(
                "limit-under-lock",
                "look and register under one lock",
                || register_two(ONE_PRODUCER), // code: limit-under-lock
            )
            .outcome("1", Grade::Acceptable, "one is registered, one is refused")
            .outcome("2", Grade::Forbidden, "two are registered where one may")
            .broken_by(
                "look before the lock",
                || register_two(LIMIT_BEFORE_LOCK),
                FailureKind::Panic,
            ),
        )
}

/// The exporter fails.
fn exporting(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "export-error-leaves",
                "`?` on the exporter's error: the consumer is gone, its producers are not",
                fails(FailureKind::Panic),
                || work(ERROR_LEAVES), // code: export-error-leaves
            )
            .limits(few_ticks)
            .accounted(),
        )
        .variant(
            Variant::fixed(
                "export-error-counted",
                "a batch that cannot be exported is counted as dropped, and the consumer goes on",
                || work(EXPORT_MAY_FAIL), // code: export-error-counted
            )
            .limits(few_ticks)
            .accounted()
            .broken_by("the consumer leaves", || work(ERROR_LEAVES), FailureKind::Panic),
        )
        .variant(
            Variant::fixed(
                "everything-at-once",
                "a producer registers and submits, the exporter may fail, the collector is stopped at any time",
                // code: everything-at-once
                || {
                    stop_while_registering(Design {
                        batch: 2,
                        ..EXPORT_MAY_FAIL
                    })
                },
                // end
            )
            .limits(few_ticks)
            .accounted()
            .broken_by(
                "nothing is closed",
                || {
                    stop_while_registering(Design {
                        closes: Closes::Nothing,
                        ..EXPORT_MAY_FAIL
                    })
                },
                FailureKind::Panic,
            ),
        )
}
