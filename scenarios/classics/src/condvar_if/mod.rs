//! A condition variable says that something has changed, not what is true now.

use std::collections::VecDeque;

use selvedge::sync::{Arc, Condvar, Mutex};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("condvar-if", "A condition is checked with `if` before the wait", "F")
        .source(
            "std::sync::Condvar; Butler Lampson and David Redell: Experience with Processes and Monitors in Mesa, 1980",
        )
        .level(Level::Waiting)
        .needs(["lock-order"])
        .symptoms([Symptom::WokenForNothing])
        .lesson(include_str!("lesson.md"))
        .exercise(include_str!("exercise.rs"), include_str!("solution.rs"))
        .code(include_str!("mod.rs"))
        .variant(
            Variant::naive(
                "if-spurious",
                "one consumer, and the wait returns although nobody has notified",
                fails(FailureKind::Panic),
                || one_consumer(Check::Once), // code: if-spurious
            )
            .limits(|l| l.spurious_wakeups = 1)
            .note("one spurious wake-up is allowed in each execution; loom has none")
            .outcome("Some(1)", Grade::Acceptable, "the item arrived")
            .outcome("None", Grade::Forbidden, "woken, and there is nothing to take"),
        )
        .variant(
            Variant::naive(
                "if-stolen",
                "two consumers: between the notification and the wake-up another takes the item",
                fails(FailureKind::Panic),
                || two_consumers(Check::Once), // code: if-stolen
            )
            .also_on([Strategy::Pos, Strategy::Loom])
            .outcome(
                "[Some(1), Some(2)]",
                Grade::Acceptable,
                "the early one got the first item",
            )
            .outcome(
                "[Some(2), Some(1)]",
                Grade::Acceptable,
                "the late one got the first item",
            )
            .outcome(
                "[None, Some(1)]",
                Grade::Forbidden,
                "the early one was woken for an item that was gone",
            )
            .outcome(
                "[Some(1), None]",
                Grade::Forbidden,
                "the late one was woken for an item that was gone",
            ),
        )
        .variant(
            Variant::fixed(
                "while",
                "the condition is checked again after each wake-up",
                || two_consumers(Check::AfterEachWakeup), // code: while
            )
            .limits(|l| l.spurious_wakeups = 1)
            .also_on([Strategy::Loom])
            .note("one spurious wake-up is allowed in each execution; loom has none")
            .outcome(
                "[Some(1), Some(2)]",
                Grade::Acceptable,
                "the early one got the first item",
            )
            .outcome(
                "[Some(2), Some(1)]",
                Grade::Acceptable,
                "the late one got the first item",
            )
            .outcome(
                "[None, Some(1)]",
                Grade::Forbidden,
                "the early one was woken for an item that was gone",
            )
            .outcome(
                "[Some(1), None]",
                Grade::Forbidden,
                "the late one was woken for an item that was gone",
            )
            .broken_by("`while` is an `if`", || two_consumers(Check::Once), FailureKind::Panic),
        )
}

// code
#[derive(Clone, Copy)]
enum Check {
    Once,
    AfterEachWakeup,
}

struct Queue {
    items: Mutex<VecDeque<u32>>,
    not_empty: Condvar,
}

impl Queue {
    fn new() -> Arc<Self> {
        Arc::new(Queue {
            items: Mutex::new(VecDeque::new())
                .named("items")
                .showing(|items| format!("{items:?}")),
            not_empty: Condvar::new().named("not_empty"),
        })
    }

    fn push(&self, item: u32) {
        self.items.lock().unwrap().push_back(item);
        self.not_empty.notify_one();
    }

    fn pop(&self, check: Check) -> Option<u32> {
        let mut items = self.items.lock().unwrap();
        match check {
            // code: if-spurious, if-stolen
            Check::Once => {
                if items.is_empty() {
                    items = self.not_empty.wait(items).unwrap();
                }
            }
            // end
            // code: while
            Check::AfterEachWakeup => {
                while items.is_empty() {
                    items = self.not_empty.wait(items).unwrap();
                }
            } // end
        }
        items.pop_front()
    }
}
// end

// code: if-spurious
fn one_consumer(check: Check) -> Option<u32> {
    let queue = Queue::new();
    let consumer = Arc::clone(&queue);
    let consumer = thread("consumer", move || consumer.pop(check));
    queue.push(1);
    join(consumer)
}
// end

// code: if-stolen, while
fn two_consumers(check: Check) -> [Option<u32>; 2] {
    let queue = Queue::new();
    let consumers = ["early", "late"].map(|name| {
        let queue = Arc::clone(&queue);
        thread(name, move || queue.pop(check))
    });
    queue.push(1);
    queue.push(2);
    consumers.map(join)
}
// end
