//! Real OS threads.

mod atomic;
mod cell;
mod condvar;
mod execution;
mod mutex;

pub(crate) use atomic::Atomic;
pub(crate) use cell::Cell;
pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use mutex::{Held, Mutex};
