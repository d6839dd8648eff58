//! A server is told to stop while it handles a job.

mod listen;
mod token;

use selvedge::FailureKind;

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "graceful-shutdown",
        "A server is told to stop while it handles a job",
        "B",
    )
    .source("The write-up of a tracing span collector, on signalling with tokio::sync::Notify: graceful shutdown")
    .level(Level::Waiting)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::HangsAtShutdown])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("listen.rs", include_str!("listen.rs"))
    .code_beside("token.rs", include_str!("token.rs"))
    .outcome("1", Grade::Acceptable, "the job is handled, then the server stops")
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "the stop is not heard; the server waits for ever",
    )
    .variant(Variant::naive(
        "notified-in-select",
        "select! on notified() and the next job: nobody listens while a job is handled",
        fails(FailureKind::LostWakeup),
        || listen::in_the_loop(listen::broadcast), // code: notified-in-select
    ))
    .variant(
        Variant::documented(
            "pinned-in-task",
            "one future, pinned before the loop, but in a task that may start after the signal",
            fails(FailureKind::LostWakeup),
            listen::in_the_task,
        )
        .outcome("0", Grade::Acceptable, "the server stops; there was no job"),
    )
    .variant(
        Variant::fixed(
            "pinned-before-signal",
            "one future, pinned before the loop and before anybody can send the signal",
            listen::pinned,
        )
        .broken_by(
            "created anew in every round",
            || listen::in_the_loop(listen::broadcast),
            FailureKind::LostWakeup,
        ),
    )
    .variant(
        Variant::fixed(
            "notify-one",
            "one listener, one permit: it is stored until the next round",
            || listen::in_the_loop(listen::to_one), // code: notify-one
        )
        .control()
        .broken_by(
            "notify_waiters instead",
            || listen::in_the_loop(listen::broadcast),
            FailureKind::LostWakeup,
        ),
    )
    .variant(
        Variant::naive(
            "notify-one-two-listeners",
            "the permit is for one: the other listener works on",
            fails(FailureKind::Deadlock),
            || token::two_listeners(token::Stop::NotifyOne), // code: notify-one-two-listeners
        )
        .outcome("deadlock", Grade::Forbidden, "one of the two is never told"),
    )
    .variant(
        Variant::fixed(
            "watch",
            "a watch channel: whoever looks late sees that it has changed",
            || listen::watching(listen::Looks::Changed), // code: watch
        )
        .broken_by(
            "each round takes the value for seen",
            || listen::watching(listen::Looks::SeenFirst),
            FailureKind::Deadlock,
        ),
    )
    .variant(
        Variant::fixed(
            "token",
            "a cancellation token: a flag that stays set, and a notify for those who wait",
            || token::two_listeners(token::Stop::Token(token::Order::CreateThenCheck)), // code: token
        )
        .broken_by(
            "the flag is read before the future is created",
            || token::two_listeners(token::Stop::Token(token::Order::CheckThenCreate)),
            FailureKind::LostWakeup,
        ),
    )
}
