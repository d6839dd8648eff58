//! A doubly linked list whose nodes live in the waiters: nothing is allocated, and a waiter that goes away
//! is unlinked in constant time.
//!
//! | who | may touch the links and the waker of a node | when |
//! |---|---|---|
//! | its waiter, a notifier, the neighbours in the list | yes | holding the lock |
//! | anybody | no | otherwise |
//!
//! Why the pointers are good: a node is linked by `add` and by nobody else; its waiter promises to call `remove`
//! before it goes away, and it is pinned, so from `add` to `remove` it stays where it is. Whatever is linked is
//! therefore alive, and both ends of the list and every link point to something linked.
//!
//! The second look at the condition happens under the lock, as in [`mutex`](super::mutex).

use std::fmt;
use std::marker::PhantomPinned;
use std::pin::Pin;
use std::ptr::NonNull;
use std::task::Waker;

use super::WaiterQueue;
use crate::sync::{Lock, UnsafeCell, cell};

/// See the module documentation.
pub struct Queue {
    ends: Lock<Ends>,
}

/// The slot of a waiter.
pub struct Node {
    inner: UnsafeCell<Inner>,
    /// The list points to it.
    _pinned: PhantomPinned,
}

struct Inner {
    previous: Option<NonNull<Node>>,
    next: Option<NonNull<Node>>,
    /// There while it is linked.
    waker: Option<Waker>,
}

/// Both `None`, or both linked.
struct Ends {
    head: Option<NonNull<Node>>,
    tail: Option<NonNull<Node>>,
    /// How many are linked; for people.
    linked: usize,
}

// SAFETY: the pointers are only followed under the lock, to nodes that are alive (module documentation), and
// what is in a node can be sent.
unsafe impl Send for Ends {}
// SAFETY: as above; a waiter that moves to another thread before it is pinned takes no link along.
unsafe impl Send for Node {}
// SAFETY: a shared reference leads to the inside only under the lock.
unsafe impl Sync for Node {}

impl Node {
    /// # Safety
    /// The lock of the list is held, and no other reference from this function is in use.
    unsafe fn inner<R>(&self, f: impl FnOnce(&mut Inner) -> R) -> R {
        // SAFETY: the caller holds the lock, and everybody who comes here does.
        self.inner.with_mut(|inner| f(unsafe { &mut *inner }))
    }
}

impl Default for Node {
    #[track_caller]
    fn default() -> Self {
        let inner = Inner {
            previous: None,
            next: None,
            waker: None,
        };
        Node {
            inner: cell(format_args!("node"), inner),
            _pinned: PhantomPinned,
        }
    }
}

/// That somebody has the ends mutably means that they have the lock.
impl Ends {
    /// # Safety
    /// The node is pinned, not linked, and will be unlinked before it goes away.
    unsafe fn push(&mut self, node: Pin<&Node>, waker: Waker) {
        let this = NonNull::from(node.get_ref());
        let previous = self.tail.replace(this);
        // SAFETY: the lock is held.
        unsafe {
            node.inner(|inner| {
                inner.previous = previous;
                inner.next = None;
                inner.waker = Some(waker);
            });
        }
        match previous {
            // SAFETY: the lock is held, and what is linked is alive.
            Some(previous) => unsafe { previous.as_ref().inner(|inner| inner.next = Some(this)) },
            None => self.head = Some(this),
        }
        self.linked += 1;
    }

    /// Its waker, or `None` if it is not linked.
    ///
    /// # Safety
    /// The node is alive and belongs to this list.
    unsafe fn unlink(&mut self, node: &Node) -> Option<Waker> {
        // SAFETY: the lock is held.
        let (previous, next, waker) =
            unsafe { node.inner(|inner| (inner.previous.take(), inner.next.take(), inner.waker.take())) };
        let waker = waker?;
        match previous {
            // SAFETY: the lock is held, and what is linked is alive. Here and below it is another node.
            Some(previous) => unsafe { previous.as_ref().inner(|inner| inner.next = next) },
            None => self.head = next,
        }
        match next {
            // SAFETY: as above.
            Some(next) => unsafe { next.as_ref().inner(|inner| inner.previous = previous) },
            None => self.tail = previous,
        }
        self.linked -= 1;
        Some(waker)
    }

    fn pop(&mut self) -> Option<Waker> {
        let first = self.head?;
        // SAFETY: what is linked is alive, and linked in this list.
        unsafe { self.unlink(first.as_ref()) }
    }

    fn show(&self) -> String {
        match self.linked {
            0 => "nobody".to_owned(),
            n => format!("{n} waiting"),
        }
    }
}

impl Default for Queue {
    #[track_caller]
    fn default() -> Self {
        let ends = Ends {
            head: None,
            tail: None,
            linked: 0,
        };
        Queue {
            ends: Lock::new("waiters", ends, Ends::show),
        }
    }
}

impl WaiterQueue for Queue {
    type Slot = Node;

    unsafe fn add(&self, slot: Pin<&Node>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        // Dropped after the lock, if it is not used.
        let waker = waker.clone();
        let mut ends = self.ends.lock();
        if !condition() {
            return false;
        }
        // SAFETY: the caller promises that it is not registered and will be removed.
        unsafe { ends.push(slot, waker) };
        true
    }

    unsafe fn is_waiting(&self, slot: Pin<&Node>, waker: &Waker) -> bool {
        let ends = self.ends.lock();
        // SAFETY: the lock is held.
        let old = unsafe {
            slot.inner(|inner| {
                let own = inner.waker.as_mut()?;
                Some((!own.will_wake(waker)).then(|| std::mem::replace(own, waker.clone())))
            })
        };
        // The old waker is dropped after the lock: it is foreign code.
        drop(ends);
        old.is_some()
    }

    unsafe fn remove(&self, slot: Pin<&Node>) -> bool {
        let mut ends = self.ends.lock();
        // SAFETY: it is alive, and the caller promises that it belongs here.
        let waker = unsafe { ends.unlink(&slot) };
        drop(ends);
        waker.is_some()
    }

    fn wake_one(&self) -> bool {
        let waker = self.ends.lock().pop();
        waker.map(Waker::wake).is_some()
    }

    fn wake_all(&self) -> usize {
        let mut wakers = Vec::new();
        {
            let mut ends = self.ends.lock();
            while let Some(waker) = ends.pop() {
                wakers.push(waker);
            }
        }
        let count = wakers.len();
        wakers.into_iter().for_each(Waker::wake);
        count
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("intrusive::Queue").finish_non_exhaustive()
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("intrusive::Node").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("intrusive.rs"));
