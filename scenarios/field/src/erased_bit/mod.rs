//! A word of flags is loaded and stored back, and a flag set in between is gone.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

// code
const RUNNING: usize = 1;
const CLOSED: usize = 2;
// end

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("erased-bit", "A word of flags, each set by somebody else", "G")
        .source("tokio-rs/tokio, issue 3660, and crossbeam-channel 0.3.5")
        .level(Level::Steps)
        .needs(["lost-increment"])
        .symptoms([Symptom::CountTooLow, Symptom::JumpsBack])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("2", Grade::Acceptable, "closed, and no longer running")
        .outcome(
            "0",
            Grade::Forbidden,
            "the closing has been erased: nobody will ever see it",
        )
        .variant(
            Variant::naive(
                "load-then-store",
                "load the flags, clear one, store them back",
                fails(FailureKind::Panic),
                || finish_while_closing(Clear::LoadThenStore), // code: load-then-store
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
        )
        .variant(
            Variant::fixed(
                "fetch-and",
                "clear the flag in one read-modify-write",
                || finish_while_closing(Clear::FetchAnd), // code: fetch-and
            )
            .also_on([Strategy::Random, Strategy::Loom])
            .broken_by(
                "split into load and store",
                || finish_while_closing(Clear::LoadThenStore),
                FailureKind::Panic,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Clear {
    LoadThenStore,
    FetchAnd,
}

fn finish_while_closing(clear: Clear) -> usize {
    let flags = Arc::new(AtomicUsize::new(RUNNING).named("flags"));
    let worker = {
        let flags = Arc::clone(&flags);
        // Ordering: AcqRel throughout; what each has done before is seen by whoever sees its flag.
        thread("worker", move || match clear {
            // code: load-then-store
            Clear::LoadThenStore => {
                let seen = flags.load(Ordering::Acquire);
                flags.store(seen & !RUNNING, Ordering::Release);
            }
            // end
            Clear::FetchAnd => {
                flags.fetch_and(!RUNNING, Ordering::AcqRel);
            }
        })
    };
    let closer = {
        let flags = Arc::clone(&flags);
        thread("closer", move || {
            flags.fetch_or(CLOSED, Ordering::AcqRel);
        })
    };
    join(worker);
    join(closer);
    flags.load(Ordering::Acquire)
}
// end
