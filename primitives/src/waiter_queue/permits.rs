//! Permits to take and give back, first come first *woken*: the smallest thing a waiter queue is for.

use std::fmt;
use std::future::poll_fn;
use std::pin::pin;
use std::task::{Poll, ready};

use super::{Waiter, WaiterQueue};
use crate::sync::{AtomicUsize, Ordering, counter};

/// A number of permits. Unlike [`Semaphore`](crate::semaphore::Semaphore) it is not fair: who comes by when a permit is
/// given back may take it before the waiter that was woken for it.
pub struct Permits<Q> {
    available: AtomicUsize,
    queue: Q,
}

impl<Q: WaiterQueue> Permits<Q> {
    /// `available` permits to begin with.
    #[track_caller]
    pub fn new(available: usize) -> Self {
        Permits {
            available: counter("permits", available),
            queue: Q::default(),
        }
    }

    /// Takes a permit, if there is one.
    #[track_caller]
    pub fn try_take(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `give`, so the new owner sees what the last one did.
        // Relaxed for the load: the exchange decides.
        self.available
            .fetch_update(Ordering::Acquire, Ordering::Relaxed, |n| n.checked_sub(1))
            .is_ok()
    }

    /// Takes a permit, when there is one. The future can be dropped at any time.
    pub async fn take(&self) {
        let mut waiter = pin!(Waiter::new(&self.queue));
        poll_fn(|cx| {
            loop {
                ready!(waiter.as_mut().poll_woken(cx));
                if self.try_take() {
                    return Poll::Ready(());
                }
                // Ordering: Relaxed; the queue has put this look in order (its lock, or its fence), and if it finds
                // a permit it is taken above.
                let none_left = || self.available.load(Ordering::Relaxed) == 0;
                if waiter.as_mut().add_waiter_if(none_left, cx.waker()) {
                    return Poll::Pending;
                }
            }
        })
        .await;
    }

    /// Gives a permit back, or adds one.
    #[track_caller]
    pub fn give(&self) {
        // Ordering: Release; pairs with the Acquire in `try_take`.
        self.available.fetch_add(1, Ordering::Release);
        self.queue.wake_one();
    }

    /// Adds `n` permits at once, for all who wait.
    #[track_caller]
    pub fn give_many(&self, n: usize) {
        // Ordering: Release; as in `give`.
        self.available.fetch_add(n, Ordering::Release);
        self.queue.wake_all();
    }

    /// How many permits nobody has.
    #[track_caller]
    pub fn available(&self) -> usize {
        // Ordering: Relaxed; a number to look at, stale by the time it is read.
        self.available.load(Ordering::Relaxed)
    }
}

impl<Q> fmt::Debug for Permits<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Permits").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub(super) const SOURCE: (&str, &str) = (file!(), include_str!("permits.rs"));
