//! A list of wakers and a version: the number of `notify_waiters` calls so far.
//!
//! A future captures the version when it is created. At its first poll it compares: if the version has
//! moved, a notification came in between, and it is ready. The comparison is made under the lock of
//! the list, and the version is raised before the list is taken, so there is no room left:
//!
//! | the notifier has | the first poll finds |
//! |---|---|
//! | not raised the version | the old version: it goes on the list, which the notifier has yet to take |
//! | raised it, not taken the list | the new version: ready |
//! | taken the list | the new version, because the lock came from the notifier: ready |
//!
//! **What the orderings are for.** Not for the notify itself, whose lock orders all it needs: they are for
//! the condition of the *user*, which no lock of ours protects. The worker stores `done`, then raises the
//! version. A waiter that captures the *new* version will not be woken for that call, so it must be able
//! to see `done`. Release on the raise and Acquire on the capture promise that. [`Unordered`] leaves them
//! out and loses wake-ups; only a checker that knows weak memory (loom) can show it.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::{Ticket, Waiters};
use crate::sync::{AtomicUsize, Ordering, counter};

/// Wakes all who were created before the call. `ORDERED` is there to show what the orderings are worth:
/// leave it alone.
pub struct Notify<const ORDERED: bool = true> {
    /// Calls of `notify_waiters`. Wraps; a future would have to sleep through 2^64 of them.
    version: AtomicUsize,
    waiters: Waiters,
}

/// **Broken**: a [`Notify`] whose version is relaxed.
pub type Unordered = Notify<false>;

impl<const ORDERED: bool> Notify<ORDERED> {
    // Ordering: Acquire; pairs with the Release of RAISE, so who captures a version sees what was stored
    // before that version was raised.
    const CAPTURE: Ordering = if ORDERED { Ordering::Acquire } else { Ordering::Relaxed };
    // Ordering: Release; pairs with CAPTURE.
    const RAISE: Ordering = if ORDERED { Ordering::Release } else { Ordering::Relaxed };

    /// A notify nobody waits for.
    #[track_caller]
    pub fn new() -> Self {
        Notify {
            version: counter("version", 0),
            waiters: Waiters::new(),
        }
    }

    /// A future that is ready after a `notify_waiters` that follows **this call**.
    #[track_caller]
    pub fn notified(&self) -> Notified<'_, ORDERED> {
        Notified {
            notify: self,
            captured: self.version.load(Self::CAPTURE),
            ticket: None,
        }
    }

    /// Wakes everybody on the list, and makes those ready who were created but not polled yet.
    #[track_caller]
    pub fn notify_waiters(&self) {
        self.version.fetch_add(1, Self::RAISE);
        self.waiters.wake_all();
    }
}

impl<const ORDERED: bool> Default for Notify<ORDERED> {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}

impl<const ORDERED: bool> fmt::Debug for Notify<ORDERED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("versioned::Notify").finish_non_exhaustive()
    }
}

/// Waits for [`Notify::notify_waiters`].
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct Notified<'a, const ORDERED: bool = true> {
    notify: &'a Notify<ORDERED>,
    captured: usize,
    /// Its place on the list, from the first poll until it is ready.
    ticket: Option<Ticket>,
}

impl<const ORDERED: bool> Future for Notified<'_, ORDERED> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let notify = self.notify;
        let captured = self.captured;
        match self.ticket {
            None => {
                // Ordering: Relaxed; the lock that is held here came from whoever took the list, and the raise
                // stands before that. An older notifier has yet to take the list.
                let late = || notify.version.load(Ordering::Relaxed) != captured;
                let ticket = notify.waiters.register(cx.waker(), late);
                self.ticket = ticket;
                if ticket.is_some() {
                    Poll::Pending
                } else {
                    Poll::Ready(())
                }
            }
            Some(ticket) if notify.waiters.is_notified(ticket, cx.waker()) => {
                self.ticket = None;
                Poll::Ready(())
            }
            Some(_) => Poll::Pending,
        }
    }
}

impl<const ORDERED: bool> Drop for Notified<'_, ORDERED> {
    fn drop(&mut self) {
        if let Some(ticket) = self.ticket.take() {
            self.notify.waiters.remove(ticket);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    #[test]
    fn a_notification_before_the_first_poll_counts() {
        let notify: Notify = Notify::new();
        let mut notified = pin!(notify.notified());
        notify.notify_waiters();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(notified.as_mut().poll(&mut cx).is_ready());
    }

    #[test]
    fn a_notification_before_the_creation_does_not_count() {
        let notify: Notify = Notify::new();
        notify.notify_waiters();
        let mut notified = pin!(notify.notified());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(notified.as_mut().poll(&mut cx).is_pending());
    }

    #[test]
    fn a_dropped_future_leaves_nothing_on_the_list() {
        let notify: Notify = Notify::new();
        let mut cx = Context::from_waker(Waker::noop());
        {
            let mut notified = pin!(notify.notified());
            assert!(notified.as_mut().poll(&mut cx).is_pending());
        }
        let other = pin!(notify.notified());
        assert!(other.poll(&mut cx).is_pending());
        notify.notify_waiters();
    }
}
