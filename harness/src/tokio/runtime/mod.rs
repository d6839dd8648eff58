//! `tokio::runtime`: where futures run.
//!
//! Under the controlled engine there is one runtime, which is the engine itself: all handles are handles to it, in every
//! thread, and its tasks are interrupted at each of their operations, whatever the builder says. So
//!
//! * a runtime of a single thread is explored as if it had several, which shows interleavings that it does not have: of
//!   two tasks that do not await anything in between, say;
//! * `tokio::spawn` and [`Handle::current`] work everywhere, also where tokio panics because there is no runtime;
//! * a runtime that is dropped or shut down stops none of its tasks. An execution ends without those whose handles are
//!   dropped; what waits for them to be cancelled waits for ever.
//!
//! On real threads it is tokio's own.

mod handle;
mod local_runtime;
#[expect(clippy::module_inception, reason = "the names of tokio")]
mod runtime;

pub use tokio::runtime::{RuntimeFlavor, TryCurrentError};

pub use handle::{EnterGuard, Handle};
pub use local_runtime::{LocalOptions, LocalRuntime};
pub use runtime::{Builder, Runtime};
