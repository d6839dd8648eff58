//! Message passing: write the data, raise a flag; see the flag, read the data.

use selvedge::cell::UnsafeCell;
use selvedge::sync::Arc;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use selvedge::sync::atomic::{AtomicBool, AtomicU32, fence};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("message-passing", "A flag announces data, relaxed", "F")
        .source("Mara Bos: Rust Atomics and Locks, 2023, chapter 3")
        .level(Level::Depths)
        .needs(["lost-increment"])
        .symptoms([Symptom::WorksInDebug])
        .lesson(include_str!("lesson.md"))
        .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
        .code(include_str!("mod.rs"))
        .outcome("None", Grade::Acceptable, "the flag is not up yet")
        .outcome("Some(42)", Grade::Acceptable, "the flag is up and the data is there")
        .outcome("Some(0)", Grade::Forbidden, "the flag is up and the data is not there")
        .outcome(
            "data race",
            Grade::Forbidden,
            "nothing orders the read of the data after its write",
        )
        .variant(
            Variant::naive(
                "relaxed",
                "flag stored and loaded relaxed",
                fails(FailureKind::DataRace),
                || plain_data(BARE), // code: relaxed
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::naive(
                "relaxed-atomic-data",
                "the same, with data that is atomic: no data race any more, and still stale",
                fails(FailureKind::Panic),
                || atomic_data(BARE), // code: relaxed-atomic-data
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "release-acquire",
                "the store releases, the load acquires",
                || plain_data(RIGHT), // code: release-acquire
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "load relaxed",
                || plain_data(Flag { load: Relaxed, ..RIGHT }),
                FailureKind::DataRace,
            )
            .broken_by(
                "store relaxed",
                || {
                    plain_data(Flag {
                        store: Relaxed,
                        ..RIGHT
                    })
                },
                FailureKind::DataRace,
            )
            .broken_by(
                "flag raised before the data is written",
                || plain_data(Flag { early: true, ..RIGHT }),
                FailureKind::DataRace,
            ),
        )
        .variant(
            Variant::fixed(
                "fences",
                "relaxed accesses, a release and an acquire fence",
                || plain_data(FENCED), // code: fences
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "release fence dropped",
                || {
                    plain_data(Flag {
                        release_fence: false,
                        ..FENCED
                    })
                },
                FailureKind::DataRace,
            )
            .broken_by(
                "acquire fence dropped",
                || {
                    plain_data(Flag {
                        acquire_fence: false,
                        ..FENCED
                    })
                },
                FailureKind::DataRace,
            ),
        )
        .variant(
            Variant::fixed(
                "release-acquire-atomic-data",
                "atomic data is relaxed, the flag orders it",
                || atomic_data(RIGHT), // code: release-acquire-atomic-data
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "load relaxed",
                || atomic_data(Flag { load: Relaxed, ..RIGHT }),
                FailureKind::Panic,
            )
            .broken_by(
                "flag raised before the data is written",
                || atomic_data(Flag { early: true, ..RIGHT }),
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
struct Flag {
    store: Ordering,
    load: Ordering,
    release_fence: bool,
    acquire_fence: bool,
    /// The flag is raised before the data is written.
    early: bool,
}

const BARE: Flag = Flag {
    store: Relaxed,
    load: Relaxed,
    release_fence: false,
    acquire_fence: false,
    early: false,
};
// end
// code: release-acquire, release-acquire-atomic-data
const RIGHT: Flag = Flag {
    store: Release,
    load: Acquire,
    ..BARE
};
// end
// code: fences
const FENCED: Flag = Flag {
    release_fence: true,
    acquire_fence: true,
    ..BARE
};
// end

// code
impl Flag {
    fn send(self, raised: &AtomicBool, write: impl Fn()) {
        if !self.early {
            write();
        }
        if self.release_fence {
            // Ordering: Release; with the relaxed store it publishes the data, pairs with the fence in `receive`.
            fence(Release);
        }
        // Ordering: Release in the fixed variants; pairs with the load in `receive`.
        raised.store(true, self.store);
        if self.early {
            write();
        }
    }

    fn receive(self, raised: &AtomicBool, read: impl Fn() -> u32) -> Option<u32> {
        // Ordering: Acquire in the fixed variants; what was written before the flag was raised is visible.
        if !raised.load(self.load) {
            return None;
        }
        if self.acquire_fence {
            // Ordering: Acquire; pairs with the fence in `send`.
            fence(Acquire);
        }
        Some(read())
    }
}
// end

// code: relaxed, release-acquire, fences
struct Plain {
    raised: AtomicBool,
    data: UnsafeCell<u32>,
}

// SAFETY: `data` is written before `raised` is set and read after it was seen set. Whether that orders the two is what
// the engines check at each access.
unsafe impl Sync for Plain {}

fn plain_data(flag: Flag) -> Option<u32> {
    let shared = Arc::new(Plain {
        raised: AtomicBool::new(false).named("flag"),
        data: UnsafeCell::new(0).named("data"),
    });
    let other = Arc::clone(&shared);
    let sender = thread("sender", move || {
        // SAFETY: nobody reads before the flag is up.
        flag.send(&other.raised, || other.data.with_mut(|data| unsafe { *data = 42 }));
    });
    let receiver = thread("receiver", move || {
        // SAFETY: the flag is up, and the sender has written by then.
        flag.receive(&shared.raised, || shared.data.with(|data| unsafe { *data }))
    });
    join(sender);
    join(receiver)
}
// end

// code: relaxed-atomic-data, release-acquire-atomic-data
fn atomic_data(flag: Flag) -> Option<u32> {
    let shared = Arc::new((AtomicBool::new(false).named("flag"), AtomicU32::new(0).named("data")));
    let other = Arc::clone(&shared);
    // Ordering: Relaxed for the data; the flag is to order it.
    let sender = thread("sender", move || flag.send(&other.0, || other.1.store(42, Relaxed)));
    let receiver = thread("receiver", move || flag.receive(&shared.0, || shared.1.load(Relaxed)));
    join(sender);
    join(receiver)
}
// end
