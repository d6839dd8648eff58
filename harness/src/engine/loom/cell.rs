//! A cell of loom, which tells a data race by a panic of its own.

use crate::raw::RawCell;

/// loom's cell, beside the value.
pub(crate) struct Cell(::loom::cell::UnsafeCell<()>);

impl RawCell for Cell {
    fn new(_: &'static str) -> Self {
        Cell(::loom::cell::UnsafeCell::new(()))
    }

    fn set_name(&mut self, _: &str) {}

    fn access<R>(&self, write: bool, f: impl FnOnce() -> R) -> R {
        if write {
            self.0.with_mut(|_| f())
        } else {
            self.0.with(|_| f())
        }
    }

    fn read_untold(&self) {
        self.0.with(|_| ());
    }
}
