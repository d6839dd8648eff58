//! [`Backoff`] and [`CachePadded`], with the names of `crossbeam::utils`.

use std::cell::Cell;
use std::fmt;
use std::ops::{Deref, DerefMut};

use crate::{hint, thread};

/// Rounds in which `snooze` only spins, and after which `is_completed` says so.
const SPINS: u32 = 6;
const YIELDS: u32 = 10;

/// Gives way in a loop that waits for somebody else.
///
/// In a check `spin` is one [`spin_loop`](crate::hint::spin_loop) and `snooze` is one too, or one [`yield_now`](crate::thread::yield_now) after the
/// first rounds: how long they take is no matter there. The rounds are counted as `crossbeam` does.
pub struct Backoff {
    rounds: Cell<u32>,
}

impl Backoff {
    /// No round has been made.
    pub fn new() -> Self {
        Backoff { rounds: Cell::new(0) }
    }

    /// Begins anew.
    pub fn reset(&self) {
        self.rounds.set(0);
    }

    /// Gives way in a loop that tries again because another task has made progress.
    #[track_caller]
    pub fn spin(&self) {
        hint::spin_loop();
        let rounds = self.rounds.get();
        self.rounds.set((rounds + 1).min(rounds.max(SPINS + 1)));
    }

    /// Gives way in a loop that waits for another task.
    #[track_caller]
    pub fn snooze(&self) {
        let rounds = self.rounds.get();
        match rounds {
            0..=SPINS => hint::spin_loop(),
            _ => thread::yield_now(),
        }
        self.rounds.set((rounds + 1).min(YIELDS + 1));
    }

    /// Whether it has gone on for so long that one had better block.
    pub fn is_completed(&self) -> bool {
        self.rounds.get() > YIELDS
    }
}

impl Default for Backoff {
    fn default() -> Self {
        Backoff::new()
    }
}

impl fmt::Debug for Backoff {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Backoff")
            .field("step", &self.rounds)
            .field("is_completed", &self.is_completed())
            .finish()
    }
}

/// A value that shares no cache line with others. The same bytes mean the same in a check, so here it is only the name.
#[derive(Clone, Copy, Default, Hash, PartialEq, Eq)]
#[repr(align(128))]
pub struct CachePadded<T> {
    value: T,
}

impl<T> CachePadded<T> {
    /// Pads a value.
    pub const fn new(value: T) -> Self {
        CachePadded { value }
    }

    /// The value.
    pub fn into_inner(self) -> T {
        self.value
    }
}

impl<T> Deref for CachePadded<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for CachePadded<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

impl<T: fmt::Debug> fmt::Debug for CachePadded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachePadded").field("value", &self.value).finish()
    }
}

impl<T: fmt::Display> fmt::Display for CachePadded<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value.fmt(f)
    }
}

impl<T> From<T> for CachePadded<T> {
    fn from(value: T) -> Self {
        CachePadded::new(value)
    }
}
