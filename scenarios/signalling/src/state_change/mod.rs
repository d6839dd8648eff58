//! Waiting until a service is ready.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU8, Ordering};
use selvedge::tokio::sync::{Notify, watch};
use selvedge::{FailureKind, future};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("state-change", "A client waits until a service is ready", "B")
        .source("The write-up of a tracing span collector, on signalling with tokio::sync::Notify: state changes")
        .level(Level::Waiting)
        .needs(["lost-wakeup"])
        .symptoms([Symptom::HangsUnderLoad])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome(
            "Ready",
            Grade::Acceptable,
            "the client goes on when the service is ready",
        )
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "the service is ready, and the client waits",
        )
        .variant(Variant::naive(
            "check-then-wait",
            "while the state is not ready, notified().await",
            fails(FailureKind::LostWakeup),
            || client_of(&[State::Ready], check_then_wait), // code: check-then-wait
        ))
        .variant(
            Variant::fixed(
                "created-before-check",
                "notified() is created, then the state is checked, then it is awaited",
                // code: created-before-check
                || {
                    client_of(&[State::Ready], |service| {
                        wait_until(service, |state| state == State::Ready)
                    })
                },
                // end
            )
            .broken_by(
                "checked first",
                || client_of(&[State::Ready], check_then_wait),
                FailureKind::LostWakeup,
            ),
        )
        .variant(
            Variant::naive(
                "exactly-ready",
                "waits for one state: the service is ready and already past it when the client looks",
                fails(FailureKind::LostWakeup),
                || client_of(BRIEFLY, |service| wait_until(service, |state| state == State::Ready)), // code: exactly-ready
            )
            .outcome(
                "lost wakeup",
                Grade::Forbidden,
                "the client waits for a state that is over",
            ),
        )
        .variant(
            Variant::fixed(
                "ready-or-later",
                "waits for a condition that stays true, and gets the state that made it so",
                || client_of(BRIEFLY, |service| wait_until(service, |state| state >= State::Ready)), // code: ready-or-later
            )
            .outcome(
                "Draining",
                Grade::Interesting,
                "the client is told that it came too late",
            )
            .broken_by(
                "waits for one state",
                || client_of(BRIEFLY, |service| wait_until(service, |state| state == State::Ready)),
                FailureKind::LostWakeup,
            ),
        )
        .variant(
            Variant::fixed(
                "watch",
                "state and signal in one: wait_for looks first, and waits for what it has not seen",
                || subscriber(Subscriber::WaitsFor), // code: watch
            )
            .broken_by(
                "only changes count",
                || subscriber(Subscriber::WaitsForChange),
                FailureKind::Deadlock,
            ),
        )
}

// code: exactly-ready, ready-or-later
/// A service that does not stay ready.
const BRIEFLY: &[State] = &[State::Ready, State::Draining];
// end

// code
/// What a service goes through, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Starting,
    Ready,
    Draining,
}

impl From<u8> for State {
    fn from(state: u8) -> Self {
        [State::Starting, State::Ready, State::Draining][usize::from(state)]
    }
}
// end

// code: check-then-wait, created-before-check, exactly-ready, ready-or-later
struct Service {
    state: AtomicU8,
    changed: Notify,
}

impl Service {
    /// The one place where the state changes.
    fn enter(&self, state: State) {
        // Ordering: Release; pairs with the Acquire in `state`: who sees that it is ready may use it.
        self.state.store(state as u8, Ordering::Release);
        self.changed.notify_waiters();
    }

    fn state(&self) -> State {
        // Ordering: Acquire; pairs with the Release in `enter`.
        State::from(self.state.load(Ordering::Acquire))
    }
}
// end

// code: check-then-wait
/// `wait_for_ready` as published.
async fn check_then_wait(service: Arc<Service>) -> State {
    while service.state() != State::Ready {
        // Here the service becomes ready, and tells nobody.
        service.changed.notified().await;
    }
    State::Ready
}
// end

// code: created-before-check, exactly-ready, ready-or-later
/// Right, if the condition stays true.
async fn wait_until(service: Arc<Service>, condition: fn(State) -> bool) -> State {
    loop {
        let changed = service.changed.notified();
        let state = service.state();
        if condition(state) {
            return state;
        }
        changed.await;
    }
}
// end

// code: check-then-wait, created-before-check, exactly-ready, ready-or-later
/// A service that goes through `states`, and a client that waits. Returns the state the client went on with.
fn client_of<W>(states: &'static [State], wait: fn(Arc<Service>) -> W) -> State
where
    W: Future<Output = State> + Send + 'static,
{
    future::block_on(async {
        let service = Arc::new(Service {
            state: AtomicU8::new(State::Starting as u8)
                .showing(|state| format!("{:?}", State::from(state)))
                .named("state"),
            changed: Notify::new().named("changed"),
        });
        let client = task("client", wait(Arc::clone(&service)));
        for state in states {
            service.enter(*state);
        }
        client.await.expect("the client does not panic")
    })
}
// end

// code: watch
/// How the subscriber of a watch waits.
#[derive(Clone, Copy)]
enum Subscriber {
    WaitsFor,
    /// Without a look at the value: what was there when it subscribed counts as seen.
    WaitsForChange,
}

/// The same with a `watch`: the client subscribes on its own, perhaps after the change.
fn subscriber(how: Subscriber) -> State {
    future::block_on(async {
        let (sender, _receiver) = watch::channel(State::Starting);
        let sender = Arc::new(sender.named("state"));
        let theirs = Arc::clone(&sender);
        let client = task("client", async move {
            let mut state = theirs.subscribe();
            match how {
                Subscriber::WaitsFor => *state.wait_for(|state| *state >= State::Ready).await.expect("open"),
                Subscriber::WaitsForChange => {
                    state.changed().await.expect("open");
                    *state.borrow_and_update()
                }
            }
        });
        sender.send_replace(State::Ready);
        client.await.expect("the client does not panic")
    })
}
// end
