//! A lock that is held across an `.await`: whoever needs it waits for everything the holder awaits.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;

use selvedge::sync::Arc;
use selvedge::tokio::sync::oneshot;
use selvedge::{FailureKind, future, sync, tokio};

use selvedge_catalog::tasks::{join, task, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

const LOOM: &str = "not under loom, which knows nothing of tokio's types";

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("lock-across-await", "A lock is held across an await", "F")
        .source("tokio::sync::Mutex, section Which kind of mutex should you use?; the clippy lint await_holding_lock")
        .level(Level::Waiting)
        .needs(["lock-order"])
        .symptoms([Symptom::EverybodyWaits])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("2", Grade::Acceptable, "both have counted")
        .outcome("deadlock", Grade::Forbidden, "nobody can give the lock back")
        .variant(
            Variant::naive(
                "std-lock-joined",
                "a `std` guard lives across an await; another future of the same task locks",
                fails(FailureKind::Deadlock),
                || joined(Kind::Std), // code: std-lock-joined
            )
            .note(LOOM),
        )
        .variant(
            Variant::fixed(
                "async-lock-joined",
                "the same with tokio's mutex, whose `lock` lets the task go on",
                || joined(Kind::Async), // code: async-lock-joined
            )
            .note(LOOM)
            .broken_by("the mutex is std's", || joined(Kind::Std), FailureKind::Deadlock),
        )
        .variant(
            Variant::naive(
                "async-lock-until-reply",
                "tokio's guard lives across the await of a reply, and who replies needs the lock first",
                fails(FailureKind::Deadlock),
                || request(Guard::LivesAcrossAwait), // code: async-lock-until-reply
            )
            .note(LOOM),
        )
        .variant(
            Variant::fixed(
                "guard-dropped-before-await",
                "the guard is dropped before the reply is awaited",
                || request(Guard::DroppedBefore), // code: guard-dropped-before-await
            )
            .note(LOOM)
            .broken_by(
                "guard dropped after the await",
                || request(Guard::LivesAcrossAwait),
                FailureKind::Deadlock,
            ),
        )
}

// code: std-lock-joined, async-lock-joined
#[derive(Clone, Copy)]
enum Kind {
    Std,
    Async,
}

/// One task runs two futures, as `join!` does. The first waits for a reply from the network with the lock in its hands;
/// the second only wants to count.
fn joined(kind: Kind) -> u32 {
    let (reply, replied) = oneshot::channel();
    let reply = reply.named("reply");
    let network = task("network", async move {
        let _ = reply.send(());
    });
    // A thread, because the compiler does not let a task hold a `std` guard across an await if it may move between
    // threads. `block_on`, a `LocalSet` and single-threaded runtimes let it.
    let server = thread("server", move || {
        future::block_on(async move {
            match kind {
                // code: std-lock-joined
                Kind::Std => {
                    let count = sync::Mutex::new(0).named("count").showing(|n| n.to_string());
                    let holder = async {
                        let mut count = count.lock().unwrap();
                        let _ = replied.await;
                        *count += 1;
                    };
                    both(holder, async { *count.lock().unwrap() += 1 }).await;
                    count.into_inner().unwrap()
                }
                // end
                // code: async-lock-joined
                Kind::Async => {
                    let count = tokio::sync::Mutex::new(0).named("count");
                    let holder = async {
                        let mut count = count.lock().await;
                        let _ = replied.await;
                        *count += 1;
                    };
                    both(holder, async { *count.lock().await += 1 }).await;
                    count.into_inner()
                } // end
            }
        })
    });
    future::block_on(async { network.await.expect("the network does not panic") });
    join(server)
}

/// Polls both futures until both are ready, within one task.
async fn both(first: impl Future<Output = ()>, second: impl Future<Output = ()>) {
    let (mut first, mut second) = (pin!(first), pin!(second));
    let (mut first_ready, mut second_ready) = (false, false);
    poll_fn(|cx| {
        first_ready = first_ready || first.as_mut().poll(cx).is_ready();
        second_ready = second_ready || second.as_mut().poll(cx).is_ready();
        if first_ready && second_ready {
            Poll::Ready(())
        } else {
            Poll::Pending
        }
    })
    .await;
}
// end

// code: async-lock-until-reply, guard-dropped-before-await
#[derive(Clone, Copy)]
enum Guard {
    LivesAcrossAwait,
    DroppedBefore,
}

/// The client counts its request and awaits the reply; the server counts it too before it replies.
fn request(guard: Guard) -> u32 {
    let count = Arc::new(tokio::sync::Mutex::new(0).named("count"));
    let (reply, replied) = oneshot::channel();
    let reply = reply.named("reply");
    let ours = Arc::clone(&count);
    let client = task("client", async move {
        let mut held = ours.lock().await;
        *held += 1;
        let held = match guard {
            Guard::LivesAcrossAwait => Some(held),
            // code: guard-dropped-before-await
            Guard::DroppedBefore => {
                drop(held);
                None
            } // end
        };
        let _ = replied.await;
        drop(held);
    });
    let theirs = Arc::clone(&count);
    let server = task("server", async move {
        *theirs.lock().await += 1;
        let _ = reply.send(());
    });
    future::block_on(async {
        client.await.expect("the client does not panic");
        server.await.expect("the server does not panic");
        *count.lock().await
    })
}
// end
