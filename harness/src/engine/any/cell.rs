//! A cell of the engine that runs.

#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawCell;

any_of! {
    /// A cell without a value.
    Cell = native::Cell, controlled::Cell, loom::Cell
}

impl RawCell for Cell {
    fn new(kind: &'static str) -> Self {
        make!(Cell, RawCell::new(kind))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Cell(raw) => raw.set_name(name));
    }

    fn access<R>(&self, write: bool, f: impl FnOnce() -> R) -> R {
        each!(self, Cell(raw) => raw.access(write, f))
    }

    fn read_untold(&self) {
        each!(self, Cell(raw) => raw.read_untold());
    }
}
