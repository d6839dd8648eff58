//! A thread, as others hold it: its name, and the token it parks for.
//!
//! | token | what moves it on |
//! |---|---|
//! | not there | `unpark` sets it; `park` waits for it, at most until its time is over |
//! | there | `park` takes it and returns at once; another `unpark` changes nothing |

use std::fmt;
use std::hash::Hash;
use std::time::Duration;

/// A handle to a thread.
pub(crate) trait RawThread: Clone + fmt::Debug {
    /// Tells threads apart.
    type Id: Copy + fmt::Debug + Eq + Hash;

    /// The thread that asks.
    #[track_caller]
    fn current() -> Self;

    /// The current thread waits for its token, and takes it.
    #[track_caller]
    fn park();

    /// [`park`](Self::park), at most for `duration`.
    #[track_caller]
    fn park_timeout(duration: Duration);

    /// Sets the token.
    #[track_caller]
    fn unpark(&self);

    /// The name that it was given.
    fn name(&self) -> Option<&str>;

    /// What tells it from other threads.
    fn id(&self) -> Self::Id;
}
