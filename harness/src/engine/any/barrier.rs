//! A barrier of the engine that runs.

#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawBarrier;

any_of! {
    /// A barrier.
    Barrier = native::Barrier, controlled::Barrier, loom::Barrier
}

impl RawBarrier for Barrier {
    fn new(n: usize) -> Self {
        make!(Barrier, RawBarrier::new(n))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Barrier(raw) => raw.set_name(name));
    }

    fn wait(&self) -> bool {
        each!(self, Barrier(raw) => raw.wait())
    }
}
