//! Threads with the names and signatures of `std::thread`.

mod handle;
mod local;
mod pause;
mod scope;
mod spawn;

pub use std::thread::{AccessError, Result};

#[expect(deprecated)]
pub use handle::park_timeout_ms;
pub use handle::{Thread, ThreadId, available_parallelism, current, panicking, park, park_timeout};
pub use local::LocalKey;
#[expect(deprecated)]
pub use pause::sleep_ms;
pub use pause::{sleep, yield_now};
pub use scope::{Scope, ScopedJoinHandle, scope};
pub use spawn::{Builder, JoinHandle, spawn};
