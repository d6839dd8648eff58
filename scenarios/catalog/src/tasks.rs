//! Named threads and tasks, so that every trace has readable columns.

use std::future::Future;

use selvedge::{future, thread};

/// Starts a thread with a name.
#[track_caller]
pub fn thread<T, F>(name: &str, f: F) -> thread::JoinHandle<T>
where
    F: FnOnce() -> T + Send + 'static,
    T: Send + 'static,
{
    let thread = thread::Builder::new().name(name).spawn(f);
    thread.expect("a thread can start")
}

/// Waits for a thread and gives what it returned.
///
/// # Panics
/// When the thread did.
#[track_caller]
pub fn join<T>(thread: thread::JoinHandle<T>) -> T {
    thread.join().expect("the thread does not panic")
}

/// Starts an async task with a name.
#[track_caller]
pub fn task<F>(name: &str, f: F) -> future::JoinHandle<F::Output>
where
    F: Future + Send + 'static,
    F::Output: Send + 'static,
{
    future::Builder::new().name(name).spawn(f)
}
