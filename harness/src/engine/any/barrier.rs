//! A barrier of the engine that runs.

use super::late::Late;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{Origin, RawBarrier};

any_of! {
    /// A barrier.
    Barrier = native::Barrier, controlled::Barrier, loom::Barrier
}

impl Late for Barrier {
    type Seed = usize;

    fn make(n: &usize, origin: Origin) -> Self {
        RawBarrier::new(*n, origin)
    }
}

impl RawBarrier for Barrier {
    fn new(n: usize, origin: Origin) -> Self {
        make!(Barrier, RawBarrier::new(n, origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Barrier(raw) => raw.set_name(name));
    }

    fn wait(&self) -> bool {
        each!(self, Barrier(raw) => raw.wait())
    }
}
