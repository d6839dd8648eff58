//! A list of wakers and nothing else.
//!
//! **Broken for create-before-check.** The interleaving, with `notified()` called before the check:
//!
//! 1. the waiter makes a `Notified`, which does nothing yet;
//! 2. the waiter checks: not done;
//! 3. the worker stores `done` and calls `notify_waiters()`: the list is empty, nobody is woken;
//! 4. the waiter polls the future, which puts it on the list. It sleeps for ever.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use super::waiters::{Ticket, Waiters};

/// Wakes all who are on the list. See the module documentation for what it misses.
pub struct Notify {
    waiters: Waiters,
}

impl Notify {
    /// A notify nobody waits for.
    #[track_caller]
    pub fn new() -> Self {
        Notify {
            waiters: Waiters::new(),
        }
    }

    /// A future that is ready after a `notify_waiters` that follows its **first poll**.
    pub fn notified(&self) -> Notified<'_> {
        Notified {
            notify: self,
            ticket: None,
        }
    }

    /// Wakes everybody on the list.
    #[track_caller]
    pub fn notify_waiters(&self) {
        self.waiters.wake_all();
    }
}

impl Default for Notify {
    #[track_caller]
    fn default() -> Self {
        Notify::new()
    }
}

impl fmt::Debug for Notify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("naive::Notify").finish_non_exhaustive()
    }
}

/// Waits for [`Notify::notify_waiters`].
#[must_use = "futures do nothing unless you await or poll them"]
#[derive(Debug)]
pub struct Notified<'a> {
    notify: &'a Notify,
    /// Its place on the list, from the first poll until it is ready.
    ticket: Option<Ticket>,
}

impl Future for Notified<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let waiters = &self.notify.waiters;
        match self.ticket {
            None => {
                let ticket = waiters.register(cx.waker(), || false);
                self.ticket = ticket;
                Poll::Pending
            }
            Some(ticket) if waiters.is_notified(ticket, cx.waker()) => {
                self.ticket = None;
                Poll::Ready(())
            }
            Some(_) => Poll::Pending,
        }
    }
}

impl Drop for Notified<'_> {
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
    fn a_notification_before_the_first_poll_is_missed() {
        let notify = Notify::new();
        let mut notified = pin!(notify.notified());
        notify.notify_waiters();
        let mut cx = Context::from_waker(Waker::noop());
        assert!(notified.as_mut().poll(&mut cx).is_pending());
        notify.notify_waiters();
        assert!(notified.as_mut().poll(&mut cx).is_ready());
    }
}
