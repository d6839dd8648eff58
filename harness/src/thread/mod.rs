//! Threads with the names and signatures of `std::thread`.

mod handle;
mod local;
mod pause;
mod scope;
mod spawn;

pub use std::thread::{AccessError, Result, available_parallelism, panicking};

pub use handle::{Thread, ThreadId, current, park, park_timeout};
pub use local::LocalKey;
pub use pause::{sleep, yield_now};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use spawn::{Builder, JoinHandle, spawn};
