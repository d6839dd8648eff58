//! A stack whose head is exchanged: a node goes on top if the head is still the one that was seen.
//!
//! The head may have come back meanwhile and mean another stack (ABA), so it carries a tag that every exchange raises.
//!
//! After R. Kent Treiber, "Systems Programming: Coping with Parallelism", IBM RJ 5118, 1986; the tag is that of the IBM System/370.

use super::engine;
use super::on_threads;

use engine::cell::UnsafeCell;
use engine::sync::Arc;
use engine::sync::atomic::AtomicUsize;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The orderings of [`Stack`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// The exchange of a push.
    pub(crate) push: Ordering,
    /// The load of the head in a pop.
    pub(crate) look: Ordering,
    pub(crate) tagged: bool,
}

pub(crate) const RIGHT: Orders = Orders {
    // Pairs with `look`: who sees the node as the head sees what is in it and below it.
    push: Release,
    look: Acquire,
    tagged: true,
};

const MOST: usize = 4;
/// The head is so many times the tag, and the node; nodes are numbered from 1, 0 is the end.
const TAG: usize = 10;

struct Stack {
    head: AtomicUsize,
    /// The node below each node. An atomic, because who has seen a node as the head looks here even if another one has taken it.
    below: [AtomicUsize; MOST],
    /// What is in each node.
    values: [UnsafeCell<usize>; MOST],
    orders: Orders,
}

// SAFETY: the value of a node belongs to whoever pushes it and then to whoever pops it. That the one comes before the other is what
// the engines check.
unsafe impl Sync for Stack {}

impl Stack {
    /// The first `nodes` nodes, one on the other.
    fn new(nodes: usize, orders: Orders) -> Self {
        let below = |node: usize| if node < nodes { node + 1 } else { 0 };
        Stack {
            head: AtomicUsize::new(nodes.min(1)),
            below: [1, 2, 3, 4].map(|node| AtomicUsize::new(below(node))),
            values: [0; MOST].map(UnsafeCell::new),
            orders,
        }
    }

    fn exchange(&self, seen: usize, node: usize, ordering: Ordering) -> bool {
        let raised = if self.orders.tagged { TAG } else { 0 };
        let next = seen - seen % TAG + raised + node;
        // Ordering: Relaxed on failure; the head is loaded again.
        self.head.compare_exchange(seen, next, ordering, Relaxed).is_ok()
    }

    fn push(&self, node: usize) {
        loop {
            // Ordering: Relaxed; the number is all that is used of it.
            let head = self.head.load(Relaxed);
            // Ordering: Relaxed; published by the exchange.
            self.below[node - 1].store(head % TAG, Relaxed);
            if self.exchange(head, node, self.orders.push) {
                return;
            }
        }
    }

    fn pop(&self) -> Option<usize> {
        loop {
            let head = self.head.load(self.orders.look);
            let node = head % TAG;
            if node == 0 {
                return None;
            }
            // Ordering: Relaxed; `look` has learnt it, and if it is a later one, the exchange fails.
            let below = self.below[node - 1].load(Relaxed);
            // Ordering: Relaxed; an exchange continues the release sequences of the pushes before it, so that who sees the node
            // below as the head sees what its push published.
            if self.exchange(head, below, Relaxed) {
                return Some(node);
            }
        }
    }
}

/// Each of the threads pushes a node of its own with a value and pops one. Gives the values that they find.
pub(crate) fn program(threads: usize, orders: Orders) -> Vec<usize> {
    let stack = Arc::new(Stack::new(0, orders));
    let found = on_threads(&stack, threads, |stack, n| {
        // SAFETY: nobody else has the node yet.
        stack.values[n].with_mut(|value| unsafe { *value = n + 1 });
        stack.push(n + 1);
        let node = stack.pop().expect("as many pushes as pops came before");
        // SAFETY: it is in no stack.
        stack.values[node - 1].with_mut(|value| unsafe { std::mem::take(&mut *value) })
    });
    let mut all = found.clone();
    all.sort_unstable();
    assert!(all.into_iter().eq(1..=threads), "each value once: {found:?}");
    found
}

/// One thread pops a node of three; another one pops two and pushes the first of them back. Gives the nodes that have two owners in
/// the end.
pub(crate) fn contend(orders: Orders) -> Vec<usize> {
    let stack = Arc::new(Stack::new(3, orders));
    let mut owned: Vec<usize> = on_threads(&stack, 2, |stack, n| {
        if n == 0 {
            return stack.pop();
        }
        let back = stack.pop();
        let kept = stack.pop();
        if let Some(node) = back {
            stack.push(node);
        }
        kept
    })
    .into_iter()
    .flatten()
    .collect();
    owned.extend(std::iter::from_fn(|| stack.pop()));
    owned.sort_unstable();
    let twice = owned.windows(2).filter(|pair| pair[0] == pair[1]);
    twice.map(|pair| pair[0]).collect()
}
