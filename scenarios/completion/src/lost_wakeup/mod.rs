//! Waiting for completion: everything that can go wrong between looking and sleeping, and what cannot.
//!
//! | module | its programs |
//! |---|---|
//! | `engine` | the system: a status for every task, and a notify for those who wait |
//! | `waiters` | `wait_for_completion` on the real `tokio::sync::Notify` |
//! | `permits` | `notify_one` and its single permit |
//! | `own_notify` | our own notify with and without a version, down to its atomics |
//! | `threads` | the same with condition variable, `park` and channel |
//! | `alternatives` | a flag, a oneshot channel, a watch channel |

mod alternatives;
mod engine;
mod own_notify;
mod permits;
mod threads;
mod waiters;

use selvedge::{FailureKind, Strategy};

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new("lost-wakeup", "Waiting for a task to complete", "A")
        .source("a workflow engine's write-up on version-tracked waiting; tokio's documentation of Notify and Notified")
        .level(Level::Waiting)
        .needs(["broadcast-condvar"])
        .symptoms([Symptom::HangsUnderLoad, Symptom::OneIsForgotten])
        .lesson(include_str!("lesson.md"))
        .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
        .code_beside("engine.rs", include_str!("engine.rs"))
        .code_beside("alternatives.rs", include_str!("alternatives.rs"))
        .code_beside("own_notify.rs", include_str!("own_notify.rs"))
        .code_beside("permits.rs", include_str!("permits.rs"))
        .code_beside("threads.rs", include_str!("threads.rs"))
        .code_beside("waiters.rs", include_str!("waiters.rs"));
    let variants = waiting()
        .into_iter()
        .chain(permits())
        .chain(own())
        .chain(threads())
        .chain(others());
    variants.fold(scenario, Scenario::variant)
}

/// Strategies that find the small ones in their default number of executions.
fn samplers() -> [Strategy; 4] {
    [
        Strategy::Random,
        Strategy::Pct { depth: 2 },
        Strategy::Urw,
        Strategy::Pos,
    ]
}

fn waiting() -> Vec<Variant> {
    vec![
        Variant::naive(
            "check-then-create",
            "look at the status, then `notified().await`",
            fails(FailureKind::LostWakeup),
            waiters::check_then_create,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the worker notifies between the look and the wait",
        )
        .also_on(samplers()),
        Variant::fixed(
            "create-then-check",
            "`notified()` before the look at the status, awaited after it",
            waiters::create_then_check,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .broken_by(
            "created after the look",
            waiters::check_then_create,
            FailureKind::LostWakeup,
        )
        .control()
        .also_on(samplers()),
        Variant::naive(
            "pinned-after-check",
            "`pin!(notify.notified())` after the look: pinning registers nothing",
            fails(FailureKind::LostWakeup),
            waiters::pinned_after_check,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the worker notifies between the look and the wait",
        ),
        Variant::naive(
            "async-block-before-check",
            "`async { notify.notified().await }` before the look: the block creates nothing until it is polled",
            fails(FailureKind::LostWakeup),
            waiters::async_block_before_check,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the worker notifies before the block is polled",
        ),
        Variant::naive(
            "notify-before-store",
            "the worker notifies, then stores the status",
            fails(FailureKind::LostWakeup),
            waiters::notify_before_store,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the waiter looks and waits between the notification and the store",
        ),
        Variant::naive(
            "no-loop",
            "one wake-up is taken for completion, and it was about another task",
            fails(FailureKind::Panic),
            waiters::no_loop,
        ),
        Variant::fixed(
            "wait-for-all",
            "create, check, wait for each of several tasks",
            waiters::wait_for_all,
        )
        .outcome("[Complete, Complete]", Grade::Acceptable, "both are told")
        .broken_by(
            "created after the look",
            waiters::wait_for_all_looking_first,
            FailureKind::LostWakeup,
        ),
        Variant::fixed(
            "unknown-task",
            "a task that nobody submitted is an error at once",
            waiters::unknown_task,
        )
        .outcome(
            "Err(UnknownTask(7))",
            Grade::Acceptable,
            "nobody will ever complete it, and the waiter is told so",
        )
        .broken_by(
            "unknown taken for pending",
            waiters::unknown_task_as_pending,
            FailureKind::Deadlock,
        ),
    ]
}

fn permits() -> Vec<Variant> {
    vec![
        Variant::naive(
            "notify-one-two-waiters",
            "`notify_one` wakes one of two waiters",
            fails(FailureKind::Deadlock),
            waiters::notify_one_two_waiters,
        )
        .outcome("[Complete, Complete]", Grade::Acceptable, "both are told")
        .outcome("deadlock", Grade::Forbidden, "both wait, one is woken"),
        Variant::fixed(
            "notify-one-permit",
            "`notify_one` and a single waiter: the permit waits for it",
            waiters::notify_one_permit,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .broken_by(
            "a second waiter",
            waiters::notify_one_two_waiters,
            FailureKind::Deadlock,
        )
        .control(),
        Variant::naive(
            "younger-takes-permit",
            "a younger future is polled first and takes the permit",
            fails(FailureKind::Deadlock),
            permits::younger_takes_the_permit,
        ),
        Variant::fixed(
            "enable-before-check",
            "`enable()` registers before the look at the status",
            permits::enable_before_check,
        )
        .broken_by(
            "enable dropped",
            permits::younger_takes_the_permit,
            FailureKind::Deadlock,
        ),
        Variant::naive(
            "enable-then-drop",
            "`enable()` took the permit, and its future is dropped",
            fails(FailureKind::Deadlock),
            permits::enable_then_drop,
        ),
        Variant::fixed(
            "enable-is-an-answer",
            "`enable()` that says true is the notification",
            permits::enable_is_an_answer,
        )
        .broken_by("answer ignored", permits::enable_then_drop, FailureKind::Deadlock),
        Variant::fixed(
            "notified-then-dropped",
            "a notified future that is dropped passes the notification on",
            permits::notified_then_dropped,
        )
        .broken_by(
            "answer of the poll ignored",
            permits::polled_then_dropped,
            FailureKind::Deadlock,
        )
        .control(),
    ]
}

fn own() -> Vec<Variant> {
    vec![
        Variant::naive(
            "own-without-version",
            "our own notify, a list of wakers: `notified()` before the look does not help",
            fails(FailureKind::Deadlock),
            own_notify::without_version,
        )
        .note("a lost wakeup by its story; a deadlock to the kernel, which cannot know what the list of our own type means")
        .also_on([Strategy::Loom]),
        Variant::fixed(
            "own-with-version",
            "our own notify with a version that `notified()` captures",
            own_notify::with_version,
        )
        .broken_by("version dropped", own_notify::without_version, FailureKind::Deadlock)
        .broken_by("version relaxed", own_notify::with_relaxed_version, FailureKind::Deadlock)
        .also_on([Strategy::Loom]),
        Variant::naive(
            "own-with-relaxed-version",
            "the version is raised and captured relaxed",
            fails(FailureKind::Deadlock),
            own_notify::with_relaxed_version,
        )
        .also_on([Strategy::Loom]),
    ]
}

fn threads() -> Vec<Variant> {
    vec![
        Variant::naive(
            "condvar-check-outside-lock",
            "look, lock, wait",
            fails(FailureKind::LostWakeup),
            threads::condvar_check_outside_lock,
        )
        .outcome("()", Grade::Acceptable, "the waiter goes on")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the worker notifies between the look and the wait",
        )
        .also_on(samplers()),
        Variant::naive(
            "condvar-store-outside-lock",
            "the waiter looks under the lock, the worker stores without it",
            fails(FailureKind::LostWakeup),
            threads::condvar_store_outside_lock,
        )
        .outcome("()", Grade::Acceptable, "the waiter goes on")
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the worker stores and notifies between the look and the wait",
        ),
        Variant::fixed(
            "condvar-under-lock",
            "both sides take the lock, and the waiter loops",
            threads::condvar_under_lock,
        )
        .outcome("()", Grade::Acceptable, "the waiter goes on")
        .broken_by(
            "stored without the lock",
            threads::condvar_store_outside_lock,
            FailureKind::LostWakeup,
        ),
        Variant::fixed(
            "check-then-park",
            "look, then `park`: an early `unpark` leaves its token",
            threads::check_then_park,
        )
        .outcome("()", Grade::Acceptable, "the waiter goes on")
        .broken_by(
            "unpark before the store",
            threads::unpark_before_store,
            FailureKind::Deadlock,
        )
        .control(),
        Variant::fixed(
            "channel",
            "a channel instead of a status and a signal",
            threads::channel,
        )
        .outcome("\"Complete\"", Grade::Acceptable, "the message waits for its reader")
        .broken_by(
            "a flag and a signal instead",
            threads::condvar_check_outside_lock,
            FailureKind::LostWakeup,
        ),
    ]
}

fn others() -> Vec<Variant> {
    vec![
        Variant::fixed(
            "flag-beside-notify",
            "an atomic flag for the news, the notify for the wake-up",
            alternatives::flag_beside_notify,
        )
        .broken_by(
            "notify before the flag",
            alternatives::flag_after_notify,
            FailureKind::Deadlock,
        ),
        Variant::fixed(
            "oneshot-channel",
            "a oneshot channel: the news waits for its reader",
            alternatives::oneshot_channel,
        )
        .outcome("Complete", Grade::Acceptable, "the waiter sees that the task is done")
        .broken_by(
            "a status and a notify instead",
            waiters::check_then_create,
            FailureKind::LostWakeup,
        ),
        Variant::fixed(
            "watch-channel",
            "a watch channel: status and version in one, two waiters",
            alternatives::watch_channel,
        )
        .outcome("[Complete, Complete]", Grade::Acceptable, "both are told")
        .broken_by(
            "marked as seen after the look",
            alternatives::watch_marked_after_the_look,
            FailureKind::Deadlock,
        ),
    ]
}
