//! Store buffering, the heart of Dekker's algorithm: each announces itself, then looks for the other.

use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, AcqRel, Acquire, Relaxed, Release, SeqCst};
use selvedge::sync::atomic::{AtomicU32, fence};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "store-buffering",
        "Each announces itself, then looks for the other",
        "F",
    )
    .source("Hans-J. Boehm and Sarita V. Adve: Foundations of the C++ Concurrency Memory Model. PLDI 2008")
    .level(Level::Depths)
    .needs(["message-passing"])
    .symptoms([Symptom::WorksInDebug, Symptom::HappensTwice])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("(0, 1)", Grade::Acceptable, "left came first and did not see right")
    .outcome("(1, 0)", Grade::Acceptable, "right came first and did not see left")
    .outcome(
        "(1, 1)",
        Grade::Acceptable,
        "both had announced themselves before either looked",
    )
    .outcome(
        "(0, 0)",
        Grade::Forbidden,
        "both looked and saw nobody: both would enter",
    )
    .variant(
        Variant::naive(
            "acquire-release",
            "release stores, acquire loads",
            fails(FailureKind::Panic),
            // code: acquire-release
            || {
                flags(Flags {
                    store: Release,
                    load: Acquire,
                    ..BARE
                })
            },
            // end
        )
        .also_on([Strategy::Loom]),
    )
    .variant(
        Variant::fixed(
            "fence",
            "a sequentially consistent fence between the store and the load",
            || flags(FENCED), // code: fence
        )
        .also_on([Strategy::Loom])
        .broken_by("fence dropped", || flags(BARE), FailureKind::Panic)
        .broken_by(
            "fence weakened to acquire and release",
            || {
                flags(Flags {
                    fence: Some(AcqRel),
                    ..BARE
                })
            },
            FailureKind::Panic,
        )
        .broken_by(
            "load moved before the store",
            || flags(Flags { early: true, ..FENCED }),
            FailureKind::Panic,
        ),
    )
    .variant(
        Variant::fixed(
            "seq-cst",
            "sequentially consistent stores and loads",
            // code: seq-cst
            || {
                flags(Flags {
                    store: SeqCst,
                    load: SeqCst,
                    ..BARE
                })
            },
            // end
        )
        .note("not under loom, which treats a SeqCst access as acquire and release and would raise a false alarm")
        .broken_by(
            "load moved before the store",
            || {
                flags(Flags {
                    store: SeqCst,
                    load: SeqCst,
                    early: true,
                    ..BARE
                })
            },
            FailureKind::Panic,
        ),
    )
}

// code
#[derive(Clone, Copy)]
struct Flags {
    store: Ordering,
    load: Ordering,
    fence: Option<Ordering>,
    /// The load comes before the store, as the processor or the compiler may have it.
    early: bool,
}

const BARE: Flags = Flags {
    store: Relaxed,
    load: Relaxed,
    fence: None,
    early: false,
};
// end
// code: fence
const FENCED: Flags = Flags {
    fence: Some(SeqCst),
    ..BARE
};
// end

// code
impl Flags {
    fn announce_and_look(self, mine: &AtomicU32, other: &AtomicU32) -> u32 {
        // Ordering: whatever the variant says; without SeqCst the load may be satisfied before the store is visible.
        let look = || other.load(self.load);
        let seen = self.early.then(look);
        mine.store(1, self.store);
        if let Some(ordering) = self.fence {
            // Ordering: SeqCst in the fixed variant; pairs with the other fence. One of the two comes first, and the load
            // after the second sees the store before the first.
            fence(ordering);
        }
        seen.unwrap_or_else(look)
    }
}

fn flags(flags: Flags) -> (u32, u32) {
    let announced = Arc::new(["left is here", "right is here"].map(|name| AtomicU32::new(0).named(name)));
    let other = Arc::clone(&announced);
    let left = thread("left", move || flags.announce_and_look(&other[0], &other[1]));
    let right = thread("right", move || flags.announce_and_look(&announced[1], &announced[0]));
    (join(left), join(right))
}
// end
