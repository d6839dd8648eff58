//! A fair semaphore whose requests can be dropped at any time.

use selvedge::sync::Arc;
use selvedge::{FailureKind, Strategy, future};
use selvedge_primitives::semaphore::{Cancellation, Careful, KeepsGrant, Semaphore, SkipsNext};

use selvedge_primitives::waiter_queue::naive::CheckThenPush;

use super::programs::{start, start_thread, three_share_one, try_once};
use selvedge_catalog::{Kind, Level, Scenario, Symptom, Variant, fails, passed, verified};

/// Samples of every kind; each must come to the same conclusion.
const SAMPLED: [Strategy; 4] = [
    Strategy::Random,
    Strategy::Pct { depth: 3 },
    Strategy::Urw,
    Strategy::Pos,
];

/// See `semaphore.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("fair-semaphore", "Permits in order of asking, and requests that are dropped", "C")
        .source("An async synchronisation library; embassy-sync, issue 6964, for the first of the line that gives up")
        .level(Level::Depths)
        .needs(["cancelled-head"])
        .symptoms([Symptom::OneIsForgotten, Symptom::HangsAfterTimeout])
        .lesson(include_str!("semaphore.md"))
        .code(include_str!("semaphore.rs"))
        // Only for the lines that its traces name.
        .built_on(&[], ("src/waiter_queue/programs.rs", include_str!("programs.rs")), &[])
        .variant(
            Variant::naive(
                "keeps-grant",
                "a request that was granted and is dropped takes its permits along",
                fails(FailureKind::Panic),
                count_after_giving_up::<KeepsGrant>, // code: keeps-grant
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "gives-back",
                "it gives them back",
                count_after_giving_up::<Careful>, // code: gives-back
            )
                .also_on(SAMPLED)
                .on(Strategy::Loom, verified())
                .broken_by("the grant is kept", count_after_giving_up::<KeepsGrant>, FailureKind::Panic),
        )
        .variant(
            Variant::naive(
                "keeps-grant-stuck",
                "the same, and somebody waits behind it",
                fails(FailureKind::Deadlock),
                grant_passes_on::<KeepsGrant>, // code: keeps-grant-stuck
            )
            .also_on(SAMPLED),
        )
        .variant(Variant::fixed(
            "grant-passes-on",
            "they go to the next",
            grant_passes_on::<Careful>, // code: grant-passes-on
        ).also_on(SAMPLED).broken_by("the grant is kept", grant_passes_on::<KeepsGrant>, FailureKind::Deadlock))
        .variant(
            Variant::naive(
                "skips-next",
                "the first wants two and gives up; nobody looks at the second, who wants the one that is there",
                fails(FailureKind::Deadlock),
                first_gives_up::<SkipsNext>, // code: skips-next
            )
            .also_on(SAMPLED),
        )
        .variant(
            Variant::fixed(
                "looks-at-next",
                "whoever leaves the line looks whether the next can go on",
                first_gives_up::<Careful>, // code: looks-at-next
            )
            .also_on(SAMPLED)
            .on(Strategy::Loom, verified())
            .broken_by("the next is not looked at", first_gives_up::<SkipsNext>, FailureKind::Deadlock),
        )
        .variant(Variant::fixed("one-permit-tasks", "three tasks share one permit", tasks_share_one).also_on(SAMPLED).broken_by("a queue without a second look", three_share_one::<CheckThenPush>, FailureKind::LostWakeup))
        .variant(Variant::fixed("one-permit-threads", "three threads share one permit", threads_share_one).also_on(SAMPLED).broken_by("a queue without a second look", three_share_one::<CheckThenPush>, FailureKind::LostWakeup))
        .variant(
            Variant::new(
                "one-permit-thousand-tasks",
                Kind::Fixed,
                "a thousand tasks share one permit",
                passed(),
                thousand_tasks_share_one,
            )
            .also_on([Strategy::Random, Strategy::Pct { depth: 3 }])
            .not_on(&Strategy::Exhaustive)
            .limits(|limits| {
                limits.samples = Some(3);
                limits.max_steps = Some(1_000_000);
            })
            .note("a thousand tasks are no subject for an exhaustive search: a sample shows that they finish and that no permit is lost"),
        )
}

// code: keeps-grant, gives-back
/// One asks and gives up while a permit is added.
fn count_after_giving_up<C: Cancellation + Send + Sync>() {
    let semaphore = Arc::new(Semaphore::<C>::with_cancellation(0));
    let impatient = {
        let semaphore = Arc::clone(&semaphore);
        start_thread("impatient", async move {
            try_once(semaphore.acquire(1)).await;
        })
    };
    semaphore.add_permits(1);
    impatient.join().expect("the impatient one does not panic");
    assert!(semaphore.available() == 1, "a permit is lost");
}
// end

// code: keeps-grant-stuck, grant-passes-on
/// One asks and gives up, one waits, one adds a permit.
fn grant_passes_on<C: Cancellation + Send + Sync>() {
    let semaphore = Arc::new(Semaphore::<C>::with_cancellation(0));
    let impatient = {
        let semaphore = Arc::clone(&semaphore);
        start("impatient", async move {
            try_once(semaphore.acquire(1)).await;
        })
    };
    let patient = {
        let semaphore = Arc::clone(&semaphore);
        start("patient", async move { drop(semaphore.acquire(1).await) })
    };
    semaphore.add_permits(1);
    future::block_on(async {
        impatient.await.expect("the impatient one does not panic");
        patient.await.expect("the patient one does not panic");
    });
}
// end

// code: skips-next, looks-at-next
/// One permit: one task asks for two and gives up, another asks for one.
fn first_gives_up<C: Cancellation + Send + Sync>() {
    let semaphore = Arc::new(Semaphore::<C>::with_cancellation(1));
    let greedy = {
        let semaphore = Arc::clone(&semaphore);
        start_thread("greedy", async move {
            try_once(semaphore.acquire(2)).await;
        })
    };
    let modest = {
        let semaphore = Arc::clone(&semaphore);
        start_thread("modest", async move { drop(semaphore.acquire(1).await) })
    };
    greedy.join().expect("the greedy one does not panic");
    modest.join().expect("the modest one does not panic");
    assert!(semaphore.available() == 1, "a permit is lost");
}
// end

// code: one-permit-tasks
fn tasks_share_one() {
    let semaphore = Arc::new(Semaphore::new(1));
    let tasks = ["first", "second", "third"].map(|name| {
        let semaphore = Arc::clone(&semaphore);
        start(name, async move { drop(semaphore.acquire(1).await) })
    });
    future::block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    assert!(semaphore.available() == 1, "a permit is lost");
}
// end

// code: one-permit-threads
fn threads_share_one() {
    let semaphore = Arc::new(Semaphore::new(1));
    let threads = ["first", "second", "third"].map(|name| {
        let semaphore = Arc::clone(&semaphore);
        start_thread(name, async move { drop(semaphore.acquire(1).await) })
    });
    for thread in threads {
        thread.join().expect("no thread panics");
    }
    assert!(semaphore.available() == 1, "a permit is lost");
}
// end

// code: one-permit-thousand-tasks
fn thousand_tasks_share_one() {
    let semaphore = Arc::new(Semaphore::new(1));
    let tasks: Vec<_> = (0..1_000)
        .map(|_| {
            let semaphore = Arc::clone(&semaphore);
            future::spawn(async move { drop(semaphore.acquire(1).await) })
        })
        .collect();
    future::block_on(async {
        for task in tasks {
            task.await.expect("no task panics");
        }
    });
    assert!(semaphore.available() == 1, "a permit is lost");
}
// end
