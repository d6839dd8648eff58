//! Async tasks: [`spawn`], [`block_on`], [`yield_now`].
//!
//! Under the controlled engine a spawned future is a task like a thread is: each of its operations is a scheduling
//! point, and a task that nobody wakes is a deadlock, or a lost wakeup where that can be shown.
//!
//! **Awaiting a task costs no scheduling point** as long as that is all the awaiting task does. A handle in a
//! `select!` or beside other futures is different, because then it matters whether the task has finished *yet*. The
//! first poll of a handle is therefore always `Pending`, in every interleaving. If the poll has left anything else
//! behind to wait for, the search starts again with the exits of tasks as visible operations.
//! [`abort`](JoinHandle::abort) and [`is_finished`](JoinHandle::is_finished) do the same.
//!
//! Under loom a spawned future runs in a thread of its own, and there is no `abort`. On real threads
//! everything is tokio's, on a runtime of two workers that is started on first use, or on the runtime
//! the caller is in.

mod abort;
mod block_on;
mod blocking;
mod cancelable;
mod foreign;
mod id;
mod join_handle;
mod spawn;
mod work;
mod yield_now;

pub use abort::AbortHandle;
pub use block_on::block_on;
pub use blocking::{block_in_place, spawn_blocking};
pub use cancelable::{Cancelable, cancelable};
pub use foreign::{Opaque, opaque};
pub use id::{Id, id, try_id};
pub use join_handle::{JoinError, JoinHandle};
pub use spawn::{Builder, spawn};
#[cfg(feature = "tokio")]
pub(crate) use work::Work;
pub use yield_now::yield_now;
