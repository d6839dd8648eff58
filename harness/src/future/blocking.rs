//! [`spawn_blocking`] and [`block_in_place`]: code that blocks, beside futures and inside one.

use super::join_handle::JoinHandle;
use crate::engine::any;
use crate::raw::{RawTask, Slot};

/// Starts a task that runs `f`, which may block and may call [`block_on`](super::block_on).
///
/// Under the controlled engine there is always a thread for it. To [`abort`](JoinHandle::abort) it does something only as long
/// as it has not begun. On real threads it runs where tokio lets what blocks run.
#[track_caller]
pub fn spawn_blocking<F, R>(f: F) -> JoinHandle<R>
where
    F: FnOnce() -> R + Send + 'static,
    R: Send + 'static,
{
    let result = Slot::empty();
    let theirs = result.clone();
    JoinHandle::new(RawTask::spawn_blocking(None, Box::new(move || theirs.put(f()))), result)
}

/// Runs `f`, which may block and may call [`block_on`](super::block_on), inside a future; outside of one, too. What else
/// the task polls waits meanwhile.
///
/// # Panics
/// On real threads, inside a tokio runtime of a single thread.
#[track_caller]
pub fn block_in_place<F, R>(f: F) -> R
where
    F: FnOnce() -> R,
{
    any::block_in_place(f)
}
