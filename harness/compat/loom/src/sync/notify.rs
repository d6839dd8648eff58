//! [`Notify`], which std does not have.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use selvedge::sync::{Condvar, Mutex};

/// A signal that one thread waits for. It is kept for the next wait if nobody waits.
///
/// One wait may end without it, as in loom, so a wait belongs into a loop.
#[derive(Debug, Default)]
pub struct Notify {
    signalled: Mutex<bool>,
    signal: Condvar,
    /// A wait has ended for no reason. No object of the model: it goes with a choice, which is one.
    ended: AtomicBool,
}

impl Notify {
    /// No signal yet.
    pub fn new() -> Notify {
        Notify::default()
    }

    /// Signals.
    #[track_caller]
    pub fn notify(&self) {
        *self.signalled.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.signal.notify_one();
    }

    /// Waits for the signal and takes it.
    #[track_caller]
    pub fn wait(&self) {
        // Ordering: Relaxed; one thread at a time waits.
        if !self.ended.load(Relaxed) && selvedge::choose(2) == 1 {
            self.ended.store(true, Relaxed);
            return;
        }
        let mut signalled = self.signalled.lock().unwrap_or_else(PoisonError::into_inner);
        while !*signalled {
            signalled = self.signal.wait(signalled).unwrap_or_else(PoisonError::into_inner);
        }
        *signalled = false;
    }
}
