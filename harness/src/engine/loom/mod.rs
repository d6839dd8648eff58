//! loom, see [`pass`](pass::pass).

mod async_task;
mod condvar;
mod join;
mod label;
mod local;
mod mutex;
mod pass;
mod scope;
mod session;
mod thread;
mod threads;
mod words;

pub(crate) use async_task::{AsyncTask, block_on};
pub(crate) use condvar::Condvar;
pub(crate) use join::Join;
pub(crate) use label::Label;
pub(crate) use local::Local;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use pass::*;
pub(crate) use scope::Scope;
pub(crate) use session::*;
pub(crate) use thread::Thread;
