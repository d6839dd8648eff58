//! loom, see [`pass`](pass::pass).

mod atomic;
mod cell;

mod barrier;
mod channel;
mod condvar;
mod label;
mod mutex;
mod once;
mod pass;
mod rwlock;
mod session;
mod threads;
mod words;

pub(crate) use atomic::Atomic;
pub(crate) use cell::Cell;

pub(crate) use barrier::Barrier;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use condvar::Condvar;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
pub(crate) use pass::*;
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use session::*;
pub(crate) use threads::*;
