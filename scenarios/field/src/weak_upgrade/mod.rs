//! A weak sender adds one to the count, looks, and takes it back.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new(
        "weak-upgrade",
        "A weak sender becomes a sender, if the channel has one",
        "G",
    )
    .source("smol-rs/async-channel, issue 60")
    .level(Level::Steps)
    .needs(["lost-increment"])
    .symptoms([Symptom::MessageLost, Symptom::UsedAfterFree])
    .lesson(include_str!("lesson.md"))
    .code(include_str!("mod.rs"))
    .outcome(
        "true",
        Grade::Acceptable,
        "whoever holds a sender holds one of an open channel",
    )
    .outcome(
        "false",
        Grade::Forbidden,
        "a weak sender was upgraded after the channel was closed",
    )
    .variant(
        Variant::naive(
            "add-then-undo",
            "add one; if there was none, take it back",
            fails(FailureKind::Panic),
            || two_upgrades(Upgrade::AddThenUndo), // code: add-then-undo
        )
        .also_on([Strategy::Random, Strategy::Pos, Strategy::Urw]),
    )
    .variant(
        Variant::fixed(
            "compare-exchange",
            "add one only where there is one, in one step",
            || two_upgrades(Upgrade::UnlessZero), // code: compare-exchange
        )
        .also_on([Strategy::Random, Strategy::Loom])
        .broken_by(
            "add and undo",
            || two_upgrades(Upgrade::AddThenUndo),
            FailureKind::Panic,
        ),
    )
}

// code
#[derive(Clone, Copy)]
enum Upgrade {
    AddThenUndo,
    UnlessZero,
}

struct Channel {
    senders: AtomicUsize,
    closed: AtomicBool,
}

impl Channel {
    /// Whether there is one more sender now.
    fn upgrade(&self, upgrade: Upgrade) -> bool {
        // Ordering: AcqRel; a sender is made from what the others have left.
        match upgrade {
            // code: add-then-undo
            Upgrade::AddThenUndo => {
                let alive = self.senders.fetch_add(1, Ordering::AcqRel) > 0;
                if !alive {
                    self.senders.fetch_sub(1, Ordering::AcqRel);
                }
                alive
            }
            // end
            Upgrade::UnlessZero => self
                .senders
                .fetch_update(Ordering::AcqRel, Ordering::Acquire, |n| (n > 0).then_some(n + 1))
                .is_ok(),
        }
    }

    fn drop_sender(&self) {
        if self.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Ordering: Release; whoever sees it sees what the senders have sent.
            self.closed.store(true, Ordering::Release);
        }
    }
}

/// Whether every upgraded sender is one of an open channel.
fn two_upgrades(upgrade: Upgrade) -> bool {
    let channel = Arc::new(Channel {
        senders: AtomicUsize::new(1).named("senders"),
        closed: AtomicBool::new(false).named("closed"),
    });
    let weak = ["first", "second"].map(|name| {
        let channel = Arc::clone(&channel);
        thread(name, move || {
            !channel.upgrade(upgrade) || !channel.closed.load(Ordering::Acquire)
        })
    });
    channel.drop_sender();
    weak.map(join) == [true, true]
}
// end
