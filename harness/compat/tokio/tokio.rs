//! tokio for code that runs under Selvedge: tasks, time and locks are [`selvedge::tokio`]'s, the rest is tokio's own.
//!
//! The documentation of [`selvedge::tokio`] says what differs in a check. Outside of one all of it is tokio's own: a runtime that is built
//! is one of tokio, and does input and output.

/// What the attributes below are written with: a crate that uses tokio need not know this one.
#[doc(hidden)]
pub use selvedge;

pub use selvedge::tokio::{join, pin, select, try_join};
#[doc(inline)]
pub use selvedge::tokio::{runtime, spawn, sync, task, task_local, time};
pub use selvedge_macros::{stand_in_main as main, stand_in_test as test};

#[doc(inline)]
pub use real::io;

#[cfg(feature = "fs")]
pub use real::fs;
#[cfg(feature = "net")]
pub use real::net;
#[cfg(all(feature = "process", unix))]
pub use real::process;
#[cfg(feature = "signal")]
pub use real::signal;
