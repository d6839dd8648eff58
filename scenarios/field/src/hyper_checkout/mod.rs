//! A connection comes back between a checkout's look into the pool and its place in the queue.

use std::collections::VecDeque;

use selvedge::sync::{Arc, Mutex};
use selvedge::tokio::sync::oneshot;
use selvedge::{FailureKind, Strategy, note};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "hyper-checkout",
        "A request checks out a connection, or queues up for the next",
        "G",
    )
    .source("hyperium/hyper, issue 1799")
    .level(Level::Waiting)
    .needs(["connection-pool"])
    .symptoms([Symptom::OneIsForgotten])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("1", Grade::Acceptable, "the checkout gets the one connection")
    .outcome(
        "deadlock",
        Grade::Forbidden,
        "the checkout sleeps beside an idle connection",
    )
    .variant(
        Variant::naive(
            "look-then-enqueue",
            "look for an idle connection, unlock, then join the queue",
            fails(FailureKind::Deadlock),
            || checkout(Look::BeforeTheQueue), // code: look-then-enqueue
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "one-lock",
            "look and join the queue under one lock",
            || checkout(Look::WithTheQueue), // code: one-lock
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "unlocks in between",
            || checkout(Look::BeforeTheQueue),
            FailureKind::Deadlock,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Look {
    BeforeTheQueue,
    WithTheQueue,
}

#[derive(Default)]
struct Pool {
    idle: Vec<u32>,
    waiting: VecDeque<oneshot::Sender<u32>>,
}

impl Pool {
    fn enqueue(&mut self) -> oneshot::Receiver<u32> {
        let (sender, receiver) = oneshot::channel();
        self.waiting.push_back(sender.named("turn"));
        receiver
    }

    fn put(&mut self, connection: u32) {
        match self.waiting.pop_front() {
            Some(waiter) => waiter.send(connection).expect("who waits is not cancelled here"),
            None => {
                note!("nobody waits: parks the connection");
                self.idle.push(connection);
            }
        }
    }
}

async fn get(pool: &Mutex<Pool>, look: Look) -> u32 {
    let turn = match look {
        // code: look-then-enqueue
        Look::BeforeTheQueue => {
            let idle = pool.lock().expect("nobody panics").idle.pop();
            if let Some(connection) = idle {
                return connection;
            }
            note!("found no idle connection");
            pool.lock().expect("nobody panics").enqueue()
        }
        // end
        // code: one-lock
        Look::WithTheQueue => {
            let mut pool = pool.lock().expect("nobody panics");
            if let Some(connection) = pool.idle.pop() {
                return connection;
            }
            pool.enqueue()
        } // end
    };
    turn.await
        .expect("the pool keeps the sender until there is a connection")
}

fn checkout(look: Look) -> u32 {
    let pool = Arc::new(Mutex::new(Pool::default()).named("pool"));
    let theirs = Arc::clone(&pool);
    let request = task("request", async move { get(&theirs, look).await });
    let response = {
        let pool = Arc::clone(&pool);
        task("response", async move { pool.lock().expect("nobody panics").put(1) })
    };
    join_task(response);
    join_task(request)
}

fn join_task<T>(task: selvedge::future::JoinHandle<T>) -> T {
    selvedge::future::block_on(task).expect("no task panics or is aborted")
}
// end
