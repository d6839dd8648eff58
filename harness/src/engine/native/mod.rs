//! Real OS threads.

mod execution;

pub(crate) use execution::*;
