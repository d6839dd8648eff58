//! [`Condvar`], as in `std::sync`.
//!
//! Under the controlled engine a wait is two steps. The first releases the mutex and joins the waiters,
//! in one go: a notification sent after it cannot be missed, one sent before it is. The second waits
//! for the notification and for the mutex together.
//!
//! | step | touches | waits for |
//! |---|---|---|
//! | `wait` | releases the mutex, writes the list of waiters | nothing |
//! | `wake up` | takes the task's ticket, acquires the mutex | a notification (or the deadline), and the free mutex |
//! | `notify_one`, `notify_all` | writes the list of waiters, hands tickets to those it takes off it | nothing |
//!
//! Which of several waiters `notify_one` wakes is a branch of the search. So is a spurious wake-up, as
//! long as the execution may have one ([`Check::spurious_wakeups`](crate::Check::spurious_wakeups)).
//! Notifications themselves order nothing: the memory a waiter sees is ordered by the mutex alone.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync::{LockResult, Mutex as StdMutex, PoisonError};
use std::time::Duration;

use super::MutexGuard;
use crate::engine::{self, Engine, Handle, Sync, controlled, with_kernel};
use crate::kernel::{Access, Class, ObjectId, Op};
use crate::kernel::{Flag, Kernel};

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
    inner: Inner,
}

enum Inner {
    Native(std::sync::Condvar),
    Controlled {
        object: Handle,
        /// The tasks that wait, in the order they came.
        waiters: StdMutex<Vec<usize>>,
    },
    Loom(loom::sync::Condvar),
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
    pub fn new() -> Self {
        let inner = match engine::current() {
            Engine::Native => Inner::Native(std::sync::Condvar::new()),
            Engine::Controlled => Inner::Controlled {
                object: Handle::new("Condvar"),
                waiters: StdMutex::new(Vec::new()),
            },
            Engine::Loom => Inner::Loom(loom::sync::Condvar::new()),
        };
        Condvar { inner }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        if let Inner::Controlled { object, .. } = &self.inner {
            object.set_name(name);
        }
        self
    }

    /// Unlocks the mutex, waits for a notification and locks the mutex again. It may return without
    /// a notification.
    ///
    /// # Errors
    /// When the mutex is poisoned; the error contains the guard.
    #[track_caller]
    pub fn wait<'a, T>(&self, guard: MutexGuard<'a, T>) -> LockResult<MutexGuard<'a, T>> {
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
    pub fn wait_while<'a, T, F>(&self, mut guard: MutexGuard<'a, T>, mut condition: F) -> LockResult<MutexGuard<'a, T>>
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
    pub fn wait_timeout<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        timeout: Duration,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        self.wait_until(guard, Some(Timeout::starting_now(timeout)))
    }

    /// Waits as long as the condition holds, at most for `timeout` in all.
    ///
    /// # Errors
    /// As for [`wait`](Self::wait).
    ///
    /// # Panics
    /// As for [`wait_timeout`](Self::wait_timeout).
    #[track_caller]
    pub fn wait_timeout_while<'a, T, F>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Duration,
        mut condition: F,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)>
    where
        F: FnMut(&mut T) -> bool,
    {
        let timeout = Timeout::starting_now(timeout);
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
        match &self.inner {
            Inner::Native(condvar) => {
                engine::assert_native();
                condvar.notify_one();
            }
            Inner::Controlled { object, waiters } => {
                let id = object.id();
                let found = engine::perform_part(Op::new("notify_one", id, Class::Write), |step| {
                    step.sync(Sync::None);
                    let found = peek(waiters).len();
                    step.tell(|| match found {
                        0 => told_in_vain("notify_one", id),
                        1 => format!("notify_one {}", engine::name_of(id)),
                        n => format!("notify_one {} ➜ one of {n}", engine::name_of(id)),
                    });
                    if found == 0 {
                        with_kernel(|k| k.wasted_signal(id));
                    }
                    found
                });
                // No other task has run since: there is no scheduling point before the next operation.
                if found > 0 {
                    let arm = if found > 1 { controlled::choose(found) } else { 0 };
                    let task = peek(waiters).remove(arm);
                    with_kernel(|k| wake(k, task));
                }
            }
            Inner::Loom(condvar) => condvar.notify_one(),
        }
    }

    /// Wakes all tasks that wait.
    #[track_caller]
    pub fn notify_all(&self) {
        match &self.inner {
            Inner::Native(condvar) => {
                engine::assert_native();
                condvar.notify_all();
            }
            Inner::Controlled { object, waiters } => {
                let id = object.id();
                engine::perform(Op::new("notify_all", id, Class::Write), |step| {
                    step.sync(Sync::None);
                    let woken = std::mem::take(&mut *peek(waiters));
                    step.tell(|| match woken.len() {
                        0 => told_in_vain("notify_all", id),
                        n => format!("notify_all {} ➜ {n}", engine::name_of(id)),
                    });
                    with_kernel(|k| {
                        if woken.is_empty() {
                            k.wasted_signal(id);
                        }
                        for task in woken {
                            let ticket = k.flag(task, Flag::Ticket);
                            step.add(ticket, Class::Wake);
                        }
                    });
                });
            }
            Inner::Loom(condvar) => condvar.notify_all(),
        }
    }

    #[track_caller]
    fn wait_until<'a, T>(
        &self,
        mut guard: MutexGuard<'a, T>,
        timeout: Option<Timeout>,
    ) -> LockResult<(MutexGuard<'a, T>, WaitTimeoutResult)> {
        let late = match &self.inner {
            Inner::Native(condvar) => {
                engine::assert_native();
                let native = guard
                    .native_mut()
                    .expect("a native condition variable is used with a native mutex");
                let held = native.take().expect("a guard between two waits holds its mutex");
                // The std mutex behind the guard protects nothing, so only our own poison counts.
                match timeout {
                    None => {
                        *native = Some(condvar.wait(held).unwrap_or_else(PoisonError::into_inner));
                        false
                    }
                    Some(timeout) => {
                        let (held, result) = condvar
                            .wait_timeout(held, timeout.left())
                            .unwrap_or_else(PoisonError::into_inner);
                        *native = Some(held);
                        result.timed_out()
                    }
                }
            }
            Inner::Controlled { object, waiters } => {
                let deadline = match timeout {
                    Some(Timeout::Virtual(deadline)) => Some(deadline),
                    _ => None,
                };
                let late;
                (guard, late) = wait_controlled(object.id(), waiters, guard, deadline);
                late
            }
            Inner::Loom(condvar) => {
                let loom = guard
                    .loom_mut()
                    .expect("a loom condition variable is used with a loom mutex");
                let held = loom.take().expect("a guard between two waits holds its mutex");
                *loom = Some(condvar.wait(held).unwrap_or_else(PoisonError::into_inner));
                false
            }
        };
        let result = WaitTimeoutResult(late);
        if self.sees_poison() && guard.mutex().is_poisoned() {
            return Err(PoisonError::new((guard, result)));
        }
        Ok((guard, result))
    }

    /// Whether the mutex can be asked for its poison while it is held; loom ends at the first panic.
    fn sees_poison(&self) -> bool {
        !matches!(self.inner, Inner::Loom(_))
    }
}

/// The waiters; the lock only satisfies the compiler, because one task runs at a time.
fn peek(waiters: &StdMutex<Vec<usize>>) -> std::sync::MutexGuard<'_, Vec<usize>> {
    waiters.lock().unwrap_or_else(PoisonError::into_inner)
}

fn told_in_vain(verb: &str, id: ObjectId) -> String {
    format!("{verb} {} ➜ nobody waits", engine::name_of(id))
}

/// Hands a waiter its ticket, as a part of the step that chose it.
fn wake(k: &mut Kernel, task: usize) {
    let access = Access {
        object: k.flag(task, Flag::Ticket),
        class: Class::Wake,
    };
    if k.nested > 0 {
        k.nest(&[access]);
    } else {
        k.join_step(&[access], Sync::None);
    }
}

/// Both steps of a wait. Says whether it ended because of the deadline.
#[track_caller]
fn wait_controlled<'a, T>(
    id: ObjectId,
    waiters: &StdMutex<Vec<usize>>,
    guard: MutexGuard<'a, T>,
    deadline: Option<u64>,
) -> (MutexGuard<'a, T>, bool) {
    let mutex = guard
        .handle()
        .expect("a condition variable is used with a mutex of the same execution")
        .id();
    let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
    let spurious = with_kernel(|k| k.may_wake_spuriously()) && controlled::choose(2) == 1;
    if spurious {
        with_kernel(Kernel::spend_spurious_wakeup);
    }
    if let Some(deadline) = deadline {
        engine::clock::arm("wait", |_| deadline);
    }
    engine::perform_part(Op::new("wait", mutex, Class::Release).and(id, Class::Write), |step| {
        peek(waiters).push(me);
        with_kernel(|k| k.registered(id));
        step.tell(|| format!("wait {}", engine::name_of(id)));
        guard.show();
    });
    // The mutex is not held until the next step has run: unwinding from there must not unlock it.
    let guard = ManuallyDrop::new(guard);
    // A spurious wake-up is a wait whose time is over at once. Only a wait that may end without a
    // notification has to take itself off the list.
    let until = if spurious { Some(0) } else { deadline };
    let mut op = Op::new("wake up", ticket, Class::Park)
        .and(mutex, Class::Acquire)
        .until(until);
    if until.is_some() {
        op = op.and(id, Class::Write);
    }
    let late = engine::perform(op, |step| {
        let late = step.timed_out || step.forced;
        if late {
            step.refine(0, Class::Write);
            peek(waiters).retain(|&task| task != me);
        } else if until.is_some() {
            step.refine(2, Class::Read);
        }
        step.tell(|| {
            let why = match (late, spurious) {
                (true, true) => "wakes spuriously",
                (true, false) => "wait times out",
                (false, _) => "wakes up",
            };
            format!("{why}, lock {}", engine::name_of(mutex))
        });
        late
    });
    (ManuallyDrop::into_inner(guard), late && !spurious)
}

/// The end of a timed wait.
#[derive(Clone, Copy)]
enum Timeout {
    Real(std::time::Instant, Duration),
    /// Nanoseconds of the virtual clock.
    Virtual(u64),
}

impl Timeout {
    fn starting_now(timeout: Duration) -> Self {
        match engine::current() {
            Engine::Native => Timeout::Real(std::time::Instant::now(), timeout),
            Engine::Controlled => Timeout::Virtual(engine::clock::now().saturating_add(crate::thread::nanos(timeout))),
            Engine::Loom => engine::loom::unsupported("clock to time a wait"),
        }
    }

    fn left(&self) -> Duration {
        match self {
            Timeout::Real(start, timeout) => timeout.saturating_sub(start.elapsed()),
            Timeout::Virtual(deadline) => Duration::from_nanos(deadline.saturating_sub(engine::clock::now())),
        }
    }

    fn is_over(&self) -> bool {
        self.left().is_zero()
    }
}

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
