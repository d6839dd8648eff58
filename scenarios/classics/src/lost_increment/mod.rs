//! Two threads increment one counter: the smallest lost update.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::{FailureKind, Strategy, thread};

use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("lost-increment", "Two threads increment one counter", "F")
        .source("Maurice Herlihy and Nir Shavit, The Art of Multiprocessor Programming, section 1.1")
        .level(Level::Steps)
        .symptoms([Symptom::CountTooLow])
        .lesson(include_str!("lesson.md"))
        .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
        .code(include_str!("mod.rs"))
        .outcome("2", Grade::Acceptable, "both increments count")
        .outcome("1", Grade::Forbidden, "an increment is lost")
        .variant(
            Variant::naive(
                "load-then-store",
                "load, add one, store: two steps with room in between",
                fails(FailureKind::Panic),
                || count(Increment::LoadThenStore), // code: load-then-store
            )
            .also_on([
                Strategy::Random,
                Strategy::Pct { depth: 2 },
                Strategy::Urw,
                Strategy::Pos,
            ]),
        )
        .variant(
            Variant::fixed(
                "fetch-add",
                "one read-modify-write",
                || count(Increment::FetchAdd), // code: fetch-add
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Loom])
            .broken_by(
                "split into a load and a store",
                || count(Increment::LoadThenStore),
                FailureKind::Panic,
            ),
        )
        .variant(
            Variant::fixed(
                "compare-exchange",
                "store only if the value is still the one that was read",
                || count(Increment::CompareExchange), // code: compare-exchange
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "a failed exchange is not tried again",
                || count(Increment::ExchangeOnce),
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Increment {
    LoadThenStore,
    FetchAdd,
    CompareExchange,
    ExchangeOnce,
}

impl Increment {
    fn apply(self, counter: &AtomicU32) {
        match self {
            // code: load-then-store
            Increment::LoadThenStore => {
                // Ordering: SeqCst; no ordering helps, the room between the two is the bug.
                let value = counter.load(Ordering::SeqCst);
                counter.store(value + 1, Ordering::SeqCst);
            }
            // end
            // code: fetch-add
            Increment::FetchAdd => {
                // Ordering: Relaxed; atomicity is all it takes, and join orders the last read.
                counter.fetch_add(1, Ordering::Relaxed);
            }
            // end
            // code: compare-exchange
            Increment::CompareExchange | Increment::ExchangeOnce => {
                // Ordering: Relaxed, as above.
                let mut value = counter.load(Ordering::Relaxed);
                while let Err(newer) = counter.compare_exchange(value, value + 1, Ordering::Relaxed, Ordering::Relaxed)
                {
                    if matches!(self, Increment::ExchangeOnce) {
                        break;
                    }
                    value = newer;
                }
            } // end
        }
    }
}

fn count(increment: Increment) -> u32 {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let threads = ["first", "second"].map(|name| {
        let counter = Arc::clone(&counter);
        thread::Builder::new()
            .name(name)
            .spawn(move || increment.apply(&counter))
            .expect("a thread can start")
    });
    for thread in threads {
        thread.join().expect("an increment does not panic");
    }
    // Ordering: Relaxed; both writers have been joined.
    counter.load(Ordering::Relaxed)
}
// end
