//! No lock at all: `crossbeam_queue::SegQueue` of shared nodes, each with a state of its own.
//!
//! An entry cannot be taken out of the middle of such a queue, so a waiter that goes away marks its node
//! instead, and whoever pops a marked node goes on to the next. The price: a cancelled entry stays until
//! the queue is woken past it, and each registration allocates.
//!
//! | state of a node | the waker in it belongs to | left by |
//! |---|---|---|
//! | `WAITING` | nobody | exchange to `UPDATING` or `CANCELLED` by its waiter, or `WOKEN` added by who popped it |
//! | `UPDATING` | its waiter | exchange back to `WAITING` by its waiter, or `WOKEN` added by who popped it |
//! | `CANCELLED` | its waiter, which drops it | nobody: who pops the node passes it over |
//! | `WOKEN` | who popped it, which calls it | nobody |
//! | `UPDATING` and `WOKEN` | its waiter, which is awake and will see it | nobody |
//!
//! A node is popped once, so it is woken once. As in [`single`](super::single), a SeqCst fence stands on
//! either side between one's own store and the look at the other side's.

use std::cell::Cell;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Waker;

use super::WaiterQueue;
use crate::sync::{AtomicUsize, Ordering, Segments, UnsafeCell, cell, fence, shown_counter};

const WAITING: usize = 0;
const UPDATING: usize = 1;
const CANCELLED: usize = 2;
/// A bit of its own, so that it can be added to whatever is there in one operation.
const WOKEN: usize = 4;

fn show(state: usize) -> String {
    match state {
        WAITING => "waiting",
        UPDATING => "updating",
        CANCELLED => "cancelled",
        _ => "woken",
    }
    .to_owned()
}

/// See the module documentation.
pub struct Queue {
    nodes: Segments<Arc<Node>>,
}

/// The slot of a waiter: its node, while it is registered.
#[derive(Default)]
pub struct Slot {
    node: Cell<Option<Arc<Node>>>,
}

struct Node {
    state: AtomicUsize,
    waker: UnsafeCell<Option<Waker>>,
}

// SAFETY: the waker is only touched by its owner, see the table; a waker can be sent and shared.
unsafe impl Sync for Node {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl Send for Node {}

impl Node {
    #[track_caller]
    fn new(waker: &Waker) -> Arc<Self> {
        Arc::new(Node {
            state: shown_counter(format_args!("place"), WAITING, show),
            waker: cell(format_args!("waker"), Some(waker.clone())),
        })
    }

    /// For who popped it. Whether there was somebody to wake.
    fn wake(&self) -> bool {
        // Ordering: Acquire; pairs with the Release in `refresh`, so the waker is the one that was left (the first
        // one came through the queue). Release; pairs with the Acquire of the waiter's exchanges when they fail,
        // so who finds out that it was woken sees what happened before.
        match self.state.fetch_or(WOKEN, Ordering::AcqRel) {
            WAITING => {
                // SAFETY: the state was WAITING and is WOKEN: the waker is ours.
                let waker = self.waker.with_mut(|waker| unsafe { (*waker).take() });
                waker.expect("a waiting node has a waker").wake();
                true
            }
            // It is awake, and finds the bit when it is done.
            UPDATING => true,
            _ => false,
        }
    }

    /// For its waiter: whether it is still waiting, now with `waker`.
    fn refresh(&self, waker: &Waker) -> bool {
        // Ordering: Relaxed on success, the waker is our own. Acquire on failure; pairs with the Release in `wake`.
        if self
            .state
            .compare_exchange(WAITING, UPDATING, Ordering::Relaxed, Ordering::Acquire)
            .is_err()
        {
            return false;
        }
        let old = self.waker.with_mut(|own| {
            // SAFETY: the state is UPDATING: the waker is ours.
            let own = unsafe { &mut *own };
            let same = own.as_ref().is_some_and(|own| own.will_wake(waker));
            (!same).then(|| own.replace(waker.clone()))
        });
        // Ordering: Release; pairs with the Acquire in `wake`, which reads the waker. Acquire on failure; as above.
        let waiting = self
            .state
            .compare_exchange(UPDATING, WAITING, Ordering::Release, Ordering::Acquire)
            .is_ok();
        drop(old);
        waiting
    }

    /// For its waiter: whether it was still waiting, until now.
    fn cancel(&self) -> bool {
        // Ordering: Relaxed on success, the waker is our own. Acquire on failure; pairs with the Release in `wake`.
        let waiting = self
            .state
            .compare_exchange(WAITING, CANCELLED, Ordering::Relaxed, Ordering::Acquire)
            .is_ok();
        if waiting {
            // SAFETY: the state was WAITING and is CANCELLED: the waker is ours.
            drop(self.waker.with_mut(|waker| unsafe { (*waker).take() }));
        }
        waiting
    }
}

impl Queue {
    fn fence() {
        // Ordering: SeqCst; the fence of a waiter (in `add`) and the one of a notifier are partners. The queue
        // promises no order between a push and a later load of something else.
        fence(Ordering::SeqCst);
    }
}

impl Default for Queue {
    fn default() -> Self {
        Queue {
            nodes: Segments::new("waiters"),
        }
    }
}

impl WaiterQueue for Queue {
    type Slot = Slot;

    unsafe fn add(&self, slot: Pin<&Slot>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        let node = Node::new(waker);
        self.nodes.push(Arc::clone(&node));
        Self::fence();
        if condition() {
            slot.node.set(Some(node));
            return true;
        }
        // If it was woken already, the retry that `false` asks for uses the wake-up.
        node.cancel();
        false
    }

    unsafe fn is_waiting(&self, slot: Pin<&Slot>, waker: &Waker) -> bool {
        let node = slot.node.take().filter(|node| node.refresh(waker));
        let waiting = node.is_some();
        slot.node.set(node);
        waiting
    }

    unsafe fn remove(&self, slot: Pin<&Slot>) -> bool {
        slot.node.take().is_some_and(|node| node.cancel())
    }

    fn wake_one(&self) -> bool {
        Self::fence();
        while let Some(node) = self.nodes.pop() {
            if node.wake() {
                return true;
            }
        }
        false
    }

    fn wake_all(&self) -> usize {
        Self::fence();
        let mut nodes = Vec::new();
        // Emptied first: who is woken may queue up again, and is not to be woken a second time.
        while let Some(node) = self.nodes.pop() {
            nodes.push(node);
        }
        nodes.iter().filter(|node| node.wake()).count()
    }
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("lock_free::Queue").finish_non_exhaustive()
    }
}

impl fmt::Debug for Slot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("lock_free::Slot").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("lock_free.rs"));
