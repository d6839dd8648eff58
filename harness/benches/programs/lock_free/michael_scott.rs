//! A queue of linked nodes with a lock-free end on each side.
//!
//! | `tail` is | whoever finds it so |
//! |---|---|
//! | the last node | may append: the exchange of its `next` decides |
//! | the last but one | moves it on first, for the one who has appended and has not come to it yet |
//!
//! The node in front is a dummy; its successor holds the first value and becomes the dummy when that is taken. No node is used
//! again here, so none of the original's counters are needed, and no second look at `head` and `tail`.
//!
//! After Maged M. Michael and Michael L. Scott, "Simple, Fast, and Practical Non-Blocking and Blocking Concurrent Queue Algorithms",
//! PODC 1996.

use super::engine;
use super::on_threads;

use engine::cell::UnsafeCell;
use engine::sync::Arc;
use engine::sync::atomic::AtomicUsize;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};

/// The orderings of [`Queue`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// The exchange that appends a node.
    pub(crate) append: Ordering,
    /// The exchange that moves the tail on.
    pub(crate) tail: Ordering,
}

pub(crate) const RIGHT: Orders = Orders {
    // Pairs with the loads of `next`: who finds the node sees its value, and that it is the end.
    append: Release,
    // Pairs with the loads of `tail`: who finds the node there sees that it has been linked.
    tail: Release,
};

const NODES: usize = 5;
/// The end of the list; nodes are numbered from 1.
const NONE: usize = 0;
/// The successor of a node that has never been in the list. In real memory it is whatever was there before.
const UNUSED: usize = 99;

struct Queue {
    head: AtomicUsize,
    tail: AtomicUsize,
    next: [AtomicUsize; NODES],
    values: [UnsafeCell<usize>; NODES],
    orders: Orders,
}

// SAFETY: a value is written by whoever appends its node, before that, and only read later. That the one comes before the other is
// what the engines check.
unsafe impl Sync for Queue {}

impl Queue {
    fn new(orders: Orders) -> Self {
        Queue {
            head: AtomicUsize::new(1),
            tail: AtomicUsize::new(1),
            next: [NONE, UNUSED, UNUSED, UNUSED, UNUSED].map(AtomicUsize::new),
            values: [0; NODES].map(UnsafeCell::new),
            orders,
        }
    }

    fn next(&self, node: usize) -> usize {
        // Ordering: Acquire; pairs with `append`.
        let next = self.next[node - 1].load(Acquire);
        assert_ne!(next, UNUSED, "node {node} is found before it was linked");
        next
    }

    fn move_tail(&self, from: usize, to: usize) {
        // Ordering: Relaxed on failure; somebody else has moved it.
        let _ = self.tail.compare_exchange(from, to, self.orders.tail, Relaxed);
    }

    /// `node` is nobody else's and has never been in the queue.
    fn put(&self, node: usize, value: usize) {
        // SAFETY: nobody else has the node yet.
        self.values[node - 1].with_mut(|slot| unsafe { *slot = value });
        // Ordering: Relaxed; published by `append`.
        self.next[node - 1].store(NONE, Relaxed);
        loop {
            // Ordering: Acquire; pairs with the exchange that moved it here.
            let tail = self.tail.load(Acquire);
            let next = self.next(tail);
            if next != NONE {
                self.move_tail(tail, next);
                continue;
            }
            // Ordering: Relaxed on failure; the successor is loaded again.
            let appended = self.next[tail - 1].compare_exchange(NONE, node, self.orders.append, Relaxed);
            if appended.is_ok() {
                self.move_tail(tail, node);
                return;
            }
        }
    }

    fn take(&self) -> Option<usize> {
        loop {
            // Ordering: Acquire; pairs with the exchange below, so that the node is seen as it was linked.
            let head = self.head.load(Acquire);
            let next = self.next(head);
            if next == NONE {
                return None;
            }
            // Ordering: Acquire, as in `put`.
            if self.tail.load(Acquire) == head {
                // The head must not overtake it.
                self.move_tail(head, next);
            }
            // SAFETY: the node has been linked, and its value is never written again.
            let value = self.values[next - 1].with(|slot| unsafe { *slot });
            // Ordering: Release; pairs with the load above. Relaxed on failure; the head is loaded again.
            if self.head.compare_exchange(head, next, Release, Relaxed).is_ok() {
                return Some(value);
            }
        }
    }
}

/// Each of the producers puts its number in, each of the consumers takes once; what is left is taken in the end. Gives what the
/// consumers have found.
pub(crate) fn program(producers: usize, consumers: usize, orders: Orders) -> Vec<Option<usize>> {
    let queue = Arc::new(Queue::new(orders));
    let mut found = on_threads(&queue, producers + consumers, move |queue, n| {
        if n < producers {
            queue.put(n + 2, n + 1);
            return None;
        }
        queue.take()
    });
    let found = found.split_off(producers);
    let mut all: Vec<usize> = found.iter().copied().flatten().collect();
    all.extend(std::iter::from_fn(|| queue.take()));
    all.sort_unstable();
    assert!(all.into_iter().eq(1..=producers), "each value once: {found:?}");
    found
}
