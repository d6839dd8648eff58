//! A future is polled by one task and awaited by another, and the channel keeps the waker of the first.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Poll, Waker};

use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy, future};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks::task};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "stale-waker",
        "The receiver of a channel is polled by one task, and then by another",
        "G",
    )
    .source("hawkw/thingbuf, issue 20")
    .level(Level::Depths)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::HangsUnderLoad])
    .lesson(include_str!("lesson.md"))
    .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
    .code(include_str!("mod.rs"))
    .outcome("7", Grade::Acceptable, "the message is received")
    .outcome(
        "lost wakeup",
        Grade::Forbidden,
        "the message is there, and the wrong task is woken",
    )
    .variant(
        Variant::naive(
            "first-waker-kept",
            "register once",
            fails(FailureKind::LostWakeup),
            || hand_over(Keeps::First), // code: first-waker-kept
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "last-waker-kept",
            "register at every poll",
            || hand_over(Keeps::Last), // code: last-waker-kept
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by("registers once", || hand_over(Keeps::First), FailureKind::LostWakeup),
    )
}

// code
#[derive(Clone, Copy)]
enum Keeps {
    First,
    Last,
}

#[derive(Default)]
struct Channel {
    message: Option<u32>,
    receiver: Option<Waker>,
}

type Receive = Pin<Box<dyn Future<Output = u32> + Send>>;

fn receive(channel: Arc<Mutex<Channel>>, keeps: Keeps) -> Receive {
    Box::pin(poll_fn(move |cx| {
        let mut channel = channel.lock().expect("nobody panics");
        if let Some(message) = channel.message.take() {
            return Poll::Ready(message);
        }
        match (keeps, &channel.receiver) {
            (Keeps::First, Some(_)) => {}
            _ => channel.receiver = Some(cx.waker().clone()),
        }
        Poll::Pending
    }))
}

fn send(channel: &Mutex<Channel>, message: u32) {
    let receiver = {
        let mut channel = channel.lock().expect("nobody panics");
        channel.message = Some(message);
        channel.receiver.take()
    };
    if let Some(receiver) = receiver {
        receiver.wake();
    }
}

fn hand_over(keeps: Keeps) -> u32 {
    let channel = Arc::new(Mutex::new(Channel::default()).named("channel"));
    let mut message = receive(Arc::clone(&channel), keeps);
    let first = task("first", async move {
        // Looks once, as a `select!` would, and gives the future away.
        match poll_fn(|cx| Poll::Ready(message.as_mut().poll(cx))).await {
            Poll::Ready(message) => Ok(message),
            Poll::Pending => Err(message),
        }
    });
    let second = task("second", async move {
        match first.await.expect("nobody panics or is aborted") {
            Ok(message) => message,
            Err(message) => message.await,
        }
    });
    let sender = task("sender", async move { send(&channel, 7) });
    future::block_on(async {
        sender.await.expect("nobody panics or is aborted");
        second.await.expect("nobody panics or is aborted")
    })
}
// end
