//! Exercise: a client waits for a task to complete.
//!
//! Repair `Engine::wait_for_completion`, so that the client goes on under every schedule. Leave the rest as it is: `complete` stores
//! the status and then notifies whoever waits at that moment.

use selvedge::future;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::tokio::sync::Notify;

struct Engine {
    is_complete: AtomicBool,
    completed: Notify,
}

impl Engine {
    fn complete(&self) {
        self.is_complete.store(true, Ordering::SeqCst);
        self.completed.notify_waiters();
    }

    async fn wait_for_completion(&self) {
        while !self.is_complete.load(Ordering::SeqCst) {
            self.completed.notified().await;
        }
    }
}

pub fn the_client_goes_on() {
    let engine = Arc::new(Engine {
        is_complete: AtomicBool::new(false).named("is_complete"),
        completed: Notify::new().named("completed"),
    });
    let client = Arc::clone(&engine);
    let client = async move { client.wait_for_completion().await };
    let client = future::Builder::new().name("client").spawn(client);
    let worker = future::Builder::new()
        .name("worker")
        .spawn(async move { engine.complete() });
    future::block_on(async {
        client.await.unwrap();
        worker.await.unwrap();
    });
}

#[test]
fn exercise() {
    selvedge::check(the_client_goes_on);
}
