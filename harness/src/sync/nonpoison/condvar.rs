//! [`Condvar`], as in `std::sync::nonpoison`: it borrows the guard.

use std::sync::PoisonError;
use std::time::Duration;

use super::MutexGuard;
use crate::sync::{self, WaitTimeoutResult};

/// Lets tasks wait for a condition on what a [`Mutex`](super::Mutex) protects.
///
/// ```
/// use selvedge::sync::nonpoison::{Condvar, Mutex};
/// use selvedge::thread;
///
/// static DONE: Mutex<bool> = Mutex::new(false);
/// static CHANGED: Condvar = Condvar::new();
///
/// selvedge::check(|| {
///     let worker = thread::spawn(|| {
///         DONE.set(true);
///         CHANGED.notify_one();
///     });
///     CHANGED.wait_while(&mut DONE.lock(), |done| !*done);
///     worker.join().unwrap();
/// });
/// ```
#[derive(Debug)]
pub struct Condvar(sync::Condvar);

impl Condvar {
    /// A condition variable nobody waits for.
    #[track_caller]
    pub const fn new() -> Self {
        Condvar(sync::Condvar::new())
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        Condvar(self.0.named(name))
    }

    /// Unlocks the mutex, waits for a notification and locks the mutex again. It may return without a notification if
    /// [`Check::spurious_wakeups`](crate::Check::spurious_wakeups) says so.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        let held = self.0.wait(guard.lend());
        guard.give_back(held.unwrap_or_else(PoisonError::into_inner));
    }

    /// Waits as long as the condition holds.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, mut condition: impl FnMut(&mut T) -> bool) {
        while condition(&mut **guard) {
            self.wait(guard);
        }
    }

    /// [`wait`](Self::wait), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn wait_timeout<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> WaitTimeoutResult {
        let waited = self.0.wait_timeout(guard.lend(), timeout);
        let (held, result) = waited.unwrap_or_else(PoisonError::into_inner);
        guard.give_back(held);
        result
    }

    /// Waits as long as the condition holds, at most for `timeout` in all.
    ///
    /// # Panics
    /// As for [`wait_timeout`](Self::wait_timeout).
    #[track_caller]
    pub fn wait_timeout_while<T: ?Sized>(
        &self,
        guard: &mut MutexGuard<'_, T>,
        timeout: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> WaitTimeoutResult {
        let waited = self.0.wait_timeout_while(guard.lend(), timeout, condition);
        let (held, result) = waited.unwrap_or_else(PoisonError::into_inner);
        guard.give_back(held);
        result
    }

    /// Wakes one of the tasks that wait. Nothing is remembered when there is none.
    #[track_caller]
    pub fn notify_one(&self) {
        self.0.notify_one();
    }

    /// Wakes all tasks that wait.
    #[track_caller]
    pub fn notify_all(&self) {
        self.0.notify_all();
    }
}

impl Default for Condvar {
    #[track_caller]
    fn default() -> Self {
        Condvar::new()
    }
}
