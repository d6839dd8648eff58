//! Waiter queues: who may be forgotten, and how each of four implementations forgets nobody.

mod programs;
pub(crate) mod semaphore;

use selvedge::{FailureKind, Strategy};
use selvedge_primitives::waiter_queue::naive::{CheckThenPush, Keeping, NoRemoval, StaleWaker};
use selvedge_primitives::waiter_queue::{self, intrusive, lock_free, mutex, naive, single};

use programs::{
    one_gives_up, one_is_aborted, one_leaves_and_one_comes, one_thread_gives_up, one_waiter, one_waiting_thread,
    the_first_leaves, the_second_comes_back, two_waiters,
};
use selvedge_catalog::{Kind, Level, Scenario, Symptom, Variant, fails, passed, verified};

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
    .level(Level::Depths)
    .needs(["cancelled-waiter", "store-buffering"])
    .symptoms([
        Symptom::HangsUnderLoad,
        Symptom::HangsAfterTimeout,
        Symptom::OneIsForgotten,
    ])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .code_beside("programs.rs", include_str!("programs.rs"))
    .built_on(&["*"], waiter_queue::PERMITS, &["impl<Q: WaiterQueue> Permits<Q>"])
    .built_on(
        &["check-then-push", "no-removal"],
        naive::SOURCE,
        &[
            "pub struct Anonymous",
            "impl<const LOOKS_UNDER_LOCK: bool> WaiterQueue for Anonymous",
        ],
    )
    .built_on(&["stale-waker"], naive::SOURCE, &["impl WaiterQueue for StaleWaker"])
    .built_on(
        &["unfenced", "anonymous-single", "single-*"],
        single::SOURCE,
        &[
            "impl<const IDENTITY: bool, const FENCED: bool> Queue<IDENTITY, FENCED>",
            "impl<const IDENTITY: bool, const FENCED: bool> WaiterQueue for Queue",
        ],
    )
    .built_on(
        &["mutex-*", "keeps-the-wake-up"],
        mutex::SOURCE,
        &["impl WaiterQueue for Queue"],
    )
    .built_on(
        &["lock-free-*", "keeps-the-wake-up-aborted"],
        lock_free::SOURCE,
        &["impl Node", "impl WaiterQueue for Queue"],
    )
    .built_on(
        &["intrusive-*"],
        intrusive::SOURCE,
        &["impl Ends", "impl WaiterQueue for Queue"],
    )
    .built_on(
        &[
            "no-removal",
            "keeps-*",
            "*-gives-up",
            "*-aborted",
            "*-first-leaves",
            "single-comes-back",
        ],
        waiter_queue::SOURCE,
        &["impl<Q: WaiterQueue> Drop for Waiter"],
    )
    .built_on(
        &["keeps-*"],
        naive::SOURCE,
        &["impl<Q: WaiterQueue> WaiterQueue for Keeping"],
    );
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
                one_waiter::<CheckThenPush>, // code: check-then-push
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::naive(
                "unfenced",
                "the mode is stored and the condition loaded with no fence between them",
                fails(FailureKind::Deadlock),
                one_waiting_thread::<single::Unfenced>, // code: unfenced
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "mutex-registers",
                "looks under the lock",
                one_waiter::<mutex::Queue>, // code: mutex-registers
            )
            .also_on(SAMPLED)
            .broken_by("no second look", one_waiter::<CheckThenPush>, FailureKind::LostWakeup),
        )
        .variant(
            Variant::fixed(
                "lock-free-registers",
                "pushes, fences, looks again",
                one_waiter::<lock_free::Queue>, // code: lock-free-registers
            )
            .also_on(SAMPLED)
            .broken_by("no second look", one_waiter::<CheckThenPush>, FailureKind::LostWakeup),
        )
        .variant(
            Variant::fixed(
                "intrusive-registers",
                "looks under the lock",
                one_waiter::<intrusive::Queue>, // code: intrusive-registers
            )
            .also_on(SAMPLED)
            .broken_by("no second look", one_waiter::<CheckThenPush>, FailureKind::LostWakeup),
        )
        .variant(
            Variant::fixed(
                "single-registers",
                "stores the mode, fences, looks again",
                one_waiter::<single::Queue>, // code: single-registers
            )
            .also_on(SAMPLED)
            .broken_by("no second look", one_waiter::<CheckThenPush>, FailureKind::LostWakeup),
        )
        .variant(
            Variant::fixed(
                "single-registers-threads",
                "the same with threads",
                one_waiting_thread::<single::Queue>, // code: single-registers-threads
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified())
            .broken_by(
                "no fences",
                one_waiting_thread::<single::Unfenced>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "intrusive-registers-threads",
                "the same with threads",
                one_waiting_thread::<intrusive::Queue>, // code: intrusive-registers-threads
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified())
            .broken_by(
                "no second look",
                one_waiting_thread::<CheckThenPush>,
                FailureKind::LostWakeup,
            ),
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
                two_waiters::<StaleWaker>, // code: stale-waker
            )
            .also_on(SAMPLED)
            .limits(|l| l.samples = Some(100_000)),
        )
        .variant(
            Variant::documented(
                "no-removal",
                "the waker of a cancelled waiter stays in the queue",
                fails(FailureKind::LostWakeup),
                one_gives_up::<NoRemoval>, // code: no-removal
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::naive(
                "keeps-the-wake-up",
                "a waiter that was woken and is dropped tells nobody",
                fails(FailureKind::Deadlock),
                one_gives_up::<Keeping<mutex::Queue>>, // code: keeps-the-wake-up
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "mutex-two-waiters",
                "no stale waker is left",
                two_waiters::<mutex::Queue>, // code: mutex-two-waiters
            )
            .also_on(SAMPLED)
            .broken_by(
                "the stale waker stays",
                two_waiters::<StaleWaker>,
                FailureKind::LostWakeup,
            ),
        )
        .variant(
            Variant::fixed(
                "mutex-gives-up",
                "the entry is removed, or the wake-up handed over",
                one_gives_up::<mutex::Queue>, // code: mutex-gives-up
            )
            .also_on(SAMPLED)
            .broken_by(
                "the wake-up is kept",
                one_gives_up::<Keeping<mutex::Queue>>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "lock-free-two-waiters",
                "the entry is marked, and passed over",
                two_waiters::<lock_free::Queue>, // code: lock-free-two-waiters
            )
            .also_on(SAMPLED)
            .broken_by(
                "the stale waker stays",
                two_waiters::<StaleWaker>,
                FailureKind::LostWakeup,
            ),
        )
        .variant(
            Variant::fixed(
                "lock-free-gives-up",
                "the entry is marked, or the wake-up handed over",
                one_gives_up::<lock_free::Queue>, // code: lock-free-gives-up
            )
            .also_on(SAMPLED)
            .broken_by(
                "the wake-up is kept",
                one_gives_up::<Keeping<lock_free::Queue>>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "intrusive-two-waiters",
                "no stale waker is left",
                two_waiters::<intrusive::Queue>, // code: intrusive-two-waiters
            )
            .also_on(SAMPLED)
            .broken_by(
                "the stale waker stays",
                two_waiters::<StaleWaker>,
                FailureKind::LostWakeup,
            ),
        )
        .variant(
            Variant::fixed(
                "intrusive-gives-up",
                "the node is unlinked, or the wake-up handed over",
                one_gives_up::<intrusive::Queue>, // code: intrusive-gives-up
            )
            .also_on(SAMPLED)
            .broken_by(
                "the wake-up is kept",
                one_gives_up::<Keeping<intrusive::Queue>>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "intrusive-gives-up-threads",
                "the same with threads",
                one_thread_gives_up::<intrusive::Queue>, // code: intrusive-gives-up-threads
            )
            .also_on(SAMPLED)
            .broken_by(
                "the wake-up is kept",
                one_thread_gives_up::<Keeping<intrusive::Queue>>,
                FailureKind::Deadlock,
            ),
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
                the_second_comes_back::<single::Anonymous>, // code: anonymous-single
            )
            .also_on([Strategy::Random, Strategy::Pos]),
        )
        .variant(Variant::fixed(
            "single-leaves-and-comes",
            "one leaves while another comes",
            one_leaves_and_one_comes::<single::Queue>, // code: single-leaves-and-comes
        ).also_on(SAMPLED).broken_by("the waker of the first stays", one_leaves_and_one_comes::<NoRemoval>, FailureKind::LostWakeup))
        .variant(Variant::fixed(
            "single-first-leaves",
            "the first of two leaves while it is woken",
            the_first_leaves::<single::Queue>, // code: single-first-leaves
        ).also_on(SAMPLED).broken_by("the wake-up is kept", the_first_leaves::<Keeping<single::Queue>>, FailureKind::Deadlock))
        .variant(Variant::fixed(
            "single-comes-back",
            "an entry has an identity",
            the_second_comes_back::<single::Queue>, // code: single-comes-back
        ).also_on(SAMPLED).broken_by("no identity", the_second_comes_back::<single::Anonymous>, FailureKind::LostWakeup))
        .variant(
            Variant::new(
                "single-gives-up-sampled",
                Kind::Fixed,
                "one gives up, one waits, one gives, all at once",
                passed(),
                one_gives_up::<single::Queue>, // code: single-gives-up-sampled
            )
            .also_on(SAMPLED)
            .not_on(&Strategy::Exhaustive)
            .note("more than 600,000 interleavings: the search is not complete in half a minute, so this is a sample; the pairs above are complete"),
        )
}

/// The same with an executor that drops a task.
fn aborting(scenario: Scenario) -> Scenario {
    scenario
        .variant(
            Variant::naive(
                "keeps-the-wake-up-aborted",
                "a task is woken, and aborted before it is polled",
                fails(FailureKind::Deadlock),
                one_is_aborted::<Keeping<lock_free::Queue>>, // code: keeps-the-wake-up-aborted
            )
            .also_on(SAMPLED)
            .limits(|l| l.samples = Some(100_000)),
        )
        .variant(
            Variant::fixed(
                "mutex-aborted",
                "the wake-up is passed on",
                one_is_aborted::<mutex::Queue>, // code: mutex-aborted
            )
            .broken_by(
                "the wake-up is kept",
                one_is_aborted::<Keeping<mutex::Queue>>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "lock-free-aborted",
                "the wake-up is passed on",
                one_is_aborted::<lock_free::Queue>, // code: lock-free-aborted
            )
            .broken_by(
                "the wake-up is kept",
                one_is_aborted::<Keeping<lock_free::Queue>>,
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "intrusive-aborted",
                "the wake-up is passed on",
                one_is_aborted::<intrusive::Queue>, // code: intrusive-aborted
            )
            .broken_by(
                "the wake-up is kept",
                one_is_aborted::<Keeping<intrusive::Queue>>,
                FailureKind::Deadlock,
            ),
        )
}
