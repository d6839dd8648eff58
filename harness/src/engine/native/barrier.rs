//! A barrier of std.

use crate::engine::current::assert_native;
use crate::raw::{Origin, RawBarrier};

/// std's barrier.
pub(crate) struct Barrier(std::sync::Barrier);

impl RawBarrier for Barrier {
    fn new(n: usize, _: Origin) -> Self {
        Barrier(std::sync::Barrier::new(n))
    }

    fn set_name(&mut self, _: &str) {}

    fn wait(&self) -> bool {
        assert_native();
        self.0.wait().is_leader()
    }
}
