//! Two locks that spin: one that whoever comes first gets, and one that serves in the order of the tickets.

use super::engine;
use super::on_threads;

use engine::cell::UnsafeCell;
use engine::hint;
use engine::sync::Arc;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use engine::sync::atomic::{AtomicBool, AtomicUsize};

/// The orderings of both locks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    pub(crate) lock: Ordering,
    pub(crate) unlock: Ordering,
}

/// Each pairs with the other: what was done under the lock comes before what the next holder does.
pub(crate) const RIGHT: Orders = Orders {
    lock: Acquire,
    unlock: Release,
};

struct Counter(UnsafeCell<usize>);

// SAFETY: only who holds the lock touches it. That the lock says so is what the engines check.
unsafe impl Sync for Counter {}

impl Counter {
    /// Gives the value before.
    fn add_one(&self) -> usize {
        // SAFETY: as above.
        self.0.with_mut(|value| unsafe {
            *value += 1;
            *value - 1
        })
    }
}

/// Each of the threads takes the lock and counts.
pub(crate) fn spin_lock(threads: usize, orders: Orders) -> Vec<usize> {
    let shared = Arc::new((AtomicBool::new(false), Counter(UnsafeCell::new(0))));
    on_threads(&shared, threads, move |(lock, counter), _| {
        // Ordering: Relaxed on failure, and for the looks in between; it is tried again. To swap until it succeeds would change the
        // lock at every turn, and two who spin would keep each other awake for ever.
        while lock.compare_exchange(false, true, orders.lock, Relaxed).is_err() {
            while lock.load(Relaxed) {
                hint::spin_loop();
            }
        }
        let before = counter.add_one();
        lock.store(false, orders.unlock);
        before
    })
}

/// Each of the threads draws a ticket, waits until it is served, and counts.
pub(crate) fn ticket_lock(threads: usize, orders: Orders) -> Vec<usize> {
    let shared = Arc::new((AtomicUsize::new(0), AtomicUsize::new(0), Counter(UnsafeCell::new(0))));
    on_threads(&shared, threads, move |(tickets, served, counter), _| {
        // Ordering: Relaxed; no two have the same, and that is all.
        let mine = tickets.fetch_add(1, Relaxed);
        while served.load(orders.lock) != mine {
            hint::spin_loop();
        }
        let before = counter.add_one();
        served.store(mine + 1, orders.unlock);
        before
    })
}
