//! Real OS threads.

mod condvar;
mod execution;
mod join;
mod local;
mod mutex;
mod scope;
mod thread;

pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use join::Join;
pub(crate) use local::Local;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use scope::Scope;
pub(crate) use thread::Thread;
