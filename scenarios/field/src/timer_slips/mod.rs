//! A timer is added while the driver of timers makes up its mind how long to sleep.

use selvedge::sync::atomic::{AtomicU32, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::thread::Thread;
use selvedge::{FailureKind, Strategy, note, thread};

use selvedge_catalog::{Grade, Scenario, Variant, fails};
use selvedge_catalog::{Level, Symptom, tasks};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("timer-slips", "A timer is added while its driver goes to sleep", "G")
        .source("tokio-rs/tokio, pull request 6683")
        .level(Level::Waiting)
        .needs(["batch-flush"])
        .symptoms([Symptom::HappensLate, Symptom::HangsUnderLoad])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("10", Grade::Acceptable, "the timer fires")
        .outcome("deadlock", Grade::Forbidden, "the driver sleeps beside a timer")
        .variant(
            Variant::naive(
                "stored-after-the-locks",
                "look into each shard, give the locks back, store when to wake up",
                fails(FailureKind::Deadlock),
                || add_while_parking(Store::AfterTheLocks), // code: stored-after-the-locks
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
        )
        .variant(
            Variant::fixed(
                "stored-under-the-locks",
                "keep the locks of all shards until it is stored when to wake up",
                || add_while_parking(Store::UnderTheLocks), // code: stored-under-the-locks
            )
            .also_on([Strategy::Random, Strategy::Pos])
            .broken_by(
                "gives the locks back first",
                || add_while_parking(Store::AfterTheLocks),
                FailureKind::Deadlock,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Store {
    AfterTheLocks,
    UnderTheLocks,
}

/// "Wake me for every timer."
const NONE: u32 = 0;

struct Timers {
    shards: [Mutex<Vec<u32>>; 2],
    /// When the driver will wake up by itself.
    next_wake: AtomicU32,
}

impl Timers {
    /// The earliest deadline of all shards, which is when the driver will wake up.
    fn turn(&self, store: Store) -> Option<u32> {
        let held = self.shards.each_ref().map(|shard| {
            let shard = shard.lock().expect("nobody panics");
            let earliest = shard.iter().min().copied();
            match store {
                Store::AfterTheLocks => (earliest, None),
                Store::UnderTheLocks => (earliest, Some(shard)),
            }
        });
        let earliest = held.iter().filter_map(|(earliest, _)| *earliest).min();
        // Ordering: SeqCst; the pattern is about the order of the steps, not about memory.
        self.next_wake.store(earliest.unwrap_or(NONE), SeqCst);
        drop(held);
        earliest
    }

    fn add(&self, deadline: u32, driver: &Thread) {
        let mut shard = self.shards[0].lock().expect("nobody panics");
        shard.push(deadline);
        let next_wake = self.next_wake.load(SeqCst);
        if next_wake == NONE || deadline < next_wake {
            driver.unpark();
        } else {
            note!("the driver wakes up before {deadline}");
        }
    }
}

fn add_while_parking(store: Store) -> u32 {
    let timers = Arc::new(Timers {
        shards: ["shard 0", "shard 1"].map(|name| Mutex::new(Vec::new()).named(name)),
        // For a timer that is gone by now.
        next_wake: AtomicU32::new(5).named("next wake"),
    });
    let theirs = Arc::clone(&timers);
    let driver = tasks::thread("driver", move || {
        loop {
            match theirs.turn(store) {
                Some(deadline) => return deadline,
                None => thread::park(),
            }
        }
    });
    timers.add(10, driver.thread());
    tasks::join(driver)
}
// end
