//! Queues of those who wait for a condition: four implementations behind one trait.
//!
//! A waiter looks at its condition, finds it false, leaves a waker and sleeps. Whoever makes the condition
//! true calls [`wake_one`](WaiterQueue::wake_one) or [`wake_all`](WaiterQueue::wake_all). Between the look
//! and the waker there is room, and after the waker was left its owner may go away; all that this module
//! is careful about follows from these two.
//!
//! | | guarded by | wakes with nobody waiting | cancel |
//! |---|---|---|---|
//! | [`mutex`] | `std::sync::Mutex<VecDeque>` | take the lock | search the list |
//! | [`single`] | an atomic mode; `parking_lot::Mutex` from the second waiter on | one load | one exchange, or search |
//! | [`lock_free`] | `crossbeam_queue::SegQueue` of states | one pop | one exchange; the entry stays until it is popped |
//! | [`intrusive`] | `parking_lot::Mutex` around links that live in the waiters | take the lock | unlink, in constant time |
//!
//! [`naive`] holds what they were before they were repaired.
//!
//! # The three rules
//!
//! 1. **The condition is looked at again once the waker can be found.** Either the registration is visible
//!    before the second look ([`single`], [`lock_free`]), or both happen under the lock that a waker has to
//!    take ([`mutex`], [`intrusive`]). A notifier changes the condition first and looks for waiters second, so
//!    one of the two sees the other.
//! 2. **A waiter that goes away takes its entry along.** Each registration has an identity, the pinned
//!    [`Slot`](WaiterQueue::Slot) in its [`Waiter`], and only that entry is removed. Otherwise a wake-up is
//!    spent on nobody.
//! 3. **A waiter that was woken and goes away passes the wake-up on.** Somebody may be waiting behind it for
//!    what it was woken for.
//!
//! A waiter has its place in the queue for one registration: woken, it looks at the condition, and if
//! somebody was faster it queues up again at the end. Waiters are woken in the order in which they
//! registered. A wake-up without a reason is possible and harmless: the condition decides.
//!
//! | state of a waiter | `add_waiter_if` | `wake_one`, `wake_all` | drop |
//! |---|---|---|---|
//! | idle | waiting, or idle if the condition no longer holds | does not know it | nothing |
//! | waiting | (the program is wrong: panics) | woken; the waker is called | its entry is removed |
//! | woken | after `poll_woken` has taken note | does not know it | `wake_one` |

use std::fmt;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

pub mod intrusive;
mod list;
pub mod lock_free;
pub mod mutex;
pub mod naive;
mod permits;
pub mod single;

pub use list::Place;
pub use permits::Permits;

/// Those who wait, oldest first.
///
/// Waiting goes through a [`Waiter`], which keeps the promises that the unsafe functions ask for.
pub trait WaiterQueue: Default {
    /// What a waiter owns of the queue. Its address is its identity, or it holds one.
    type Slot: Default;

    /// Whether a waiter that was woken passes the wake-up on when it goes away. It must.
    const HANDS_OVER: bool = true;

    /// Registers `slot` if `condition` holds, and says whether it did. The condition is what keeps the
    /// waiter from going on ("no permit is left"). It may be looked at more than once, and under a lock of
    /// the queue, so it must not use the queue.
    ///
    /// `false` may use up a wake-up that came in meanwhile, so the caller has to try again.
    ///
    /// # Safety
    /// `slot` is not registered, is only ever used with this queue, by one thread at a time, and
    /// [`remove`](Self::remove) is called before it goes away.
    unsafe fn add(&self, slot: Pin<&Self::Slot>, condition: impl FnMut() -> bool, waker: &Waker) -> bool;

    /// Whether `slot` still waits. If it does, `waker` is the one to be called from now on.
    ///
    /// # Safety
    /// As for [`add`](Self::add), and `slot` has been registered.
    unsafe fn is_waiting(&self, slot: Pin<&Self::Slot>, waker: &Waker) -> bool;

    /// Takes `slot` out and says whether it still waited.
    ///
    /// # Safety
    /// As for [`is_waiting`](Self::is_waiting).
    unsafe fn remove(&self, slot: Pin<&Self::Slot>) -> bool;

    /// Wakes the waiter that registered first, and says whether there was one.
    fn wake_one(&self) -> bool;

    /// Wakes everybody who waits, and says how many these were.
    fn wake_all(&self) -> usize;
}

/// One who waits. It can be dropped at any time.
pub struct Waiter<'q, Q: WaiterQueue> {
    queue: &'q Q,
    /// Whether the slot has been added, and neither been seen to be woken nor removed.
    registered: bool,
    slot: Q::Slot,
    /// The queue may point to the slot.
    _pinned: PhantomPinned,
}

impl<'q, Q: WaiterQueue> Waiter<'q, Q> {
    /// A waiter that is not registered yet.
    #[track_caller]
    pub fn new(queue: &'q Q) -> Self {
        Waiter {
            queue,
            registered: false,
            slot: Q::Slot::default(),
            _pinned: PhantomPinned,
        }
    }

    /// Registers `waker` if `condition` holds; see [`WaiterQueue::add`]. After `true` return `Pending`;
    /// after `false` try again to get what the condition says is missing.
    ///
    /// # Panics
    /// When it is registered already and [`poll_woken`](Self::poll_woken) has not said otherwise.
    #[track_caller]
    pub fn add_waiter_if(self: Pin<&mut Self>, condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        let (queue, registered, slot) = self.parts();
        assert!(!*registered, "this waiter is in the queue already");
        // SAFETY: it is not registered, as asserted; a slot is only used through its waiter, which has one
        // queue, takes `&mut self`, and removes it in `drop`, which runs before pinned memory goes away.
        *registered = unsafe { queue.add(slot, condition, waker) };
        *registered
    }

    /// `Pending` while it is registered and nobody has woken it: `cx` is then the one that will be.
    #[track_caller]
    pub fn poll_woken(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let (queue, registered, slot) = self.parts();
        // SAFETY: as in `add_waiter_if`, and it is registered.
        if *registered && unsafe { queue.is_waiting(slot, cx.waker()) } {
            return Poll::Pending;
        }
        *registered = false;
        Poll::Ready(())
    }

    fn parts(self: Pin<&mut Self>) -> (&'q Q, &mut bool, Pin<&Q::Slot>) {
        // SAFETY: the slot is not moved, and handed out pinned; the rest does not care.
        let this = unsafe { self.get_unchecked_mut() };
        // SAFETY: it is a field of a pinned struct that nobody moves out of.
        let slot = unsafe { Pin::new_unchecked(&this.slot) };
        (this.queue, &mut this.registered, slot)
    }
}

impl<Q: WaiterQueue> Drop for Waiter<'_, Q> {
    fn drop(&mut self) {
        if !self.registered {
            return;
        }
        // SAFETY: only `parts` makes references to it, which are gone, and a registered waiter was pinned.
        let slot = unsafe { Pin::new_unchecked(&self.slot) };
        // SAFETY: it is registered, and this is the promised removal.
        let waited = unsafe { self.queue.remove(slot) };
        if !waited && Q::HANDS_OVER {
            self.queue.wake_one();
        }
    }
}

impl<Q: WaiterQueue> fmt::Debug for Waiter<'_, Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waiter")
            .field("registered", &self.registered)
            .finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("waiter_queue.rs"));

/// That of [`Permits`].
pub const PERMITS: (&str, &str) = permits::SOURCE;

#[cfg(test)]
mod tests;
