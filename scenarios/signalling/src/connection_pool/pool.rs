//! The pool: idle connections behind a lock, and a way to wait for one.

use std::pin::pin;

use selvedge::sync::{Arc, Mutex};
use selvedge::time::{self, Duration, Instant};
use selvedge::tokio::sync::{Notify, Semaphore};
use selvedge::{future, note};

use selvedge_catalog::tasks::task;

// code
/// A connection, by its number.
type Connection = u32;

/// How `acquire` waits.
#[derive(Clone, Copy)]
pub(super) enum Wait {
    /// `pop`, then `notified().await`.
    AfterPop,
    /// `notified()`, `pop`, `await`.
    CreatedBeforePop,
    /// `notified()`, `enable()`, `pop`, `await`.
    EnabledBeforePop,
    /// A semaphore counts the idle connections.
    Semaphore,
}

/// What a task does with its connection.
#[derive(Clone, Copy)]
pub(super) enum Use {
    /// Keeps it, as a long transaction does.
    Keep,
    /// Gives it back after a while.
    For(Duration),
}

struct Pool {
    idle: Mutex<Vec<Connection>>,
    wait: Wait,
    released: Notify,
    permits: Semaphore,
}

impl Pool {
    /// A pool whose connections are all in use.
    fn new(wait: Wait) -> Arc<Self> {
        let mut permits = Semaphore::new(0);
        if let Wait::Semaphore = wait {
            permits = permits.named("permits");
        }
        Arc::new(Pool {
            idle: Mutex::new(Vec::new()).showing(|idle| format!("{idle:?}")).named("idle"),
            wait,
            released: Notify::new().named("released"),
            permits,
        })
    }

    fn pop(&self) -> Option<Connection> {
        let connection = self.idle.lock().expect("no holder panics").pop();
        match connection {
            Some(connection) => note!("pop ➜ connection {connection}"),
            None => note!("pop ➜ nothing"),
        }
        connection
    }

    async fn acquire(&self) -> Connection {
        match self.wait {
            Wait::AfterPop => loop {
                if let Some(connection) = self.pop() {
                    return connection;
                }
                self.released.notified().await;
            },
            Wait::CreatedBeforePop | Wait::EnabledBeforePop => loop {
                let mut released = pin!(self.released.notified());
                if let Wait::EnabledBeforePop = self.wait {
                    released.as_mut().enable();
                }
                if let Some(connection) = self.pop() {
                    return connection;
                }
                released.await;
            },
            // code: semaphore
            Wait::Semaphore => {
                // Forgotten: the permit comes back with the connection.
                self.permits.acquire().await.expect("never closed").forget();
                self.pop().expect("a permit stands for a connection")
            } // end
        }
    }

    /// Connections come back together, as from a transaction that used both. One by one it is the same with many
    /// more interleavings.
    fn release(&self, connections: &[Connection]) {
        self.idle.lock().expect("no holder panics").extend(connections);
        for _ in connections {
            match self.wait {
                Wait::Semaphore => self.permits.add_permits(1),
                _ => self.released.notify_one(),
            }
        }
    }
}

/// Two tasks want a connection each, and the two connections come back. Returns how long each task waited.
pub(super) fn two_waiters(wait: Wait, usage: Use) -> [Duration; 2] {
    future::block_on(async {
        let pool = Pool::new(wait);
        let [first, second] = ["first", "second"].map(|name| {
            let pool = Arc::clone(&pool);
            task(name, async move {
                let asked = Instant::now();
                let connection = pool.acquire().await;
                let waited = asked.elapsed();
                if let Use::For(time) = usage {
                    time::sleep(time).await;
                    pool.release(&[connection]);
                }
                waited
            })
        });
        pool.release(&[1, 2]);
        [
            first.await.expect("the task does not panic"),
            second.await.expect("the task does not panic"),
        ]
    })
}
// end
