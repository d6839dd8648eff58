//! A lock that many tasks share, or one has for itself.
//!
//! | state | who holds it | what may happen |
//! |---|---|---|
//! | free | nobody | everything succeeds |
//! | shared | the tasks with a [`Read`](RawRwLock::Read) | `read` and `try_read` succeed, `write` waits, `try_write` fails |
//! | exclusive | the task with the [`Write`](RawRwLock::Write) | `read` and `write` wait, `try_read` and `try_write` fail; `downgrade` leaves it shared by that task |

use super::{Origin, RawHeld, Value};

/// A reader-writer lock without a value.
pub(crate) trait RawRwLock: Sized {
    /// What each of the tasks has that share the lock.
    type Read<'a>: RawHeld
    where
        Self: 'a;
    /// What the task has that holds the lock for itself.
    type Write<'a>: RawDowngrade<To = Self::Read<'a>>
    where
        Self: 'a;

    /// A free lock.
    fn new(origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Shows the value from here on, next to the name.
    fn show(&self, value: impl Value);

    /// Waits until nobody has the lock for itself, and takes a share of it.
    #[track_caller]
    fn read(&self) -> Self::Read<'_>;

    /// Takes a share of the lock if nobody has it for itself.
    #[track_caller]
    fn try_read(&self) -> Option<Self::Read<'_>>;

    /// Waits until the lock is free, and takes it.
    #[track_caller]
    fn write(&self) -> Self::Write<'_>;

    /// Takes the lock if it is free.
    #[track_caller]
    fn try_write(&self) -> Option<Self::Write<'_>>;

    /// Looks at whether a task panicked while it had the lock, which may happen at any time; or forgets it.
    #[track_caller]
    fn poison(&self, forgets: bool);
}

/// A lock that its holder may keep a share of.
pub(crate) trait RawDowngrade: RawHeld {
    /// The share.
    type To;

    /// Lets others share the lock, and nobody have it for himself in between. `value` shows what it protects now.
    #[track_caller]
    fn downgrade(self, value: impl Value) -> Self::To;
}
