//! Waiters are woken before what they wait for has been stored.

use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread::{Thread, current, park};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "once-cell-early-wake",
        "A cell is ready, and wakes who waits for it",
        "G",
    )
    .source("matklad/once_cell, before 1.11")
    .level(Level::Waiting)
    .needs(["lost-wakeup"])
    .symptoms([Symptom::HangsUnderLoad])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("()", Grade::Acceptable, "the waiter has seen the value")
    .outcome(
        "deadlock",
        Grade::Forbidden,
        "the waiter looks too early and parks again, for ever",
    )
    .variant(
        Variant::naive(
            "wake-then-store",
            "wake all waiters, then store that the cell is ready",
            fails(FailureKind::Deadlock),
            || initialise(Order::WakeFirst), // code: wake-then-store
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "store-then-wake",
            "store that the cell is ready, then wake all waiters",
            || initialise(Order::StoreFirst), // code: store-then-wake
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .broken_by("wake first", || initialise(Order::WakeFirst), FailureKind::Deadlock),
    )
}

// code
#[derive(Clone, Copy)]
enum Order {
    WakeFirst,
    StoreFirst,
}

struct Cell {
    ready: AtomicBool,
    waiters: Mutex<Vec<Thread>>,
}

impl Cell {
    fn wait(&self) {
        self.waiters.lock().expect("nobody panics").push(current());
        // Ordering: Acquire; pairs with the Release of the initialiser.
        while !self.ready.load(Ordering::Acquire) {
            park();
        }
    }

    fn wake(&self) {
        let waiters = std::mem::take(&mut *self.waiters.lock().expect("nobody panics"));
        for waiter in waiters {
            waiter.unpark();
        }
    }

    fn finish(&self, order: Order) {
        // Ordering: Release; whoever sees it sees the value.
        let store = || self.ready.store(true, Ordering::Release);
        match order {
            // code: wake-then-store
            Order::WakeFirst => {
                self.wake();
                store();
            }
            // end
            // code: store-then-wake
            Order::StoreFirst => {
                store();
                self.wake();
            } // end
        }
    }
}

fn initialise(order: Order) {
    let cell = Arc::new(Cell {
        ready: AtomicBool::new(false).named("ready"),
        waiters: Mutex::new(Vec::new()).named("waiters"),
    });
    let theirs = Arc::clone(&cell);
    let waiter = thread("waiter", move || theirs.wait());
    cell.finish(order);
    join(waiter);
}
// end
