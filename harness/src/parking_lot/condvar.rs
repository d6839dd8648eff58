//! [`Condvar`], as in `parking_lot`: it borrows the guard.

use super::MutexGuard;
use crate::sync::nonpoison;
use crate::time::{Duration, Instant};

/// Lets tasks wait for a condition on what a [`Mutex`](super::Mutex) protects.
///
/// ```
/// use selvedge::parking_lot::{Condvar, Mutex};
/// use selvedge::thread;
///
/// static DONE: Mutex<bool> = Mutex::new(false);
/// static CHANGED: Condvar = Condvar::new();
///
/// selvedge::check(|| {
///     let worker = thread::spawn(|| {
///         *DONE.lock() = true;
///         CHANGED.notify_one();
///     });
///     let mut done = DONE.lock();
///     while !*done {
///         CHANGED.wait(&mut done);
///     }
///     drop(done);
///     worker.join().unwrap();
/// });
/// ```
#[derive(Debug)]
pub struct Condvar(nonpoison::Condvar);

/// Whether a timed wait ended because its time was over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WaitTimeoutResult(bool);

impl WaitTimeoutResult {
    /// Whether the wait ended because its time was over.
    pub fn timed_out(self) -> bool {
        self.0
    }
}

impl Condvar {
    /// A condition variable nobody waits for.
    #[track_caller]
    pub const fn new() -> Self {
        Condvar(nonpoison::Condvar::new())
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        Condvar(self.0.named(name))
    }

    /// Unlocks the mutex, waits for a notification and locks the mutex again. As std's and unlike `parking_lot`'s, it may return
    /// without a notification if [`Check::spurious_wakeups`](crate::Check::spurious_wakeups) says so.
    #[track_caller]
    pub fn wait<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>) {
        self.0.wait(&mut guard.guard);
    }

    /// [`wait`](Self::wait), at most for `timeout` of virtual time. On real threads, of real time.
    ///
    /// # Panics
    /// Under loom, which has no clock.
    #[track_caller]
    pub fn wait_for<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, timeout: Duration) -> WaitTimeoutResult {
        WaitTimeoutResult(self.0.wait_timeout(&mut guard.guard, timeout).timed_out())
    }

    /// [`wait_for`](Self::wait_for) with the time at which it ends.
    ///
    /// # Panics
    /// As for [`wait_for`](Self::wait_for).
    #[track_caller]
    pub fn wait_until<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, deadline: Instant) -> WaitTimeoutResult {
        self.wait_for(guard, deadline.saturating_duration_since(Instant::now()))
    }

    /// Waits as long as the condition holds.
    #[track_caller]
    pub fn wait_while<T: ?Sized>(&self, guard: &mut MutexGuard<'_, T>, condition: impl FnMut(&mut T) -> bool) {
        self.0.wait_while(&mut guard.guard, condition);
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
