//! A reference count: the last owner frees what all have used.
//!
//! After the source of `std::sync::Arc`, and chapter 6 of Mara Bos, "Rust Atomics and Locks", 2023.

use super::engine;

use engine::cell::UnsafeCell;
use engine::sync::Arc;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use engine::sync::atomic::{AtomicUsize, fence};
use engine::thread;

/// The orderings of [`Owner`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// Going down.
    pub(crate) drop: Ordering,
    /// The fence of the last owner.
    pub(crate) fence: bool,
}

pub(crate) const RIGHT: Orders = Orders {
    // Pairs with the fence of the last owner: whatever this one did comes before the end. Each goes on with the release sequences
    // of those before.
    drop: Release,
    fence: true,
};

struct Shared {
    owners: AtomicUsize,
    value: UnsafeCell<usize>,
    orders: Orders,
}

// SAFETY: owners only read `value`; who takes the count to 0 is the only one left and writes. That the reads of the others come
// before that is what the engines check.
unsafe impl Sync for Shared {}

struct Owner(Arc<Shared>);

impl Owner {
    fn read(&self) -> usize {
        // SAFETY: this owner still counts.
        self.0.value.with(|value| unsafe { *value })
    }
}

impl Clone for Owner {
    fn clone(&self) -> Self {
        // Ordering: Relaxed; whoever clones is an owner, and hands the clone over in an order of its own.
        self.0.owners.fetch_add(1, Relaxed);
        Owner(Arc::clone(&self.0))
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        if self.0.owners.fetch_sub(1, self.0.orders.drop) == 1 {
            if self.0.orders.fence {
                fence(Acquire);
            }
            // SAFETY: nobody else is left. Writing stands for freeing.
            self.0.value.with_mut(|value| unsafe { *value = 0 });
        }
    }
}

/// Each of the threads reads, clones, reads through the clone, and drops both. Gives what they read.
pub(crate) fn program(threads: usize, orders: Orders) -> Vec<usize> {
    let first = Owner(Arc::new(Shared {
        owners: AtomicUsize::new(1),
        value: UnsafeCell::new(7),
        orders,
    }));
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let owner = first.clone();
            thread::spawn(move || {
                let clone = owner.clone();
                drop(owner);
                clone.read()
            })
        })
        .collect();
    drop(first);
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}

/// The same with the `Arc` of the engine, whose count is the engine's own.
pub(crate) fn with_arc(threads: usize) -> Vec<usize> {
    let first = Arc::new(7);
    let threads: Vec<_> = (0..threads)
        .map(|_| {
            let owner = Arc::clone(&first);
            thread::spawn(move || {
                let clone = Arc::clone(&owner);
                drop(owner);
                *clone
            })
        })
        .collect();
    drop(first);
    threads.into_iter().map(|thread| thread.join().unwrap()).collect()
}
