//! Two threads increment one counter: the smallest lost update.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering};
use selvedge::{FailureKind, Strategy, thread};

use crate::catalog::{Scenario, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("lost-increment", "Two threads increment one counter", "F")
        .source("Maurice Herlihy and Nir Shavit, The Art of Multiprocessor Programming, section 1.1")
        .lesson(include_str!("lesson.md"))
        .variant(
            Variant::naive(
                "load-then-store",
                "load, add one, store: two steps with room in between",
                fails(FailureKind::Panic),
                || {
                    count(|counter| {
                        // Ordering: SeqCst; no ordering helps, the room between the two is the bug.
                        let value = counter.load(Ordering::SeqCst);
                        counter.store(value + 1, Ordering::SeqCst);
                    })
                },
            )
            .also_on([
                Strategy::Random,
                Strategy::Pct { depth: 2 },
                Strategy::Urw,
                Strategy::Pos,
            ]),
        )
        .variant(
            Variant::fixed("fetch-add", "one read-modify-write", || {
                count(|counter| {
                    // Ordering: Relaxed; atomicity is all it takes, and join orders the last read.
                    counter.fetch_add(1, Ordering::Relaxed);
                })
            })
            .also_on([Strategy::Random, Strategy::Pos]),
        )
}

fn count(increment: fn(&AtomicU32)) -> u32 {
    let counter = Arc::new(AtomicU32::new(0).named("counter"));
    let threads: Vec<_> = ["first", "second"]
        .map(|name| {
            let counter = Arc::clone(&counter);
            thread::Builder::new()
                .name(name)
                .spawn(move || increment(&counter))
                .expect("a thread can start")
        })
        .into();
    for thread in threads {
        thread.join().expect("an increment does not panic");
    }
    // Ordering: Relaxed; both writers have been joined.
    let total = counter.load(Ordering::Relaxed);
    assert!(total == 2, "an increment is lost");
    total
}
