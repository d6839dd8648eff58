//! A barrier under loom, which has none: a count and a generation behind loom's mutex and condition variable.

use std::sync::PoisonError;

use ::loom::sync::{Condvar, Mutex};

use crate::raw::{Origin, RawBarrier};

/// A barrier.
pub(crate) struct Barrier {
    n: usize,
    state: Mutex<Generation>,
    opened: Condvar,
}

#[derive(Default)]
struct Generation {
    number: usize,
    arrived: usize,
}

impl RawBarrier for Barrier {
    fn new(n: usize, _: Origin) -> Self {
        Barrier {
            n,
            state: Mutex::new(Generation::default()),
            opened: Condvar::new(),
        }
    }

    fn set_name(&mut self, _: &str) {}

    fn wait(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.arrived += 1;
        if state.arrived >= self.n {
            state.arrived = 0;
            state.number += 1;
            self.opened.notify_all();
            return true;
        }
        let mine = state.number;
        while state.number == mine {
            state = self.opened.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        false
    }
}
