//! A stack of nodes linked by index: a head that has come back is not a head that never left.

use selvedge::sync::Arc;
use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed};
use selvedge::{FailureKind, Strategy};

use selvedge_catalog::tasks::{join, thread};
use selvedge_catalog::{Grade, Level, Scenario, Symptom, Variant, fails};

/// See `lesson.md`.
pub(crate) fn scenario() -> Scenario {
    Scenario::new("aba-stack", "A lock-free stack sees the same head twice", "F")
        .source("IBM System/370 Principles of Operation, 1983, appendix A; Maged M. Michael: Hazard Pointers. IEEE TPDS 15(6), 2004")
        .level(Level::Steps)
        .needs(["erased-bit"])
        .symptoms([Symptom::HappensTwice, Symptom::UsedAfterFree])
        .lesson(include_str!("lesson.md"))
        .code(include_str!("mod.rs"))
        .outcome("[]", Grade::Acceptable, "every node has one owner")
        .outcome("[\"B\"]", Grade::Forbidden, "B is in the stack and in the hands of a thread")
        .variant(
            Variant::naive(
                "bare-index",
                "the head is an index, and the exchange compares nothing else",
                fails(FailureKind::Panic),
                || contend(Tag::Kept), // code: bare-index
            )
            .also_on([Strategy::Pos, Strategy::Loom]),
        )
        .variant(
            Variant::fixed(
                "tagged",
                "the head carries a tag that every exchange raises",
                || contend(Tag::Raised), // code: tagged
            )
                .also_on([Strategy::Loom])
                .broken_by("tag is not raised", || contend(Tag::Kept), FailureKind::Panic)
        )
}

// code
#[derive(Clone, Copy)]
enum Tag {
    Kept,
    Raised,
}

/// The nodes, numbered from 1; 0 is the end of the stack.
const NODES: [&str; 3] = ["A", "B", "C"];

struct Stack {
    /// `10 * tag + node`, so that a trace can be read: 21 is node 1 under the tag 2.
    head: AtomicUsize,
    /// The node below each node.
    below: [AtomicUsize; NODES.len()],
    tag: Tag,
}

impl Stack {
    /// A on B on C.
    fn new(tag: Tag) -> Self {
        Stack {
            head: AtomicUsize::new(1).named("head"),
            below: [(2, "below A"), (3, "below B"), (0, "below C")]
                .map(|(node, name)| AtomicUsize::new(node).named(name)),
            tag,
        }
    }

    fn pop(&self) -> Option<usize> {
        loop {
            // Ordering: Acquire; pairs with the exchange in `push`, so that what is below the node is visible.
            let head = self.head.load(Acquire);
            let node = head % 10;
            if node == 0 {
                return None;
            }
            // Ordering: Relaxed; published by whoever made the node the head.
            let below = self.below[node - 1].load(Relaxed);
            if self.exchange(head, below) {
                return Some(node);
            }
        }
    }

    fn push(&self, node: usize) {
        loop {
            // Ordering: Acquire, as in `pop`.
            let head = self.head.load(Acquire);
            // Ordering: Relaxed; published by the exchange.
            self.below[node - 1].store(head % 10, Relaxed);
            if self.exchange(head, node) {
                return;
            }
        }
    }

    /// Makes `node` the head, if the head is still `seen`.
    fn exchange(&self, seen: usize, node: usize) -> bool {
        let raise = match self.tag {
            Tag::Kept => 0,
            Tag::Raised => 10,
        };
        let next = seen - seen % 10 + raise + node;
        // Ordering: AcqRel; releases what is below the node to the loads of the head, and acquires what is below the
        // old one. Relaxed on failure; the head is loaded again.
        self.head.compare_exchange(seen, next, AcqRel, Relaxed).is_ok()
    }
}

/// One thread pops a node; the other pops two and pushes the first of them back. Gives the nodes that have two owners
/// in the end.
fn contend(tag: Tag) -> Vec<&'static str> {
    let stack = Arc::new(Stack::new(tag));
    let (one, two) = (Arc::clone(&stack), Arc::clone(&stack));
    let slow = thread("slow", move || one.pop());
    let quick = thread("quick", move || {
        let back = two.pop();
        let kept = two.pop();
        if let Some(node) = back {
            two.push(node);
        }
        kept
    });
    let mut owned: Vec<usize> = [join(slow), join(quick)].into_iter().flatten().collect();
    while let Some(node) = stack.pop() {
        owned.push(node);
    }
    owned.sort_unstable();
    let twice = owned.windows(2).filter(|pair| pair[0] == pair[1]);
    twice.map(|pair| NODES[pair[0] - 1]).collect()
}
// end
