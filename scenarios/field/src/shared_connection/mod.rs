//! Two users find their shared connection dead, and the second one empties a pool that is connecting again already.

use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use selvedge::sync::Mutex;
use selvedge::tokio::sync::oneshot;
use selvedge::{FailureKind, Strategy, future, note};

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "shared-connection",
        "Two users of one connection find it dead, and ask for the next",
        "G",
    )
    .source("hyper-util 0.1.21, `client::pool::singleton`")
    .level(Level::Depths)
    .needs(["hyper-checkout", "cancelled-waiter"])
    .symptoms([Symptom::OneIsForgotten])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("(2, 2)", Grade::Acceptable, "both share the next connection")
    .variant(
        each_has_its_own(Variant::naive(
            "empties-at-once",
            "who finds the connection dead empties the pool",
            fails(FailureKind::LostWakeup),
            || two_find_it_dead(Emptying::AtOnce), // code: empties-at-once
        ))
        .outcome(
            "(3, 3)",
            Grade::Interesting,
            "the attempt that was thrown away had just ended, so its user was awake and asked again",
        )
        .outcome(
            "lost wakeup",
            Grade::Forbidden,
            "one user waits for an attempt that was thrown away",
        )
        .also_on([Strategy::Random, Strategy::Pos]),
    )
    .variant(
        each_has_its_own(Variant::fixed(
            "unless-connecting",
            "who finds the connection dead empties the pool, unless the next is being made",
            || two_find_it_dead(Emptying::UnlessConnecting), // code: unless-connecting
        ))
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "empties it in any case",
            || two_find_it_dead(Emptying::AtOnce),
            FailureKind::LostWakeup,
        ),
    )
    .variant(
        Variant::fixed(
            "only-the-dead-one",
            "who finds a connection dead empties the pool only of that connection",
            || two_find_it_dead(Emptying::OnlyTheDeadOne), // code: only-the-dead-one
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by(
            "does not ask which one the pool holds",
            || two_find_it_dead(Emptying::AtOnce),
            FailureKind::LostWakeup,
        ),
    )
}

fn each_has_its_own(variant: Variant) -> Variant {
    let reason = "the second to find the old connection dead has thrown away the next one, which is not dead";
    variant
        .outcome("(2, 3)", Grade::Interesting, reason)
        .outcome("(3, 2)", Grade::Interesting, reason)
}

// code
#[derive(Clone, Copy)]
enum Emptying {
    AtOnce,
    UnlessConnecting,
    OnlyTheDeadOne,
}

/// What the pool has. Connections are numbers here.
enum State {
    Nothing,
    Connecting(Attempt),
    Connected(u32),
}

/// The next connection, which is being made. Who has begun it polls it for all.
struct Attempt {
    number: u32,
    /// It holds the waker of who polls it.
    connection: Pin<Box<oneshot::Receiver<u32>>>,
    /// The wakers of the others.
    waiting: Vec<Waker>,
}

struct Pool {
    state: State,
    /// The attempts that can still be begun.
    network: VecDeque<(u32, oneshot::Receiver<u32>)>,
}

impl Pool {
    /// Somebody has found this connection dead.
    fn found_dead(&mut self, dead: u32, emptying: Emptying) {
        let empties = match emptying {
            Emptying::AtOnce => true, // code: empties-at-once
            Emptying::UnlessConnecting => !matches!(self.state, State::Connecting(_)), // code: unless-connecting
            Emptying::OnlyTheDeadOne => matches!(self.state, State::Connected(number) if number == dead), // code: only-the-dead-one
        };
        if empties {
            note!("connection {dead} is dead: empties the pool");
            self.state = State::Nothing;
        } else {
            note!("connection {dead} is dead: leaves the pool as it is");
        }
    }

    /// The connection that all share. `begun` is the attempt that was begun by whoever asks, if it was.
    fn poll_get(&mut self, begun: &mut Option<u32>, cx: &mut Context<'_>) -> Poll<u32> {
        if let State::Nothing = self.state {
            let (number, connection) = self.network.pop_front().expect("nobody connects so often");
            note!("begins to make connection {number}");
            *begun = Some(number);
            self.state = State::Connecting(Attempt {
                number,
                connection: Box::pin(connection),
                waiting: Vec::new(),
            });
        }
        let attempt = match &mut self.state {
            State::Connected(number) => return Poll::Ready(*number),
            State::Connecting(attempt) => attempt,
            State::Nothing => unreachable!("an attempt has been begun"),
        };
        if *begun != Some(attempt.number) {
            attempt.waiting.push(cx.waker().clone());
            return Poll::Pending;
        }
        let Poll::Ready(connection) = attempt.connection.as_mut().poll(cx) else {
            return Poll::Pending;
        };
        let number = connection.expect("every attempt succeeds");
        attempt.waiting.drain(..).for_each(Waker::wake);
        self.state = State::Connected(number);
        Poll::Ready(number)
    }
}

/// What a user does whose connection, number 1, has died.
async fn user(pool: Arc<Mutex<Pool>>, emptying: Emptying) -> u32 {
    pool.lock().expect("nobody panics").found_dead(1, emptying);
    let mut begun = None;
    poll_fn(|cx| pool.lock().expect("nobody panics").poll_get(&mut begun, cx)).await
}

/// The connections that the two users have in the end.
fn two_find_it_dead(emptying: Emptying) -> (u32, u32) {
    let (second, connecting_2) = oneshot::channel();
    let (third, connecting_3) = oneshot::channel();
    // std's `Arc`, for nothing depends on who is the last owner.
    let pool = Arc::new(
        Mutex::new(Pool {
            state: State::Connected(1),
            network: VecDeque::from([(2, connecting_2), (3, connecting_3)]),
        })
        .named("pool"),
    );
    let (second, third) = (second.named("connection 2"), third.named("connection 3"));
    let orders = task("orders", user(Arc::clone(&pool), emptying));
    let prices = task("prices", user(Arc::clone(&pool), emptying));
    // The other end of the network: both attempts succeed.
    for (number, connection) in [(2, second), (3, third)] {
        if connection.send(number).is_err() {
            note!("nobody wants connection {number}");
        }
    }
    future::block_on(async {
        let orders = orders.await.expect("nobody panics or is aborted");
        (orders, prices.await.expect("nobody panics or is aborted"))
    })
}
// end
