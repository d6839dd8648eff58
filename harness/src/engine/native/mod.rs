//! Real OS threads.

mod async_task;
mod condvar;
mod execution;
mod instant;
mod join;
mod local;
mod mutex;
mod runtime;
mod scope;
mod sleep;
mod thread;

pub(crate) use async_task::{Abort, AsyncTask};
pub(crate) use condvar::Condvar;
pub(crate) use execution::*;
pub(crate) use instant::Instant;
pub(crate) use join::Join;
pub(crate) use local::Local;
pub(crate) use mutex::{Held, Mutex};
pub(crate) use runtime::{block_on, yield_from};
pub(crate) use scope::Scope;
pub(crate) use sleep::Sleep;
pub(crate) use thread::Thread;
