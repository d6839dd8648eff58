//! Real OS threads.

mod condvar;
mod execution;
mod mutex;
mod once;
mod rwlock;

pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
