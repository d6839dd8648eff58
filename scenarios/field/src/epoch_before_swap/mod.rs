//! A writer looks whether anybody reads, and swaps the copies afterwards.

use selvedge::cell::UnsafeCell;
use selvedge::hint::spin_loop;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "epoch-before-swap",
        "A writer swaps two copies, and waits for the readers of the old one",
        "G",
    )
    .source("jonhoo/left-right, issue 153")
    .level(Level::Depths)
    .needs(["store-buffering"])
    .symptoms([Symptom::UsedAfterFree, Symptom::WorksInDebug])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .variant(
        Variant::naive(
            "epoch-then-swap",
            "look who is reading, swap the copies, wait for those seen",
            fails(FailureKind::DataRace),
            || publish_while_reading(Order::EpochFirst), // code: epoch-then-swap
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "swap-then-epoch",
            "swap the copies, look who is reading, wait for those",
            || publish_while_reading(Order::SwapFirst), // code: swap-then-epoch
        )
        .also_on([Strategy::Random, Strategy::Pos])
        .outcome("1", Grade::Acceptable, "the old copy, before it is changed")
        .outcome("2", Grade::Acceptable, "the new copy")
        .broken_by(
            "epoch first",
            || publish_while_reading(Order::EpochFirst),
            FailureKind::DataRace,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Order {
    EpochFirst,
    SwapFirst,
}

/// Two copies of a value: readers look at one while the writer changes the other.
struct LeftRight {
    copies: [UnsafeCell<u32>; 2],
    /// Which copy readers look at.
    live: AtomicUsize,
    /// Odd while the reader is reading.
    epoch: AtomicUsize,
}

// SAFETY: the writer changes a copy only when no reader is in it. The naive variant breaks this rule, which is what it is
// there to show; both run under a checker that sees it.
unsafe impl Sync for LeftRight {}

impl LeftRight {
    fn read(&self) -> u32 {
        // Ordering: SeqCst throughout; entering and the swap need one order for everybody.
        self.epoch.fetch_add(1, SeqCst);
        let live = self.live.load(SeqCst);
        // SAFETY: the epoch is odd, so the writer waits.
        let value = self.copies[live].with(|value| unsafe { *value });
        self.epoch.fetch_add(1, SeqCst);
        value
    }

    /// Makes the second copy the live one, and brings the first up to date.
    fn publish(&self, order: Order) {
        let epoch = match order {
            // code: epoch-then-swap
            Order::EpochFirst => {
                let epoch = self.epoch.load(SeqCst);
                self.live.store(1, SeqCst);
                epoch
            }
            // end
            // code: swap-then-epoch
            Order::SwapFirst => {
                self.live.store(1, SeqCst);
                self.epoch.load(SeqCst)
            } // end
        };
        // Whoever was reading then may be in the old copy.
        while epoch % 2 == 1 && self.epoch.load(SeqCst) == epoch {
            spin_loop();
        }
        // SAFETY: nobody is in the old copy.
        self.copies[0].with_mut(|value| unsafe { *value = 2 });
    }
}

fn publish_while_reading(order: Order) -> u32 {
    let map = Arc::new(LeftRight {
        copies: [UnsafeCell::new(1).named("left"), UnsafeCell::new(2).named("right")],
        live: AtomicUsize::new(0).named("live"),
        epoch: AtomicUsize::new(0).named("epoch"),
    });
    let theirs = Arc::clone(&map);
    let reader = thread("reader", move || theirs.read());
    map.publish(order);
    join(reader)
}
// end
