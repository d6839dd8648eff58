//! Real OS threads.

mod condvar;
mod execution;
mod mutex;

pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use mutex::{Held, Mutex};
