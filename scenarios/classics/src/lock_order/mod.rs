//! Two accounts, two locks, two orders: the smallest deadlock.

use selvedge::sync::{Arc, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("lock-order", "Two transfers lock two accounts in opposite orders", "F")
        .source("E. G. Coffman, M. J. Elphick, A. Shoshani: System Deadlocks. ACM Computing Surveys 3(2), 1971")
        .level(Level::Steps)
        .needs(["lost-increment"])
        .symptoms([Symptom::EverybodyWaits, Symptom::HangsUnderLoad])
        .lesson(include_str!("lesson.md"))
        .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
        .code(include_str!("mod.rs"))
        .outcome("(110, 90)", Grade::Acceptable, "both transfers were made")
        .outcome("deadlock", Grade::Forbidden, "each holds the lock that the other wants")
        .variant(
            Variant::naive(
                "from-then-to",
                "each transfer locks the account it takes from, then the one it gives to",
                fails(FailureKind::Deadlock),
                || transfers(Order::FromThenTo), // code: from-then-to
            )
            .also_on([Strategy::Random, Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "lower-number-first",
                "whoever needs both locks the lower number first",
                || transfers(Order::LowerFirst), // code: lower-number-first
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "order taken from the transfer",
                || transfers(Order::FromThenTo),
                FailureKind::Deadlock,
            ),
        )
        .variant(
            Variant::fixed(
                "one-gate",
                "a third lock is held while the two are taken",
                || transfers(Order::Gate), // code: one-gate
            )
            .also_on([Strategy::Loom])
            .broken_by(
                "gate opened after the first lock",
                || transfers(Order::GateForTheFirst),
                FailureKind::Deadlock,
            ),
        )
}

// code
#[derive(Clone, Copy)]
enum Order {
    FromThenTo,
    LowerFirst,
    Gate,
    GateForTheFirst,
}

struct Bank {
    accounts: [Mutex<i32>; 2],
    gate: Mutex<()>,
}

impl Bank {
    fn transfer(&self, from: usize, to: usize, amount: i32, order: Order) {
        let gate = match order {
            Order::Gate | Order::GateForTheFirst => Some(self.gate.lock().unwrap()),
            _ => None,
        };
        let (first, second) = match order {
            Order::LowerFirst => (from.min(to), from.max(to)),
            _ => (from, to),
        };
        let mut one = self.accounts[first].lock().unwrap();
        let gate = gate.filter(|_| !matches!(order, Order::GateForTheFirst));
        let mut other = self.accounts[second].lock().unwrap();
        drop(gate);
        let (source, target) = if first == from {
            (&mut one, &mut other)
        } else {
            (&mut other, &mut one)
        };
        **source -= amount;
        **target += amount;
    }
}

fn transfers(order: Order) -> (i32, i32) {
    let bank = Arc::new(Bank {
        accounts: ["account 0", "account 1"].map(|name| Mutex::new(100).named(name).showing(|v| v.to_string())),
        gate: Mutex::new(()).named("gate"),
    });
    let there = Arc::clone(&bank);
    let back = Arc::clone(&bank);
    let there = thread("there", move || there.transfer(0, 1, 10, order));
    let back = thread("back", move || back.transfer(1, 0, 20, order));
    join(there);
    join(back);
    let balance = |n: usize| *bank.accounts[n].lock().unwrap();
    (balance(0), balance(1))
}
// end
