//! Real OS threads.

mod condvar;
mod execution;
mod mutex;
mod rwlock;

pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
