//! An initialization under loom, which has none: its states stand behind loom's mutex and condition variable.

use std::sync::PoisonError;

use ::loom::sync::{Condvar, Mutex, MutexGuard};

use crate::engine::once_state::OnceState;
use crate::raw::{OnceWords, Origin, RawOnce};

/// An initialization without a value.
pub(crate) struct Once {
    state: Mutex<OnceState>,
    changed: Condvar,
}

impl RawOnce for Once {
    fn new(_: &'static str, _: Origin) -> Self {
        Once {
            state: Mutex::new(OnceState::New),
            changed: Condvar::new(),
        }
    }

    fn set_name(&mut self, _: &str) {}

    fn call(&self, _: OnceWords, force: bool, f: impl FnOnce(bool)) {
        let before = self.begin(force);
        if before.lets_run(force) {
            let mut running = Running {
                once: self,
                end: OnceState::Poisoned,
            };
            f(before == OnceState::Poisoned);
            running.end = OnceState::Done;
        }
    }

    fn wait(&self, _: OnceWords, force: bool) {
        let mut state = self.lock();
        while !state.ends_wait(force) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn look(&self, _: OnceWords) -> bool {
        *self.lock() == OnceState::Done
    }

    fn reset(&mut self) {
        *self.lock() = OnceState::New;
    }
}

impl Once {
    /// Waits until no call runs, and runs if it may. Returns the state it found.
    #[track_caller]
    fn begin(&self, force: bool) -> OnceState {
        let mut state = self.lock();
        while *state == OnceState::Running {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let before = *state;
        if before.may_run(force) {
            *state = OnceState::Running;
        }
        before
    }

    #[track_caller]
    fn lock(&self) -> MutexGuard<'_, OnceState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that is running; dropping it lets the others go on.
struct Running<'a> {
    once: &'a Once,
    end: OnceState,
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        // A panic under loom ends the run: its objects cannot be used any more.
        if !std::thread::panicking() {
            *self.once.lock() = self.end;
            self.once.changed.notify_all();
        }
    }
}
