//! The baseline: `std::sync::Mutex<VecDeque<Waker>>`, with an identity beside each waker.
//!
//! The second look at the condition happens under the lock. A notifier changes the condition, then takes
//! the lock: if it comes first, the look sees the change, because the lock came from the notifier; if it
//! comes second, it finds the entry.
//!
//! | who | may | when |
//! |---|---|---|
//! | anybody | read and change the list | holding the lock |
//! | anybody | call or drop a waker | not holding it: wakers are foreign code |

use std::fmt;
use std::pin::Pin;
use std::task::Waker;

use super::WaiterQueue;
use super::list::{Entry, Found, Identity, List, Place};
use crate::sync::{Mutex, MutexGuard, mutex};

/// See the module documentation.
pub struct Queue {
    waiting: Mutex<List>,
}

impl Queue {
    /// Nothing panics while the list is being changed, so a poisoned one is whole: only a condition can
    /// panic, and it runs before the change.
    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, List> {
        self.waiting.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Default for Queue {
    #[track_caller]
    fn default() -> Self {
        Queue {
            waiting: mutex("waiters", List::default(), List::show),
        }
    }
}

impl WaiterQueue for Queue {
    type Slot = Place;

    unsafe fn add(&self, slot: Pin<&Place>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        // Dropped after the lock, if it is not used.
        let entry = Entry::new(slot, waker);
        let mut list = self.lock();
        if !condition() {
            return false;
        }
        list.push(entry);
        true
    }

    unsafe fn is_waiting(&self, slot: Pin<&Place>, waker: &Waker) -> bool {
        let found = self.lock().refresh(Identity::of(slot), waker);
        matches!(found, Found::Waiting { .. })
    }

    unsafe fn remove(&self, slot: Pin<&Place>) -> bool {
        let entry = self.lock().remove(Identity::of(slot));
        entry.is_some()
    }

    fn wake_one(&self) -> bool {
        let waker = self.lock().pop();
        waker.map(Waker::wake).is_some()
    }

    fn wake_all(&self) -> usize {
        let wakers = self.lock().take_all();
        let count = wakers.len();
        wakers.into_iter().for_each(Waker::wake);
        count
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("mutex::Queue").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("mutex.rs"));
