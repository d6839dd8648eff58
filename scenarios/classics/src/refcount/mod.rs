//! The last owner frees: it must see that the others have finished.

use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use selvedge::sync::atomic::{AtomicUsize, fence};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("refcount", "A reference count is dropped relaxed", "F")
        .source("The source of std::sync::Arc, `drop`; Mara Bos: Rust Atomics and Locks, 2023, chapter 6")
        .level(Level::Depths)
        .needs(["message-passing"])
        .symptoms([Symptom::UsedAfterFree, Symptom::WorksInDebug])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome(
            "(7, 7)",
            Grade::Acceptable,
            "both owners read the value before it was freed",
        )
        .outcome(
            "data race",
            Grade::Forbidden,
            "freed while nothing says that the other owner has finished",
        )
        .variant(
            Variant::naive(
                "relaxed",
                "the count goes down relaxed",
                fails(FailureKind::DataRace),
                // code: relaxed
                || {
                    two_owners(Count {
                        drop: Relaxed,
                        fence: false,
                    })
                },
                // end
            )
            .also_on([Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "release-then-acquire",
                "going down releases, the last one acquires",
                || two_owners(RIGHT), // code: release-then-acquire
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "going down relaxed",
                || two_owners(Count { drop: Relaxed, ..RIGHT }),
                FailureKind::DataRace,
            )
            .broken_by(
                "fence dropped",
                || two_owners(Count { fence: false, ..RIGHT }),
                FailureKind::DataRace,
            ),
        )
}

// code
#[derive(Clone, Copy)]
struct Count {
    drop: Ordering,
    fence: bool,
}
// end

// code: release-then-acquire
const RIGHT: Count = Count {
    drop: Release,
    fence: true,
};
// end

// code
struct Shared {
    owners: AtomicUsize,
    value: UnsafeCell<u32>,
    count: Count,
}

// SAFETY: owners only read `value`; who takes the count to 0 is the only one left and writes. That the reads of the
// others come before that is what the engines check.
unsafe impl Sync for Shared {}

impl Shared {
    fn read_and_drop(&self) -> u32 {
        // SAFETY: this owner still counts.
        let value = self.value.with(|value| unsafe { *value });
        // Ordering: Release in the fixed variant; what this owner did with the value comes before its drop.
        if self.owners.fetch_sub(1, self.count.drop) == 1 {
            if self.count.fence {
                // Ordering: Acquire; pairs with the drops of all other owners.
                fence(Acquire);
            }
            // SAFETY: the count is 0, nobody else is left. Writing stands for freeing.
            self.value.with_mut(|value| unsafe { *value = 0 });
        }
        value
    }
}

fn two_owners(count: Count) -> (u32, u32) {
    let shared = Arc::new(Shared {
        owners: AtomicUsize::new(2).named("owners"),
        value: UnsafeCell::new(7).named("value"),
        count,
    });
    let other = Arc::clone(&shared);
    let first = thread("first", move || other.read_and_drop());
    let second = thread("second", move || shared.read_and_drop());
    (join(first), join(second))
}
// end
