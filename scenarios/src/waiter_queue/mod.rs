//! Waiter queues: who may be forgotten, and how each of four implementations forgets nobody.

mod programs;
pub(crate) mod semaphore;

use selvedge::{FailureKind, Strategy};
use selvedge_primitives::waiter_queue::naive::{CheckThenPush, Keeping, NoRemoval, StaleWaker};
use selvedge_primitives::waiter_queue::{intrusive, lock_free, mutex, single};

use crate::catalog::{Scenario, Variant, fails, verified};
use programs::{
    a_neighbour_comes_back, one_gives_up, one_is_aborted, one_thread_gives_up, one_waiter, one_waiting_thread,
    two_waiters,
};

/// Samples of every kind; each must find the failure too.
const SAMPLED: [Strategy; 3] = [Strategy::Random, Strategy::Urw, Strategy::Pos];

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    let scenario = Scenario::new(
        "waiter-queue",
        "A queue of wakers: registration, cancellation and the wake-up that goes nowhere",
        "C",
    )
    .source("An async synchronisation library that plans waiter queues without mutexes in three phases")
    .lesson(include_str!("lesson.md"));
    aborting(migrating(leaving(registering(scenario))))
}

/// Rule 1: the condition is looked at again once the waker can be found.
fn registering(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "check-then-push",
                "look, then lock and push: no second look",
                fails(FailureKind::LostWakeup),
                one_waiter::<CheckThenPush>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::naive(
                "unfenced",
                "the mode is stored and the condition loaded with no fence between them",
                fails(FailureKind::Deadlock),
                one_waiting_thread::<single::Unfenced>,
            )
            .on(Strategy::Exhaustive, verified())
            .on(Strategy::Loom, fails(FailureKind::Deadlock))
            .note("a sequentially consistent machine needs no fence; loom shows the store buffering"),
        )
        .variant(
            Variant::fixed("mutex-registers", "looks under the lock", one_waiter::<mutex::Queue>)
                .also_on(SAMPLED)
                .on(Strategy::Loom, verified()),
        )
        .variant(
            Variant::fixed(
                "single-registers",
                "stores the mode, fences, looks again",
                one_waiter::<single::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "single-registers-threads",
                "the same with threads",
                one_waiting_thread::<single::Queue>,
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified()),
        )
        .variant(
            Variant::fixed(
                "lock-free-registers",
                "pushes, fences, looks again",
                one_waiter::<lock_free::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed("intrusive-registers", "looks under the lock", one_waiter::<intrusive::Queue>)
                .also_on(SAMPLED)
                .on(Strategy::Loom, verified()),
        )
}

/// Rules 2 and 3: who goes away leaves nothing behind and takes nothing along.
fn leaving(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::documented(
                "stale-waker",
                "push, look again, wake oneself, and leave the waker in the queue",
                fails(FailureKind::LostWakeup),
                two_waiters::<StaleWaker>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::documented(
                "no-removal",
                "the waker of a cancelled waiter stays in the queue",
                fails(FailureKind::LostWakeup),
                one_gives_up::<NoRemoval>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::naive(
                "keeps-the-wake-up",
                "a waiter that was woken and is dropped tells nobody",
                fails(FailureKind::LostWakeup),
                one_gives_up::<Keeping<mutex::Queue>>,
            )
            .also_on(SAMPLED),
        )
        .variant(Variant::fixed("mutex-two-waiters", "no stale waker", two_waiters::<mutex::Queue>).also_on(SAMPLED))
        .variant(Variant::fixed("single-two-waiters", "no stale waker", two_waiters::<single::Queue>).also_on(SAMPLED))
        .variant(
            Variant::fixed("lock-free-two-waiters", "no stale waker", two_waiters::<lock_free::Queue>).also_on(SAMPLED),
        )
        .variant(
            Variant::fixed("intrusive-two-waiters", "no stale waker", two_waiters::<intrusive::Queue>).also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "mutex-gives-up",
                "removal and hand-over",
                one_gives_up::<mutex::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "single-gives-up",
                "removal and hand-over",
                one_gives_up::<single::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "lock-free-gives-up",
                "a mark instead of a removal, and hand-over",
                one_gives_up::<lock_free::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "intrusive-gives-up",
                "unlinking and hand-over",
                one_gives_up::<intrusive::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "single-gives-up-threads",
                "the same with threads",
                one_thread_gives_up::<single::Queue>,
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "intrusive-gives-up-threads",
                "the same with threads",
                one_thread_gives_up::<intrusive::Queue>,
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified()),
        )
}

/// Rule 2 once more: the entry that is removed is one's own.
fn migrating(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::documented(
                "anonymous-single",
                "who came alone takes whoever is alone now for itself",
                fails(FailureKind::LostWakeup),
                a_neighbour_comes_back::<single::Anonymous>,
            )
            .also_on([Strategy::Random, Strategy::Pos]),
        )
        .variant(Variant::fixed(
            "single-comes-back",
            "an entry has an identity",
            a_neighbour_comes_back::<single::Queue>,
        ))
}

/// The same with an executor that drops a task.
fn aborting(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "keeps-the-wake-up-aborted",
                "a task is woken, and aborted before it is polled",
                fails(FailureKind::LostWakeup),
                one_is_aborted::<Keeping<lock_free::Queue>>,
            )
            .also_on(SAMPLED),
        )
        .variant(Variant::fixed("mutex-aborted", "the wake-up is passed on", one_is_aborted::<mutex::Queue>))
        .variant(Variant::fixed("single-aborted", "the wake-up is passed on", one_is_aborted::<single::Queue>))
        .variant(Variant::fixed("lock-free-aborted", "the wake-up is passed on", one_is_aborted::<lock_free::Queue>))
        .variant(Variant::fixed("intrusive-aborted", "the wake-up is passed on", one_is_aborted::<intrusive::Queue>))
}
