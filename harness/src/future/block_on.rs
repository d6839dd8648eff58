//! [`block_on`].

use std::future::Future;
use std::pin::pin;

use super::work::Work;
use crate::engine::any;

/// Runs `future` on the current task until it is done.
///
/// # Panics
/// Inside a future: it would block the task that has to make progress. On real threads, also inside
/// a tokio runtime of a single thread.
#[track_caller]
pub fn block_on<F: Future>(future: F) -> F::Output {
    let (work, result) = Work::new(future);
    any::block_on(pin!(work));
    result.take().expect("a job that is finished has a result")
}
