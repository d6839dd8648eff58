//! The last sender sends and goes away between a receiver's two looks.

use std::collections::VecDeque;

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "flume-disconnect",
        "A receiver asks whether its channel is empty, and whether anybody can still send",
        "G",
    )
    .source("zesterer/flume, issue 120")
    .level(Level::Steps)
    .needs(["lost-increment"])
    .symptoms([Symptom::MessageLost])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("Message(1)", Grade::Acceptable, "the message is received")
    .outcome(
        "Empty",
        Grade::Acceptable,
        "nothing has been sent yet; the receiver may ask again",
    )
    .outcome(
        "Disconnected",
        Grade::Forbidden,
        "the message is in the queue, and nobody will look again",
    )
    .variant(
        Variant::naive(
            "empty-then-disconnected",
            "look into the queue, then ask whether the sender is gone",
            fails(FailureKind::Panic),
            || receive(Order::QueueFirst), // code: empty-then-disconnected
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw, Strategy::Loom]),
    )
    .variant(
        Variant::fixed(
            "disconnected-then-empty",
            "ask whether the sender is gone, then look into the queue",
            || receive(Order::SenderFirst), // code: disconnected-then-empty
        )
        .also_on([Strategy::Random, Strategy::Loom])
        .broken_by("queue first", || receive(Order::QueueFirst), FailureKind::Panic),
    )
}

// code
#[derive(Clone, Copy)]
enum Order {
    QueueFirst,
    SenderFirst,
}

#[derive(Debug)]
enum Received {
    #[expect(dead_code, reason = "shown as the outcome")]
    Message(u32),
    Empty,
    Disconnected,
}

struct Channel {
    queue: Mutex<VecDeque<u32>>,
    disconnected: AtomicBool,
}

impl Channel {
    fn pop(&self) -> Option<u32> {
        self.queue.lock().expect("nobody panics").pop_front()
    }

    fn try_receive(&self, order: Order) -> Received {
        // Ordering: Acquire; pairs with the Release of the sender, which comes after its last message.
        let gone = || self.disconnected.load(Ordering::Acquire);
        let (message, gone) = match order {
            // code: empty-then-disconnected
            Order::QueueFirst => {
                let message = self.pop();
                (message, message.is_none() && gone())
            }
            // end
            // code: disconnected-then-empty
            Order::SenderFirst => {
                let gone = gone();
                (self.pop(), gone)
            } // end
        };
        match message {
            Some(message) => Received::Message(message),
            None if gone => Received::Disconnected,
            None => Received::Empty,
        }
    }
}

fn receive(order: Order) -> Received {
    let channel = Arc::new(Channel {
        queue: Mutex::new(VecDeque::new()).named("queue"),
        disconnected: AtomicBool::new(false).named("disconnected"),
    });
    let theirs = Arc::clone(&channel);
    let sender = thread("sender", move || {
        theirs.queue.lock().expect("nobody panics").push_back(1);
        // Ordering: Release; whoever sees it sees the message.
        theirs.disconnected.store(true, Ordering::Release);
    });
    let received = channel.try_receive(order);
    join(sender);
    received
}
// end
