//! Two tasks that listen for one signal.

use selvedge::future;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::tokio::sync::Notify;

use selvedge_catalog::tasks::task;

// code: notify-one-two-listeners, token
/// How the listeners are told.
#[derive(Clone, Copy)]
pub(super) enum Stop {
    NotifyOne,
    Token(Order),
}

/// What `cancelled` does first.
#[derive(Clone, Copy)]
pub(super) enum Order {
    CreateThenCheck,
    CheckThenCreate,
}

/// The idea of tokio-util's `CancellationToken`: the flag is the truth, and the notify says when to look at it.
struct Token {
    cancelled: AtomicBool,
    changed: Notify,
    stop: Stop,
}

impl Token {
    fn cancel(&self) {
        match self.stop {
            Stop::NotifyOne => self.changed.notify_one(),
            Stop::Token(_) => {
                // Ordering: Release; pairs with the Acquire in `cancelled`: what came before the signal is seen.
                self.cancelled.store(true, Ordering::Release);
                self.changed.notify_waiters();
            }
        }
    }

    async fn cancelled(&self) {
        match self.stop {
            Stop::NotifyOne => self.changed.notified().await,
            Stop::Token(Order::CreateThenCheck) => {
                let changed = self.changed.notified();
                if !self.is_cancelled() {
                    changed.await;
                }
            }
            Stop::Token(Order::CheckThenCreate) => {
                if !self.is_cancelled() {
                    // Here the flag is set, and nobody waits for the news.
                    self.changed.notified().await;
                }
            }
        }
    }

    fn is_cancelled(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `cancel`.
        self.cancelled.load(Ordering::Acquire)
    }
}

/// A server and a janitor run until they are told to stop. Returns how many signals it took.
pub(super) fn two_listeners(stop: Stop) -> u32 {
    future::block_on(async {
        let token = Arc::new(Token {
            cancelled: AtomicBool::new(false).named("cancelled"),
            changed: Notify::new().named("stop"),
            stop,
        });
        let listeners = ["server", "janitor"].map(|name| {
            let token = Arc::clone(&token);
            task(name, async move { token.cancelled().await })
        });
        token.cancel();
        for listener in listeners {
            listener.await.expect("no listener panics");
        }
        1
    })
}
// end
