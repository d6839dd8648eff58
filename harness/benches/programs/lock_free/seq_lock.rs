//! A sequence lock: a reader takes nothing, reads, and asks then whether it may believe what it has read.
//!
//! | sequence | the values |
//! |---|---|
//! | even | belong together |
//! | odd | are being written |
//!
//! After Hans-J. Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", MSPC 2012, figure 6.

use super::engine;
use super::on_threads;

use engine::sync::Arc;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release};
use engine::sync::atomic::{AtomicUsize, fence};

/// The orderings of [`SeqLock`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// The exchange that makes the sequence odd.
    pub(crate) begin: Ordering,
    /// The fence behind it.
    pub(crate) writer: bool,
    /// The store that makes it even.
    pub(crate) end: Ordering,
    /// The reader's fence, in front of its second look.
    pub(crate) reader: bool,
}

pub(crate) const RIGHT: Orders = Orders {
    // Pairs with `end` of the writer before, so that its values are older than these.
    begin: Acquire,
    // Pairs with the reader's fence: who sees one of the values sees the odd sequence, or a later one.
    writer: true,
    // Pairs with the reader's first look: who sees the even sequence sees both values.
    end: Release,
    reader: true,
};

struct SeqLock {
    sequence: AtomicUsize,
    values: [AtomicUsize; 2],
    orders: Orders,
}

impl SeqLock {
    /// False if another writer is at work.
    fn write(&self, value: usize) -> bool {
        // Ordering: Relaxed; the exchange finds out whether it is still so.
        let seen = self.sequence.load(Relaxed);
        let begin = self.orders.begin;
        if seen % 2 == 1 || self.sequence.compare_exchange(seen, seen + 1, begin, Relaxed).is_err() {
            return false;
        }
        if self.orders.writer {
            fence(Release);
        }
        for half in &self.values {
            // Ordering: Relaxed; the sequence says whether the two belong together.
            half.store(value, Relaxed);
        }
        self.sequence.store(seen + 2, self.orders.end);
        true
    }

    /// Nothing if a writer was at work.
    fn read(&self) -> Option<[usize; 2]> {
        // Ordering: Acquire; pairs with `end`.
        let before = self.sequence.load(Acquire);
        if before % 2 == 1 {
            return None;
        }
        // Ordering: Relaxed; believed only if the second look agrees.
        let values = [0, 1].map(|half: usize| self.values[half].load(Relaxed));
        if self.orders.reader {
            fence(Acquire);
        }
        // Ordering: Relaxed; the fence keeps it behind the values.
        (self.sequence.load(Relaxed) == before).then_some(values)
    }
}

/// Each of the writers tries to write its number, each of the readers reads once. Gives what the readers believe.
pub(crate) fn program(writers: usize, readers: usize, orders: Orders) -> Vec<Option<usize>> {
    let lock = Arc::new(SeqLock {
        sequence: AtomicUsize::new(0),
        values: [0, 0].map(AtomicUsize::new),
        orders,
    });
    let seen = on_threads(&lock, writers + readers, move |lock, n| {
        if n < writers {
            lock.write(n + 1);
            return None;
        }
        lock.read()
    });
    let whole = |[x, y]: [usize; 2]| {
        assert_eq!(x, y, "torn");
        x
    };
    seen.into_iter().skip(writers).map(|seen| seen.map(whole)).collect()
}
