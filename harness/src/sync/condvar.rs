//! [`Condvar`], as in `std::sync`.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::{LockResult, PoisonError};
use std::time::Duration;

use super::MutexGuard;
use crate::engine::any::{self, Deadline};
use crate::raw::RawCondvar;

/// Lets tasks wait for a condition on what a [`Mutex`](super::Mutex) protects.
///
/// ```
/// use selvedge::sync::{Arc, Condvar, Mutex};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let shared = Arc::new((Mutex::new(false), Condvar::new().named("ready")));
///     let other = Arc::clone(&shared);
///     let worker = thread::spawn(move || {
///         *other.0.lock().unwrap() = true;
///         other.1.notify_one();
///     });
///     let mut done = shared.0.lock().unwrap();
///     while !*done {
///         done = shared.1.wait(done).unwrap();
///     }
///     drop(done);
///     worker.join().unwrap();
/// });
/// ```
pub struct Condvar {
    raw: any::Lazy<any::Condvar>,
}

/// Whether a timed wait ended because its time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the wait ended because its time was over.
    pub fn timed_out(&self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable nobody waits for.
    #[track_caller]
    pub const fn new() -> Self {
        Condvar {
            raw: any::Lazy::new(()),
        }
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.raw)
    }

    /// Unlocks the mutex, waits for a notification and locks the mutex again. It may return without
    /// a notification.
    ///
    /// # Errors
    /// When the mutex is poisoned; the error contains the guard.
    #[track_caller]
    pub fn wait<'a, T: ?Sized>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
        match self.wait_until(guard, None) {
            Ok((guard, _)) => Ok(guard),
            Err(poison) => Err(PoisonError::new(poison.into_inner().0)),
        }
    }

    /// Waits as long as the condition holds.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    #[track_caller]
    pub fn wait_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        mut condition: F,
    ) -> LockResult<MutexGuard<'a, T>>
    where
        F: FnMut(&mut T) -> bool,
    {
        while condition(&mut guard) {
            guard = self.wait(guard)?;
        }
        Ok(guard)
    }

    /// [`wait`](Self::wait), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn wait_timeout<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_until(guard, Some(Deadline::after(timeout)))
    }

    /// [`wait_timeout`](Self::wait_timeout) in milliseconds. False if the time was over.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    ///
    /// # Panics
    /// As for [`wait_timeout`](Self::wait_timeout).
    #[deprecated(note = "use `wait_timeout`")]
    #[track_caller]
    pub fn wait_timeout_ms<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        milliseconds: u32,
    ) -> LockResult<(MutexGuard<'a, T>, bool)> {
        match self.wait_timeout(guard, Duration::from_millis(milliseconds.into())) {
            Ok((guard, result)) => Ok((guard, !result.timed_out())),
            Err(poison) => {
                let (guard, result) = poison.into_inner();
                Err(PoisonError::new((guard, !result.timed_out())))
            }
        }
    }

    /// Waits as long as the condition holds, at most for `timeout` in all.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    ///
    /// # Panics
    /// As for [`wait_timeout`](Self::wait_timeout).
    #[track_caller]
    pub fn wait_timeout_while<'a, T: ?Sized, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let timeout = Deadline::after(timeout);
        loop {
            if !condition(&mut guard) {
                return Ok((guard, WaitTimeoutResult(false)));
            }
            if timeout.is_over() {
                return Ok((guard, WaitTimeoutResult(true)));
            }
            guard = self.wait_until(guard, Some(timeout))?.0;
        }
    }

    /// Wakes one of the tasks that wait. Nothing is remembered when there is none.
    #[track_caller]
    pub fn notify_one(&self) {
        self.here().raw.notify_one();
    }

    /// Wakes all tasks that wait.
    #[track_caller]
    pub fn notify_all(&self) {
        self.here().raw.notify_all();
    }

    #[track_caller]
    fn wait_until<'a, T: ?Sized>(
        &self,
        guard: MutexGuard<'a, T>,
        deadline: Option<Deadline>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let (held, lent) = guard.lend();
        // SAFETY: a raw wait calls it before it gives the lock back, or not at all.
        let value = unsafe { lent.value() };
        // Not in a closure, which would be the place of the wait in traces.
        let (held, late) = self.here().raw.wait(held, deadline, value);
        let result = WaitTimeoutResult(late);
        match lent.give_back(held) {
            Ok(guard) => Ok((guard, result)),
            Err(poison) => Err(PoisonError::new((poison.into_inner(), result))),
        }
    }
}

impl UnwindSafe for Condvar {}
impl RefUnwindSafe for Condvar {}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}

impl fmt::Debug for Condvar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Condvar").finish_non_exhaustive()
    }
}
