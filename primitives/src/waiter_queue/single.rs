//! One waiter costs no lock: a mode that moves EMPTY -> SINGLE -> MULTI and back.
//!
//! Most queues hold one waiter most of the time, and a notifier that finds nobody should not have to take a
//! lock to learn so. A first waiter goes into a cell; a second one moves both into a list behind
//! `parking_lot::Mutex`.
//!
//! | mode | the cell belongs to | the list | left by |
//! |---|---|---|---|
//! | `EMPTY` | nobody, and is empty | is empty | exchange to `BUSY` by a waiter that registers |
//! | `SINGLE` | nobody, and holds the only waiter | is empty | exchange to `BUSY` by anybody |
//! | `BUSY` | whoever made the exchange | is empty, or is being filled by that one under the lock | store by that one |
//! | `MULTI` | nobody, and is empty | holds all waiters, at least one | store of `EMPTY` under the lock, with the last waiter |
//!
//! Whoever has the list need not look at the mode: the list has entries exactly if the mode is `MULTI`, because both
//! change under its lock.
//!//!
//! `BUSY` lasts for a few instructions (or for moving one entry into the list), and others spin meanwhile.
//! Lock order: `BUSY`, then the list; whoever has the list never waits for `BUSY`.
//!
//! | | EMPTY | SINGLE | MULTI |
//! |---|---|---|---|
//! | `add` | SINGLE | MULTI | MULTI |
//! | `wake_one`, `remove` | EMPTY | EMPTY, or SINGLE if it is somebody else's | MULTI, or EMPTY with the last |
//! | `wake_all` | EMPTY | EMPTY | EMPTY |
//!
//! **The fence.** A waiter stores the mode and loads the condition; a notifier stores the condition and loads
//! the mode. With nothing stronger than acquire and release both loads may see the old value (store
//! buffering), and then nobody wakes the waiter. A SeqCst fence on either side, between its store and its
//! load, forbids that: one of the fences comes first, and what stands before it is seen after the other. [`Unfenced`] leaves
//! them out: no interleaving of a sequentially consistent machine fails, and an execution with a stale load does.

use std::fmt;
use std::pin::Pin;
use std::task::Waker;

use super::WaiterQueue;
use super::list::{Entry, Found, Identity, List, Place};
use crate::sync::{AtomicUsize, Lock, LockGuard, Ordering, UnsafeCell, cell, fence, shown_counter, spin_loop};

const EMPTY: usize = 0;
const BUSY: usize = 1;
const SINGLE: usize = 2;
const MULTI: usize = 3;

fn show(mode: usize) -> String {
    ["EMPTY", "BUSY", "SINGLE", "MULTI"][mode].to_owned()
}

/// See the module documentation. The parameters are there to show what identity and fences are worth: leave
/// them alone.
pub struct Queue<const IDENTITY: bool = true, const FENCED: bool = true> {
    mode: AtomicUsize,
    only: UnsafeCell<Option<Entry>>,
    many: Lock<List>,
}

/// **Broken**: who came alone takes whoever is alone now for itself. The interleaving:
///
/// 1. A registers: SINGLE. B registers: MULTI, and A's entry moves into the list with B's;
/// 2. both are woken: EMPTY;
/// 3. C registers: SINGLE;
/// 4. A is dropped before it is polled. It came alone and the mode is SINGLE, so it empties the cell, which
///    is C's, and concludes that it was never woken. C sleeps for ever.
pub type Anonymous = Queue<false, true>;

/// **Broken**: neither side has its fence.
pub type Unfenced = Queue<true, false>;

// SAFETY: the cell is only touched in mode BUSY, which one thread at a time can enter; an entry can be sent.
unsafe impl<const IDENTITY: bool, const FENCED: bool> Sync for Queue<IDENTITY, FENCED> {}
// SAFETY: nothing in it belongs to a thread.
unsafe impl<const IDENTITY: bool, const FENCED: bool> Send for Queue<IDENTITY, FENCED> {}

/// What a thread that has entered may touch.
enum Held<'a> {
    /// The cell, which is empty; the mode is BUSY.
    Nobody,
    /// The cell, which holds an entry; the mode is BUSY.
    Only,
    /// The list, which is not empty; the mode is MULTI and stays so.
    Many(LockGuard<'a, List>),
}

impl<const IDENTITY: bool, const FENCED: bool> Queue<IDENTITY, FENCED> {
    /// Waits until it may touch something, or says that there is nobody to touch, unless the caller wants to
    /// be the first.
    #[track_caller]
    fn enter(&self, first: bool) -> Option<Held<'_>> {
        // Ordering: Relaxed, here and below; only a hint, the exchange or the lock decides. That EMPTY is not stale is
        // what the fence of the caller is for.
        let mut mode = self.mode.load(Ordering::Relaxed);
        loop {
            match mode {
                EMPTY if !first => return None,
                BUSY => spin_loop(),
                MULTI => {
                    let list = self.many.lock();
                    // It is filled and emptied under this lock, together with the mode.
                    if !list.is_empty() {
                        return Some(Held::Many(list));
                    }
                }
                _ => {
                    // Ordering: Acquire; pairs with the Release in `leave`, so the cell is as its last owner left it.
                    // Relaxed on failure: nothing is touched, the loop looks again.
                    match self
                        .mode
                        .compare_exchange(mode, BUSY, Ordering::Acquire, Ordering::Relaxed)
                    {
                        Ok(EMPTY) => return Some(Held::Nobody),
                        Ok(_) => return Some(Held::Only),
                        Err(now) => {
                            mode = now;
                            continue;
                        }
                    }
                }
            }
            mode = self.mode.load(Ordering::Relaxed);
        }
    }

    /// Ends BUSY, or MULTI under the lock.
    #[track_caller]
    fn leave(&self, mode: usize) {
        // Ordering: Release; pairs with the Acquire of the exchange in `enter`, so the next owner sees the cell.
        self.mode.store(mode, Ordering::Release);
    }

    /// The cell, for the owner of BUSY.
    #[track_caller]
    fn cell<R>(&self, f: impl FnOnce(&mut Option<Entry>) -> R) -> R {
        // SAFETY: callers have entered, and not left: nobody else touches the cell in mode BUSY.
        self.only.with_mut(|only| f(unsafe { &mut *only }))
    }

    /// Unlocks the list, and leaves MULTI if nobody is left.
    #[track_caller]
    fn unlock(&self, list: LockGuard<'_, List>) {
        if list.is_empty() {
            self.leave(EMPTY);
        }
    }

    /// Between a store of this side and the load of what the other side stores.
    fn fence() {
        if FENCED {
            // Ordering: SeqCst; the fence of a waiter (in `add`) and the one of a notifier (in `wake_one` and
            // `wake_all`) are partners; see the module documentation.
            fence(Ordering::SeqCst);
        }
    }

    /// Takes the slot out. The entry is for dropping.
    #[track_caller]
    fn take(&self, slot: Pin<&Place>) -> Option<Entry> {
        let who = Identity::of(slot);
        match self.enter(false)? {
            Held::Nobody => unreachable!("it did not ask to be the first"),
            Held::Only => {
                let mine = |entry: &mut Entry| {
                    if IDENTITY {
                        entry.who == who
                    } else {
                        slot.came_alone.get()
                    }
                };
                let entry = self.cell(|only| only.take_if(mine));
                self.leave(if entry.is_some() { EMPTY } else { SINGLE });
                entry
            }
            Held::Many(mut list) => {
                let entry = list.remove(who);
                self.unlock(list);
                entry
            }
        }
    }
}

impl<const IDENTITY: bool, const FENCED: bool> Default for Queue<IDENTITY, FENCED> {
    #[track_caller]
    fn default() -> Self {
        Queue {
            mode: shown_counter(format_args!("mode"), EMPTY, show),
            only: cell(format_args!("only"), None),
            many: Lock::new("waiters", List::default(), List::show),
        }
    }
}

impl<const IDENTITY: bool, const FENCED: bool> WaiterQueue for Queue<IDENTITY, FENCED> {
    type Slot = Place;

    unsafe fn add(&self, slot: Pin<&Place>, mut condition: impl FnMut() -> bool, waker: &Waker) -> bool {
        let entry = Entry::new(slot, waker);
        let held = self.enter(true).expect("it can be the first");
        slot.came_alone.set(matches!(held, Held::Nobody));
        match held {
            Held::Nobody => {
                self.cell(|only| *only = Some(entry));
                self.leave(SINGLE);
            }
            Held::Only => {
                let first = self.cell(Option::take).expect("SINGLE has an entry");
                let mut list = self.many.lock();
                list.push(first);
                list.push(entry);
                self.leave(MULTI);
            }
            Held::Many(mut list) => list.push(entry),
        }
        Self::fence();
        if condition() {
            return true;
        }
        // If it is gone, a notifier was faster, and the retry that `false` asks for uses its wake-up.
        drop(self.take(slot));
        false
    }

    unsafe fn is_waiting(&self, slot: Pin<&Place>, waker: &Waker) -> bool {
        let who = Identity::of(slot);
        match self.enter(false) {
            None | Some(Held::Nobody) => false,
            Some(Held::Only) => {
                // `None`: it is somebody else's.
                let old = self.cell(|only| only.as_mut().filter(|e| e.who == who).map(|e| e.refresh(waker)));
                self.leave(SINGLE);
                old.is_some()
            }
            Some(Held::Many(mut list)) => {
                let found = list.refresh(who, waker);
                drop(list);
                matches!(found, Found::Waiting { .. })
            }
        }
    }

    unsafe fn remove(&self, slot: Pin<&Place>) -> bool {
        self.take(slot).is_some()
    }

    fn wake_one(&self) -> bool {
        Self::fence();
        let waker = match self.enter(false) {
            None | Some(Held::Nobody) => None,
            Some(Held::Only) => {
                let entry = self.cell(Option::take);
                self.leave(EMPTY);
                entry.map(|entry| entry.waker)
            }
            Some(Held::Many(mut list)) => {
                let waker = list.pop();
                self.unlock(list);
                waker
            }
        };
        waker.map(Waker::wake).is_some()
    }

    fn wake_all(&self) -> usize {
        Self::fence();
        let wakers = match self.enter(false) {
            None | Some(Held::Nobody) => return 0,
            Some(Held::Only) => {
                let entry = self.cell(Option::take);
                self.leave(EMPTY);
                entry.into_iter().map(|entry| entry.waker).collect()
            }
            Some(Held::Many(mut list)) => {
                let wakers = list.take_all();
                self.unlock(list);
                wakers
            }
        };
        let count = wakers.len();
        wakers.into_iter().for_each(Waker::wake);
        count
    }
}

impl<const IDENTITY: bool, const FENCED: bool> fmt::Debug for Queue<IDENTITY, FENCED> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("single::Queue").finish_non_exhaustive()
    }
}

/// This file and its text, for lessons that quote it.
pub const SOURCE: (&str, &str) = (file!(), include_str!("single.rs"));
