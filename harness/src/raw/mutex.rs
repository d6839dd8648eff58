//! A lock that one task has at a time.
//!
//! | state | who holds it | what may happen |
//! |---|---|---|
//! | free | nobody | `lock` and `try_lock` succeed |
//! | held | the task with the [`RawHeld`] | `lock` waits, `lock_until` for a time, `try_lock` fails; `unlock` frees it |

use super::{Origin, Value};

/// A lock without a value.
pub(crate) trait RawMutex: Sized {
    /// What the task has that holds the lock.
    type Held<'a>: RawHeld
    where
        Self: 'a;

    /// When a timed attempt ends.
    type Deadline;

    /// A free lock.
    fn new(origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Shows the value from here on, next to the name.
    fn show(&self, value: impl Value);

    /// Waits until the lock is free, and takes it.
    #[track_caller]
    fn lock(&self) -> Self::Held<'_>;

    /// Takes the lock if it is free.
    #[track_caller]
    fn try_lock(&self) -> Option<Self::Held<'_>>;

    /// Waits until the lock is free, or until the deadline, and takes it if it is.
    #[track_caller]
    fn lock_until(&self, deadline: Self::Deadline) -> Option<Self::Held<'_>>;

    /// Whether somebody holds it now.
    #[track_caller]
    fn is_locked(&self) -> bool;

    /// Looks at whether a task panicked while it had the lock, which may happen at any time; or forgets it.
    #[track_caller]
    fn poison(&self, forgets: bool);
}

/// A held lock.
pub(crate) trait RawHeld {
    /// Gives the lock back. `value` shows what it protects now.
    #[track_caller]
    fn unlock(self, value: impl Value);
}
