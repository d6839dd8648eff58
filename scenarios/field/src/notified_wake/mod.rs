//! A task that has been woken already is woken once more, and that publishes nothing.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("notified-wake", "Waking a task that is woken already", "G")
        .source("tokio-rs/tokio, pull request 7622")
        .level(Level::Depths)
        .needs(["store-buffering", "stale-waker"])
        .symptoms([Symptom::HangsUnderLoad, Symptom::WorksInDebug])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("Some(1)", Grade::Acceptable, "the poll sees the data")
        .outcome(
            "None",
            Grade::Acceptable,
            "the poll came first, and there will be another",
        )
        .outcome(
            "Some(0)",
            Grade::Forbidden,
            "the waker left it to a poll that does not see the data",
        )
        .variant(
            Variant::naive(
                "look-first",
                "do nothing if the task is notified",
                fails(FailureKind::Panic),
                || wake_while_notified(Wake::LookFirst), // code: look-first
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "always-write",
                "set the bit with release, whether it is set or not",
                || wake_while_notified(Wake::AlwaysWrite), // code: always-write
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "looks first",
                || wake_while_notified(Wake::LookFirst),
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Wake {
    LookFirst,
    AlwaysWrite,
}

/// Whether the task was notified already.
fn wake(notified: &AtomicBool, wake: Wake) -> bool {
    match wake {
        // Ordering: Acquire; it sees what the one who notified has published, and publishes nothing itself.
        Wake::LookFirst if notified.load(Ordering::Acquire) => true,
        // Ordering: AcqRel; Release publishes what was written before the wake-up, pairs with the swap of the poll.
        _ => notified.swap(true, Ordering::AcqRel),
    }
}

/// What the poll sees, if it is the one that the waker has left the data to.
fn wake_while_notified(how: Wake) -> Option<u32> {
    // Somebody has notified the task; it has not been polled yet.
    let task = Arc::new((AtomicBool::new(true).named("notified"), AtomicU32::new(0).named("data")));
    let theirs = Arc::clone(&task);
    let waker = thread("waker", move || {
        // Ordering: Relaxed; the wake-up is to publish it.
        theirs.1.store(1, Ordering::Relaxed);
        wake(&theirs.0, how)
    });
    // The runtime polls: from here on the task has to be notified anew.
    // Ordering: AcqRel; Acquire sees what was written before the wake-up.
    task.0.swap(false, Ordering::AcqRel);
    let data = task.1.load(Ordering::Relaxed);
    let was_notified = join(waker);
    was_notified.then_some(data)
}
// end
