//! loom, see [`pass`](pass::pass).

mod async_task;
mod atomic;
mod barrier;
mod cell;
mod channel;
mod condvar;
mod count;
mod early;
mod join;
mod label;
mod local;
mod mutex;
mod once;
mod pass;
mod rwlock;
mod scope;
mod session;
mod thread;
mod threads;
mod words;

pub(crate) use async_task::{AsyncTask, block_on};
pub(crate) use atomic::Atomic;
pub(crate) use barrier::Barrier;
pub(crate) use cell::Cell;
pub(crate) use channel::{Channel, Receiver, Sender};
pub(crate) use condvar::Condvar;
pub(crate) use count::Count;
pub(crate) use join::Join;
pub(crate) use local::Local;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use once::Once;
pub(crate) use pass::{Order, Pass, first_execution, pass};
pub(crate) use rwlock::{ReadHeld, RwLock, WriteHeld};
pub(crate) use scope::Scope;
pub(crate) use session::{Found, story, unsupported};
pub(crate) use thread::Thread;
