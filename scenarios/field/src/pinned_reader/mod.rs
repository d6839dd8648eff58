//! A reader that has pinned a map wants its lock; the writer has the lock and waits for the pin.

use selvedge::hint::spin_loop;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "pinned-reader",
        "A reader pins a copy, and registers under the writer's lock",
        "G",
    )
    .source("jonhoo/evmap, fixed after 2.0.1")
    .level(Level::Waiting)
    .needs(["lock-order"])
    .symptoms([Symptom::BusyForNothing])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .variant(
        Variant::naive(
            "pin-then-lock",
            "pin the map, then lock the list of readers to register",
            fails(FailureKind::Livelock),
            || register_while_publishing(Order::PinFirst), // code: pin-then-lock
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw])
        // Two rounds that are alike are enough to see that all will be.
        .limits(|l| l.horizon = Some(2))
        .outcome("()", Grade::Acceptable, "both come through")
        .outcome(
            "livelock",
            Grade::Forbidden,
            "the writer spins for the pin with the lock in its hand",
        ),
    )
    .variant(
        Variant::fixed(
            "lock-then-pin",
            "register first, pin afterwards",
            || register_while_publishing(Order::LockFirst), // code: lock-then-pin
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .outcome("()", Grade::Acceptable, "both come through")
        .broken_by(
            "pinned while registering",
            || register_while_publishing(Order::PinFirst),
            FailureKind::Livelock,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Order {
    PinFirst,
    LockFirst,
}

struct Map {
    readers: Mutex<u32>,
    pinned: AtomicBool,
}

impl Map {
    fn register(&self) {
        *self.readers.lock().expect("nobody panics") += 1;
    }

    fn pin(&self) {
        // Ordering: SeqCst; the pin and the writer's look at it need one order.
        self.pinned.store(true, Ordering::SeqCst);
    }

    fn unpin(&self) {
        self.pinned.store(false, Ordering::SeqCst);
    }

    /// Waits, with the list of readers locked, until none of them is in the old copy.
    fn publish(&self) {
        let _readers = self.readers.lock().expect("nobody panics");
        while self.pinned.load(Ordering::SeqCst) {
            spin_loop();
        }
    }
}

fn register_while_publishing(order: Order) {
    let map = Arc::new(Map {
        readers: Mutex::new(0).named("readers"),
        pinned: AtomicBool::new(false).named("pinned"),
    });
    let theirs = Arc::clone(&map);
    let reader = thread("reader", move || match order {
        // code: pin-then-lock
        Order::PinFirst => {
            theirs.pin();
            theirs.register();
            theirs.unpin();
        }
        // end
        // code: lock-then-pin
        Order::LockFirst => {
            theirs.register();
            theirs.pin();
            theirs.unpin();
        } // end
    });
    map.publish();
    join(reader);
}
// end
