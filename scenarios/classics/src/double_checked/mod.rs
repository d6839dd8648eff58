//! Double-checked initialisation: the first check happens without the lock, so the flag must publish.

use selvedge::cell::UnsafeCell;
use selvedge::sync::atomic::AtomicBool;
use selvedge::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "double-checked",
        "Double-checked initialisation with a relaxed flag",
        "F",
    )
    .source("Scott Meyers and Andrei Alexandrescu: C++ and the Perils of Double-Checked Locking, 2004")
    .level(Level::Depths)
    .needs(["message-passing", "once-init"])
    .symptoms([Symptom::WorksInDebug])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome("(7, 7)", Grade::Acceptable, "both see the value")
    .outcome(
        "data race",
        Grade::Forbidden,
        "the flag is seen, and nothing orders the value before it",
    )
    .variant(
        Variant::naive(
            "relaxed-flag",
            "the flag is stored and loaded relaxed",
            fails(FailureKind::DataRace),
            // code: relaxed-flag
            || {
                two_callers(Flag {
                    store: Relaxed,
                    load: Relaxed,
                    checks: 2,
                })
            },
            // end
        )
        .also_on([Strategy::Loom]),
    )
    .variant(
        Variant::fixed(
            "release-acquire",
            "the store releases the value, the load acquires it",
            || two_callers(RIGHT), // code: release-acquire
        )
        .also_on([Strategy::Loom])
        .broken_by(
            "load relaxed",
            || two_callers(Flag { load: Relaxed, ..RIGHT }),
            FailureKind::DataRace,
        )
        .broken_by(
            "store relaxed",
            || {
                two_callers(Flag {
                    store: Relaxed,
                    ..RIGHT
                })
            },
            FailureKind::DataRace,
        )
        .broken_by(
            "second check dropped",
            || two_callers(Flag { checks: 1, ..RIGHT }),
            FailureKind::DataRace,
        ),
    )
}

// code
#[derive(Clone, Copy)]
struct Flag {
    store: Ordering,
    load: Ordering,
    checks: usize,
}
// end

// code: release-acquire
const RIGHT: Flag = Flag {
    store: Release,
    load: Acquire,
    checks: 2,
};
// end

// code
struct Lazy {
    ready: AtomicBool,
    lock: Mutex<()>,
    value: UnsafeCell<u32>,
    flag: Flag,
}

// SAFETY: `value` is written under `lock` before `ready` is set, and read only after `ready` has been seen set. That
// this orders the two is what the scenario is about: the engines check each access.
unsafe impl Sync for Lazy {}

impl Lazy {
    fn get(&self) -> u32 {
        // Ordering: Acquire in the fixed variant; pairs with the store below, so the value is there.
        if !self.ready.load(self.flag.load) {
            let _guard = self.lock.lock().unwrap();
            // Ordering: Relaxed; the lock orders this load after the store of an earlier holder.
            if self.flag.checks < 2 || !self.ready.load(Relaxed) {
                // SAFETY: nobody reads before `ready` is set, and `lock` keeps other writers out.
                self.value.with_mut(|value| unsafe { *value = 7 });
                // Ordering: Release in the fixed variant; publishes the value to the load above.
                self.ready.store(true, self.flag.store);
            }
        }
        // SAFETY: `ready` has been seen set, and nobody writes after that.
        self.value.with(|value| unsafe { *value })
    }
}

fn two_callers(flag: Flag) -> (u32, u32) {
    let lazy = Arc::new(Lazy {
        ready: AtomicBool::new(false).named("ready"),
        lock: Mutex::new(()).named("mutex"),
        value: UnsafeCell::new(0).named("value"),
        flag,
    });
    let other = Arc::clone(&lazy);
    let first = thread("first", move || other.get());
    let second = thread("second", move || lazy.get());
    (join(first), join(second))
}
// end
