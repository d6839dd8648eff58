//! Plain memory.

use crate::engine::current::assert_native;
use crate::raw::RawCell;

/// Nothing watches accesses on real threads.
pub(crate) struct Cell;

impl RawCell for Cell {
    fn new(_: &'static str) -> Self {
        Cell
    }

    fn set_name(&mut self, _: &str) {}

    fn access<R>(&self, _: bool, f: impl FnOnce() -> R) -> R {
        assert_native();
        f()
    }

    fn read_untold(&self) {
        assert_native();
    }
}
