//! loom, see [`pass`](pass::pass).

mod atomic;
mod cell;
mod condvar;
mod label;
mod mutex;
mod pass;
mod session;
mod threads;
mod words;

pub(crate) use atomic::Atomic;
pub(crate) use cell::Cell;
pub(crate) use condvar::Condvar;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use pass::*;
pub(crate) use session::*;
pub(crate) use threads::*;
