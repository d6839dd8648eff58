//! Threads that end before a scope does.

use std::any::Any;
use std::io;

use super::join::Body;

/// Counts the threads of a scope.
pub(crate) trait RawScope: Sized {
    /// A thread of the scope.
    type Join;

    /// A scope without threads.
    fn new() -> Self;

    /// Starts a thread, as [`RawJoin::spawn`](super::RawJoin::spawn) does.
    #[track_caller]
    fn spawn(&self, name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self::Join>;

    /// The current thread, one of a scope, has panicked: whether the scope is to raise that again. Its panic is then
    /// the scope's business.
    fn raises(payload: &(dyn Any + Send)) -> bool;

    /// Waits until every thread of the scope has dropped its body, whether it was joined or not.
    #[track_caller]
    fn wait(&self);
}
