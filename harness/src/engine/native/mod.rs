//! Real OS threads.

mod atomic;
mod cell;

mod barrier;
mod channel;
mod condvar;
mod execution;
mod mutex;
mod once;
mod rwlock;

pub(crate) use atomic::Atomic;
pub(crate) use cell::Cell;

pub(crate) use barrier::Barrier;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
