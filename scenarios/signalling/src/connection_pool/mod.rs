//! Two tasks wait for connections while two connections come back.

mod pool;

use selvedge::FailureKind;
use selvedge::time::Duration;

use pool::{Use, Wait, two_waiters};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "connection-pool",
        "Two tasks wait for connections while two come back",
        "B",
    )
    .source("The write-up of a tracing span collector, on signalling with tokio::sync::Notify: connection pool")
    .level(Level::Waiting)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::OneIsForgotten, Symptom::HangsUnderLoad])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("pool.rs", include_str!("pool.rs"))
    .variant(
        Variant::naive(
            "pop-then-notified",
            "pop; if there is none, notified().await: two releases leave one permit",
            fails(FailureKind::LostWakeup),
            || two_waiters(Wait::AfterPop, Use::Keep), // code: pop-then-notified
        )
        .outcome(
            "[0ns, 0ns]",
            Grade::Acceptable,
            "nobody waits beside an idle connection",
        )
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "a task sleeps beside an idle connection",
        ),
    )
    .variant(
        Variant::naive(
            "pop-then-notified-brief",
            "the same with connections that are given back after a second: it looks like a slow pool",
            fails(FailureKind::Panic),
            || two_waiters(Wait::AfterPop, Use::For(Duration::from_secs(1))), // code: pop-then-notified-brief
        )
        .outcome(
            "[0ns, 0ns]",
            Grade::Acceptable,
            "nobody waits beside an idle connection",
        )
        .outcome(
            "[0ns, 1s]",
            Grade::Forbidden,
            "a task waits a second beside an idle connection",
        )
        .outcome(
            "[1s, 0ns]",
            Grade::Forbidden,
            "a task waits a second beside an idle connection",
        ),
    )
    .variant(
        Variant::fixed(
            "enable-before-pop",
            "notified() is created and registered with enable(), then pop, then await",
            || two_waiters(Wait::EnabledBeforePop, Use::Keep), // code: enable-before-pop
        )
        .outcome(
            "[0ns, 0ns]",
            Grade::Acceptable,
            "nobody waits beside an idle connection",
        )
        .broken_by(
            "created before the pop, and not enabled",
            || two_waiters(Wait::CreatedBeforePop, Use::Keep),
            FailureKind::LostWakeup,
        ),
    )
    .variant(
        Variant::documented(
            "created-before-pop",
            "notified() is created before the pop: enough for notify_waiters, not for notify_one",
            fails(FailureKind::LostWakeup),
            || two_waiters(Wait::CreatedBeforePop, Use::Keep), // code: created-before-pop
        )
        .outcome(
            "[0ns, 0ns]",
            Grade::Acceptable,
            "nobody waits beside an idle connection",
        )
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "a task sleeps beside an idle connection",
        ),
    )
    .variant(
        Variant::fixed(
            "semaphore",
            "a permit for each idle connection: permits add up",
            || two_waiters(Wait::Semaphore, Use::Keep), // code: semaphore
        )
        .outcome(
            "[0ns, 0ns]",
            Grade::Acceptable,
            "nobody waits beside an idle connection",
        )
        .broken_by(
            "a notify in its place",
            || two_waiters(Wait::AfterPop, Use::Keep),
            FailureKind::LostWakeup,
        ),
    )
}
