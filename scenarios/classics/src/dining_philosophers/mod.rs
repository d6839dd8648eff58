//! Five philosophers, five forks: a deadlock that takes all five.

use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

const LOOM: &str = "not under loom, which has room for five threads with main; there are six";

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("dining-philosophers", "Five philosophers share five forks", "F")
        .source("Edsger W. Dijkstra: Hierarchical ordering of sequential processes. Acta Informatica 1, 1971")
        .level(Level::Steps)
        .needs(["lock-order"])
        .symptoms([Symptom::EverybodyWaits])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("5", Grade::Acceptable, "all have eaten")
        .outcome(
            "deadlock",
            Grade::Forbidden,
            "each holds the left fork and waits for the right one",
        )
        .variant(
            Variant::naive(
                "left-then-right",
                "each takes the left fork, then the right one",
                fails(FailureKind::Deadlock),
                || dinner(Manners::LeftFirst), // code: left-then-right
            )
            .also_on([Strategy::Pos])
            .note(LOOM),
        )
        .variant(
            Variant::fixed(
                "one-left-handed",
                "the last one takes the right fork first",
                || dinner(Manners::LastIsLeftHanded), // code: one-left-handed
            )
            .note(LOOM)
            .broken_by(
                "nobody is left-handed",
                || dinner(Manners::LeftFirst),
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "waiter",
                "a waiter lets one at a time take forks",
                || dinner(Manners::Waiter), // code: waiter
            )
            .note(LOOM)
            .broken_by(
                "nobody asks the waiter",
                || dinner(Manners::LeftFirst),
                FailureKind::Deadlock,
            ),
        )
}

// code
#[derive(Clone, Copy, PartialEq)]
enum Manners {
    LeftFirst,
    LastIsLeftHanded,
    Waiter,
}

struct Table {
    forks: [Mutex<()>; SEATS],
    waiter: Mutex<()>,
}

const SEATS: usize = 5;
const NAMES: [&str; SEATS] = ["Aristotle", "Boole", "Cantor", "Dedekind", "Euclid"];

impl Table {
    fn eat(&self, seat: usize, manners: Manners) -> usize {
        let (mut first, mut second) = (seat, (seat + 1) % SEATS);
        if manners == Manners::LastIsLeftHanded && seat == SEATS - 1 {
            (first, second) = (second, first);
        }
        let asked = (manners == Manners::Waiter).then(|| self.waiter.lock().unwrap());
        let _one = self.forks[first].lock().unwrap();
        let _other = self.forks[second].lock().unwrap();
        drop(asked);
        1
    }
}

fn dinner(manners: Manners) -> usize {
    let table = Arc::new(Table {
        forks: std::array::from_fn(|n| Mutex::new(()).named(&format!("fork {n}"))),
        waiter: Mutex::new(()).named("waiter"),
    });
    let seated: Vec<_> = (0..SEATS)
        .map(|seat| {
            let table = Arc::clone(&table);
            thread(NAMES[seat], move || table.eat(seat, manners))
        })
        .collect();
    seated.into_iter().map(join).sum()
}
// end
