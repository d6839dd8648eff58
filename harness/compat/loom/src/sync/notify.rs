//! [`Notify`], which std does not have.

use std::sync::PoisonError;

use selvedge::sync::{Condvar, Mutex};

/// A signal that one thread waits for. It is kept for the next wait if nobody waits.
#[derive(Debug, Default)]
pub struct Notify {
    signalled: Mutex<bool>,
    signal: Condvar,
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
        let mut signalled = self.signalled.lock().unwrap_or_else(PoisonError::into_inner);
        while !*signalled {
            signalled = self.signal.wait(signalled).unwrap_or_else(PoisonError::into_inner);
        }
        *signalled = false;
    }
}
