//! Two callers need the same value, and it is to be computed once.

use std::future::Future;

use selvedge::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use selvedge::sync::{Arc, OnceLock};
use selvedge::tokio::sync::{Notify, OnceCell, oneshot};
use selvedge::{FailureKind, Strategy, future};

use selvedge_catalog::tasks::{join, task, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("once-init", "Two callers initialise one cell", "F")
        .source("std::sync::OnceLock and tokio::sync::OnceCell, their documentation")
        .level(Level::Waiting)
        .needs(["lost-increment", "lost-wakeup"])
        .symptoms([Symptom::HappensTwice, Symptom::HangsAfterTimeout])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .variant(
            Variant::naive(
                "get-then-set",
                "get; if there is nothing, compute and set",
                fails(FailureKind::Panic),
                || threads(Ask::GetThenSet), // code: get-then-set
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Loom])
            .outcome("1", Grade::Acceptable, "computed once")
            .outcome("2", Grade::Forbidden, "computed twice, and one result thrown away"),
        )
        .variant(
            Variant::fixed(
                "get-or-init",
                "one operation; the second caller waits for the first",
                || threads(Ask::GetOrInit), // code: get-or-init
            )
            .also_on([Strategy::Loom])
            .outcome("1", Grade::Acceptable, "computed once")
            .outcome("2", Grade::Forbidden, "computed twice, and one result thrown away")
            .broken_by(
                "split into get and set",
                || threads(Ask::GetThenSet),
                FailureKind::Panic,
            ),
        )
        .variant(
            Variant::naive(
                "claim-outlives-its-task",
                "the first async caller claims the work and is cancelled; the claim stays",
                fails(FailureKind::Deadlock),
                || tasks(Claim::Kept), // code: claim-outlives-its-task
            )
            .outcome("1", Grade::Acceptable, "computed once")
            .outcome(
                "deadlock",
                Grade::Forbidden,
                "the second caller waits for somebody who is gone",
            ),
        )
        .variant(
            Variant::fixed(
                "claim-ends-with-its-task",
                "tokio's `get_or_init`: a cancelled caller leaves the work to the next",
                || tasks(Claim::GivenBack), // code: claim-ends-with-its-task
            )
            .outcome("1", Grade::Acceptable, "computed once")
            .outcome(
                "2",
                Grade::Interesting,
                "the first was cancelled half-way, the second began again",
            )
            .outcome(
                "deadlock",
                Grade::Forbidden,
                "the second caller waits for somebody who is gone",
            )
            .broken_by("claim is not given back", || tasks(Claim::Kept), FailureKind::Deadlock),
        )
}

// code: get-then-set, get-or-init
#[derive(Clone, Copy)]
enum Ask {
    GetThenSet,
    GetOrInit,
}

fn threads(ask: Ask) -> u32 {
    let shared = Arc::new((OnceLock::new().named("cell"), AtomicU32::new(0).named("computed")));
    let callers = ["first", "second"].map(|name| {
        let shared = Arc::clone(&shared);
        thread(name, move || {
            let (cell, computed) = &*shared;
            let compute = || {
                // Ordering: Relaxed; a count, read after everybody has been joined.
                computed.fetch_add(1, Ordering::Relaxed);
                7
            };
            match ask {
                Ask::GetOrInit => *cell.get_or_init(compute),
                Ask::GetThenSet => match cell.get() {
                    Some(value) => *value,
                    None => {
                        // The other caller may have been faster; then this result is thrown away.
                        let _ = cell.set(compute());
                        *cell.get().expect("somebody has set it")
                    }
                },
            }
        })
    });
    assert_eq!(callers.map(join), [7, 7]);
    // Ordering: Relaxed; everybody has been joined.
    shared.1.load(Ordering::Relaxed)
}
// end

// code: claim-outlives-its-task, claim-ends-with-its-task
#[derive(Clone, Copy)]
enum Claim {
    Kept,
    GivenBack,
}

struct Cell {
    claim: Claim,
    /// What `Claim::GivenBack` uses.
    tokio: OnceCell<u32>,
    /// What `Claim::Kept` uses.
    claimed: AtomicBool,
    done: Notify,
    computed: AtomicU32,
}

impl Cell {
    async fn get(&self, compute: impl Future<Output = ()>) {
        let compute = async {
            // Ordering: Relaxed; a count, read when the second caller has its value.
            self.computed.fetch_add(1, Ordering::Relaxed);
            compute.await;
            7
        };
        match self.claim {
            Claim::GivenBack => {
                self.tokio.get_or_init(|| compute).await;
            }
            // code: claim-outlives-its-task
            Claim::Kept => {
                let done = self.done.notified();
                // Ordering: AcqRel; who comes second sees what the first has done.
                if !self.claimed.swap(true, Ordering::AcqRel) {
                    compute.await;
                    // The permit is for the one other caller.
                    self.done.notify_one();
                } else {
                    done.await;
                }
            } // end
        }
    }
}

/// The first caller waits for a reply while it computes, and may be cancelled before the reply is there.
fn tasks(claim: Claim) -> u32 {
    let cell = Arc::new(Cell {
        claim,
        tokio: OnceCell::new().named("cell"),
        claimed: AtomicBool::new(false).named("claimed"),
        done: Notify::new().named("done"),
        computed: AtomicU32::new(0).named("computed"),
    });
    let (reply, replied) = oneshot::channel::<()>();
    let reply = reply.named("reply");
    let one = Arc::clone(&cell);
    let first = task("first", async move {
        one.get(async {
            // An error says that nobody will reply; the value is computed all the same.
            let _ = replied.await;
        })
        .await;
    });
    let two = Arc::clone(&cell);
    let second = task("second", async move { two.get(async {}).await });
    first.abort();
    drop(reply);
    future::block_on(second).expect("the second caller is not cancelled");
    // Ordering: Relaxed; whoever computed has finished, or the second caller would still wait.
    cell.computed.load(Ordering::Relaxed)
}
// end
