//! tokio for code that runs under Selvedge: tasks, time and locks are [`selvedge::tokio`]'s, the rest is tokio's own.
//!
//! The documentation of [`selvedge::tokio`] says what differs. What does input and output needs tokio's runtime, and nothing controls it.

pub use selvedge::tokio::{join, pin, select, try_join};
#[doc(inline)]
pub use selvedge::tokio::{main, runtime, spawn, sync, task, task_local, test, time};

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
