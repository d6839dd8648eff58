//! Tasks that wait for a condition on what a [`RawMutex`](super::RawMutex) protects.
//!
//! A wait is two steps. The first releases the mutex and joins the waiters, in one go: a notification sent after
//! it cannot be missed, one sent before it is. The second waits for the notification and for the mutex together.

use super::{Origin, Value};

/// A condition variable.
pub(crate) trait RawCondvar: Sized {
    /// The held lock that it is used with.
    type Held<'a>;
    /// When a timed wait ends.
    type Deadline;

    /// A condition variable nobody waits for.
    fn new(origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Gives the lock back, waits for a notification or until the deadline, and takes the lock again. The flag says
    /// whether the time was over. `value` shows what the lock protects: it is called before the lock is given back, or
    /// not at all.
    ///
    /// It must not be unwound with the lock considered held: while the task waits, it is not.
    #[track_caller]
    fn wait<'a>(
        &self,
        held: Self::Held<'a>,
        deadline: Option<Self::Deadline>,
        value: impl Value,
    ) -> (Self::Held<'a>, bool);

    /// Wakes one of the tasks that wait. Nothing is remembered when there is none.
    #[track_caller]
    fn notify_one(&self);

    /// Wakes all tasks that wait.
    #[track_caller]
    fn notify_all(&self);
}
