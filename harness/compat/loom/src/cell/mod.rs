//! Cells whose accesses are compared: two of them of which one writes must be ordered.

mod unsafe_cell;
mod values;
mod watch;

pub use unsafe_cell::{ConstPtr, MutPtr, UnsafeCell};
pub use values::Cell;
pub(crate) use watch::Watch;
