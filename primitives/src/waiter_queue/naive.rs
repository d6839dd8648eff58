//! What the queues were before they were repaired. Each breaks one of the three rules of
//! [`waiter_queue`](super).
//!
//! | | breaks | so that |
//! |---|---|---|
//! | [`CheckThenPush`] | rule 1 | a wake-up between the look and the push finds nobody |
//! | [`StaleWaker`] | rule 2 | a waiter that did not have to wait leaves a waker, and the next wake-up is spent on it |
//! | [`NoRemoval`] | rule 2 | a waiter that is dropped leaves a waker, with the same end |
//! | [`Keeping`] | rule 3 | a waiter that was woken and dropped takes the wake-up along |
//! | [`single::Anonymous`](super::single::Anonymous) | rule 2 | a waiter that is dropped removes somebody else |
//! | [`single::Unfenced`](super::single::Unfenced) | rule 1, on hardware only | both sides look too early |

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::Waker;

use super::WaiterQueue;
use crate::sync::{Mutex, MutexGuard, Segments, mutex};

/// **Broken**: looks at the condition, then takes the lock and pushes.
pub type CheckThenPush = Anonymous<false>;

/// **Broken**: looks under the lock, but an entry has no identity and outlives its waiter.
pub type NoRemoval = Anonymous<true>;

/// `Mutex<VecDeque<Waker>>` and nothing else.
pub struct Anonymous<const LOOKS_UNDER_LOCK: bool> {
    wakers: Mutex<VecDeque<Waker>>,
}

impl<const LOOKS_UNDER_LOCK: bool> Anonymous<LOOKS_UNDER_LOCK> {
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, VecDeque<Waker>> {
        self.wakers.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<const LOOKS_UNDER_LOCK: bool> Default for Anonymous<LOOKS_UNDER_LOCK> {
    #[track_caller]
    fn default() -> Self {
        Anonymous {
            wakers: mutex("waiters", VecDeque::new(), |wakers| match wakers.len() {
                0 => "nobody".to_owned(),
                n => format!("{n} waiting"),
            }),
        }
    }
}

impl<const LOOKS_UNDER_LOCK: bool> WaiterQueue for Anonymous<LOOKS_UNDER_LOCK> {
    type Slot = ();
    const HANDS_OVER: bool = false;

    unsafe fn add(&self, _slot: Pin<&()>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        if !LOOKS_UNDER_LOCK && !condition() {
            return false;
        }
        let mut wakers = self.lock();
        if LOOKS_UNDER_LOCK && !condition() {
            return false;
        }
        wakers.push_back(waker.clone());
        true
    }

    /// Nobody knows, so it always tries again.
    unsafe fn is_waiting(&self, _slot: Pin<&()>, _waker: &Waker) -> bool {
        false
    }

    unsafe fn remove(&self, _slot: Pin<&()>) -> bool {
        true
    }

    fn wake_one(&self) -> bool {
        let waker = self.lock().pop_front();
        waker.map(Waker::wake).is_some()
    }

    fn wake_all(&self) -> usize {
        let wakers = std::mem::take(&mut *self.lock());
        let count = wakers.len();
        wakers.into_iter().for_each(Waker::wake);
        count
    }
}

/// **Broken**: `SegQueue<Waker>`. It pushes, looks again, and if there is nothing to wait for it wakes itself and
/// says that it is registered: "a spurious wake-up is harmless". The wake-up is; the waker that stays behind is not.
pub struct StaleWaker {
    wakers: Segments<Waker>,
}

impl Default for StaleWaker {
    fn default() -> Self {
        StaleWaker {
            wakers: Segments::new("waiters"),
        }
    }
}

impl WaiterQueue for StaleWaker {
    type Slot = ();
    const HANDS_OVER: bool = false;

    unsafe fn add(&self, _slot: Pin<&()>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        if !condition() {
            return false;
        }
        self.wakers.push(waker.clone());
        if !condition() {
            waker.wake_by_ref();
        }
        true
    }

    /// Nobody knows, so it always tries again.
    unsafe fn is_waiting(&self, _slot: Pin<&()>, _waker: &Waker) -> bool {
        false
    }

    unsafe fn remove(&self, _slot: Pin<&()>) -> bool {
        true
    }

    fn wake_one(&self) -> bool {
        self.wakers.pop().map(Waker::wake).is_some()
    }

    fn wake_all(&self) -> usize {
        let mut count = 0;
        while let Some(waker) = self.wakers.pop() {
            waker.wake();
            count += 1;
        }
        count
    }
}

/// **Broken**: a repaired queue whose waiters keep the wake-up when they are dropped.
#[derive(Debug, Default)]
pub struct Keeping<Q>(Q);

impl<Q: WaiterQueue> WaiterQueue for Keeping<Q> {
    type Slot = Q::Slot;
    const HANDS_OVER: bool = false;

    unsafe fn add(&self, slot: Pin<&Q::Slot>, condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.add(slot, condition, waker) }
    }

    unsafe fn is_waiting(&self, slot: Pin<&Q::Slot>, waker: &Waker) -> bool {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.is_waiting(slot, waker) }
    }

    unsafe fn remove(&self, slot: Pin<&Q::Slot>) -> bool {
        // SAFETY: the caller's promise is the same.
        unsafe { self.0.remove(slot) }
    }

    fn wake_one(&self) -> bool {
        self.0.wake_one()
    }

    fn wake_all(&self) -> usize {
        self.0.wake_all()
    }
}

impl<const LOOKS_UNDER_LOCK: bool> fmt::Debug for Anonymous<LOOKS_UNDER_LOCK> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("naive::Anonymous").finish_non_exhaustive()
    }
}

impl fmt::Debug for StaleWaker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("naive::StaleWaker").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("naive.rs"));
