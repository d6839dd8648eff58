//! From a read lock to a write lock: not while holding the one, and not without looking again.

use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::sync::{Arc, RwLock};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("rwlock-upgrade", "A reader of a cache becomes its writer", "F")
        .source("std::sync::RwLock::write, section Panics; The Rust Edition Guide, 2024, `if let` temporary scope")
        .level(Level::Steps)
        .needs(["lock-order"])
        .symptoms([Symptom::EverybodyWaits, Symptom::HappensTwice])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("1", Grade::Acceptable, "the value was computed once")
        .outcome("2", Grade::Forbidden, "the value was computed twice")
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "a writer waits for a reader that waits for the writer",
        )
        .variant(
            Variant::naive(
                "write-while-reading",
                "the read guard is still there when the write lock is asked for",
                fails(FailureKind::Deadlock),
                // code: write-while-reading
                || {
                    two_callers(Upgrade {
                        keeps_guard: true,
                        looks_again: true,
                    })
                },
                // end
            )
            .also_on([Strategy::Loom]),
        )
        .variant(
            Variant::naive(
                "drop-then-write",
                "the read guard is dropped first, and what it showed is believed",
                fails(FailureKind::Panic),
                // code: drop-then-write
                || {
                    two_callers(Upgrade {
                        keeps_guard: false,
                        looks_again: false,
                    })
                },
                // end
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "drop-write-look-again",
                "dropped first, and looked at again under the write lock",
                // code: drop-write-look-again
                || {
                    two_callers(Upgrade {
                        keeps_guard: false,
                        looks_again: true,
                    })
                },
                // end
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "second look dropped",
                || {
                    two_callers(Upgrade {
                        keeps_guard: false,
                        looks_again: false,
                    })
                },
                FailureKind::Panic,
            )
            .broken_by(
                "read guard kept",
                || {
                    two_callers(Upgrade {
                        keeps_guard: true,
                        looks_again: true,
                    })
                },
                FailureKind::Deadlock,
            ),
        )
}

// code
#[derive(Clone, Copy)]
struct Upgrade {
    keeps_guard: bool,
    looks_again: bool,
}

struct Cache {
    value: RwLock<Option<u32>>,
    computed: AtomicU32,
}

impl Cache {
    fn get(&self, upgrade: Upgrade) -> u32 {
        let seen = self.value.read().unwrap();
        if let Some(value) = *seen {
            return value;
        }
        let _kept = upgrade.keeps_guard.then_some(seen);
        let mut value = self.value.write().unwrap();
        match *value {
            Some(value) if upgrade.looks_again => value,
            _ => {
                // Ordering: Relaxed; a count, read after everybody has been joined.
                self.computed.fetch_add(1, Ordering::Relaxed);
                *value.insert(7)
            }
        }
    }
}

fn two_callers(upgrade: Upgrade) -> u32 {
    let cache = Arc::new(Cache {
        value: RwLock::new(None).named("cache").showing(|value| format!("{value:?}")),
        computed: AtomicU32::new(0).named("computed"),
    });
    let callers = ["first", "second"].map(|name| {
        let cache = Arc::clone(&cache);
        thread(name, move || cache.get(upgrade))
    });
    let _ = callers.map(join);
    // Ordering: Relaxed; everybody has been joined.
    cache.computed.load(Ordering::Relaxed)
}
// end
