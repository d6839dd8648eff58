//! A deque for stealing: its owner puts jobs in and takes them out at the bottom, thieves take them from the top.
//!
//! The owner takes the last but one job with plain loads and stores; only for the last one it has to ask the thieves, by the
//! exchange of `top`. What makes that right is a fence on each side between what one has said and what one looks at: the
//! owner stores `bottom` and looks at `top`, a thief has `top` and looks at `bottom`.
//!
//! After Nhat Minh Lê, Antoniu Pop, Albert Cohen and Francesco Zappa Nardelli, "Correct and Efficient Work-Stealing for Weak Memory
//! Models", PPoPP 2013, figure 1, with a buffer that does not grow. The deque is that of David Chase and Yossi Lev, "Dynamic Circular
//! Work-Stealing Deque", SPAA 2005.

use super::engine;
use super::on_threads;

use engine::cell::UnsafeCell;
use engine::sync::Arc;
use engine::sync::atomic::Ordering::{self, Acquire, Relaxed, Release, SeqCst};
use engine::sync::atomic::{AtomicUsize, fence};

/// The orderings of [`Deque`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Orders {
    /// The fence between the job and `bottom`.
    pub(crate) publish: bool,
    /// The owner's fence.
    pub(crate) owner: Ordering,
    /// The thief's fence.
    pub(crate) thief: Ordering,
}

pub(crate) const RIGHT: Orders = Orders {
    // Release; pairs with the thief's load of `bottom`, so that it sees the job.
    publish: true,
    // One of the two sees what the other has said.
    owner: SeqCst,
    thief: SeqCst,
};

const SIZE: usize = 2;
/// Both ends begin here, so that `bottom` can go one below.
const FIRST: usize = 2;

struct Deque {
    bottom: AtomicUsize,
    top: AtomicUsize,
    buffer: [AtomicUsize; SIZE],
    /// How often each job has been done.
    done: [UnsafeCell<usize>; SIZE],
    orders: Orders,
}

// SAFETY: a job is done by whoever has taken it. That this is one thread only is what the engines check.
unsafe impl Sync for Deque {}

impl Deque {
    fn push(&self, job: usize) {
        // Ordering: Relaxed; only the owner stores it.
        let bottom = self.bottom.load(Relaxed);
        // Ordering: Acquire; what the thieves did with a place comes before what is put there.
        let top = self.top.load(Acquire);
        assert!(bottom - top < SIZE, "the buffer does not grow");
        // Ordering: Relaxed; the fence publishes it.
        self.buffer[bottom % SIZE].store(job, Relaxed);
        if self.orders.publish {
            fence(Release);
        }
        // Ordering: Relaxed; the fence is in front of it.
        self.bottom.store(bottom + 1, Relaxed);
    }

    fn take(&self) -> Option<usize> {
        // Ordering: Relaxed; only the owner stores it.
        let bottom = self.bottom.load(Relaxed) - 1;
        // Ordering: Relaxed; the fence orders it before the look at the top.
        self.bottom.store(bottom, Relaxed);
        fence(self.orders.owner);
        let top = self.top.load(Relaxed);
        let mut job = None;
        if top <= bottom {
            // Ordering: Relaxed; it is the owner's own store.
            job = Some(self.buffer[bottom % SIZE].load(Relaxed));
            if top < bottom {
                return job;
            }
            // The last one. Ordering: SeqCst, in one order with the fences. Relaxed on failure; a thief has it.
            if self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_err() {
                job = None;
            }
        }
        // Ordering: Relaxed; nothing is published.
        self.bottom.store(bottom + 1, Relaxed);
        job
    }

    /// Nothing also if somebody else was faster.
    fn steal(&self) -> Option<usize> {
        // Ordering: Acquire; the place of the top is not looked at before.
        let top = self.top.load(Acquire);
        fence(self.orders.thief);
        // Ordering: Acquire; pairs with the fence of `push`.
        let bottom = self.bottom.load(Acquire);
        if top >= bottom {
            return None;
        }
        // Ordering: Relaxed; `bottom` has published it.
        let job = self.buffer[top % SIZE].load(Relaxed);
        // Ordering: SeqCst, as in `take`. Relaxed on failure; the job is somebody else's.
        let mine = self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok();
        mine.then_some(job)
    }

    /// Does a job: 1 or 2.
    fn perform(&self, job: usize) {
        assert_ne!(job, 0, "there is no job yet");
        // SAFETY: nobody else has the job.
        let done = self.done[job - 1].with_mut(|done| unsafe {
            *done += 1;
            *done
        });
        assert_eq!(done, 1, "job {job} is done again");
    }
}

/// The owner puts two jobs in and takes twice, each of the thieves steals so many times. Gives the jobs that each of them has done.
pub(crate) fn program(thieves: usize, steals: usize, orders: Orders) -> Vec<Vec<usize>> {
    let deque = Arc::new(Deque {
        bottom: AtomicUsize::new(FIRST),
        top: AtomicUsize::new(FIRST),
        buffer: [0; SIZE].map(AtomicUsize::new),
        done: [0; SIZE].map(UnsafeCell::new),
        orders,
    });
    let jobs = on_threads(&deque, 1 + thieves, move |deque, n| {
        let mut jobs = Vec::new();
        let mut perform = |job: Option<usize>| {
            if let Some(job) = job {
                deque.perform(job);
                jobs.push(job);
            }
        };
        if n == 0 {
            deque.push(1);
            deque.push(2);
            perform(deque.take());
            perform(deque.take());
        } else {
            (0..steals).for_each(|_| perform(deque.steal()));
        }
        jobs
    });
    assert_eq!(jobs.iter().flatten().count(), 2, "each job once: {jobs:?}");
    jobs
}
