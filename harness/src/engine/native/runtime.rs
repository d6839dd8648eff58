//! The runtime of tokio that futures run on: the one the caller is in, or our own.
//!
//! This file, `async_task.rs`, `sleep.rs` and the clock of `instant.rs` are all that needs the crate; without it there is
//! `without_tokio.rs`.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::OnceLock;
use std::task::Context;

use tokio::runtime::{Builder, Handle, Runtime, RuntimeFlavor};

use crate::raw::Job;

/// The runtime the caller is in, or our own: two workers, started on first use, with all that the crate has been built with.
pub(super) fn runtime() -> Handle {
    static OWN: OnceLock<Runtime> = OnceLock::new();
    Handle::try_current().unwrap_or_else(|_| {
        let own = OWN.get_or_init(|| {
            Builder::new_multi_thread()
                .worker_threads(2)
                .thread_name("selvedge-native")
                .enable_all()
                .build()
                .expect("the operating system can start a thread")
        });
        own.handle().clone()
    })
}

/// Runs a job on the current thread.
///
/// # Panics
/// Inside a future, and inside a runtime of a single thread.
#[track_caller]
pub(crate) fn block_on(mut job: Pin<&mut dyn Job>) {
    let work = async {
        poll_fn(|cx| job.as_mut().poll(cx)).await;
        job.as_mut().finish();
    };
    match Handle::try_current() {
        Err(_) => runtime().block_on(work),
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(|| handle.block_on(work));
        }
        Ok(_) => panic!("block_on inside a single-threaded tokio runtime would stop it: await the future instead"),
    }
}

/// Runs `f`, which may block, inside a future.
///
/// # Panics
/// Inside a runtime of a single thread.
#[track_caller]
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    tokio::task::block_in_place(f)
}

/// The task that runs.
pub(crate) fn current_task() -> Option<tokio::task::Id> {
    tokio::task::try_id()
}

/// The task that polls lets others go first, and is woken then.
pub(crate) fn yield_from(cx: &mut Context<'_>) {
    // Its first poll is never its last, and hands the waker to the scheduler; there is nothing in the second.
    let _ = pin!(tokio::task::yield_now()).poll(cx);
}
