//! A condition variable under the controlled engine.
//!
//! | step | touches | waits for |
//! |---|---|---|
//! | `wait` | releases the mutex, writes the list of waiters | nothing |
//! | `wake up` | takes the task's ticket, acquires the mutex | a notification (or the deadline), and the free mutex |
//! | `notify_one`, `notify_all` | writes the list of waiters, hands tickets to those it takes off it | nothing |
//!
//! Which of several waiters `notify_one` wakes is a branch of the search, and a part of its step. So is a spurious wake-up, as
//! long as the execution may have one ([`Check::spurious_wakeups`](crate::Check::spurious_wakeups)).
//! Notifications themselves order nothing: the memory a waiter sees is ordered by the mutex alone.

use std::panic::Location;
use std::sync::{Mutex as StdMutex, PoisonError};

use super::choose::{choose_told, happens_for_no_reason};
use super::clock;
use super::context::{name_of, with_kernel};
use super::mutex::{Held, show};
use super::object::Living;
use super::perform::{perform, perform_part};
use crate::kernel::{Access, Class, Flag, Kernel, ObjectId, Op, Question, Sync};
use crate::raw::{Origin, RawCondvar, RawHeld, Value};

/// A condition variable.
pub(crate) struct Condvar {
    object: Living,
    /// The tasks that wait, in the order they came.
    waiters: StdMutex<Vec<usize>>,
}

impl RawCondvar for Condvar {
    type Held<'a> = Held;
    /// Nanoseconds of the virtual clock.
    type Deadline = u64;

    fn new(origin: Origin) -> Self {
        Condvar {
            object: Living::new("Condvar", origin),
            waiters: StdMutex::new(Vec::new()),
        }
    }

    fn set_name(&mut self, name: &str) {
        self.object.set_name(name);
    }

    fn wait<'a>(&self, held: Self::Held<'a>, deadline: Option<u64>, value: impl Value) -> (Self::Held<'a>, bool) {
        let id = self.object.id();
        let waiters = &self.waiters;
        let mutex = held.0.id();
        let (me, ticket) = with_kernel(|k| (k.current, k.flag(k.current, Flag::Ticket)));
        let spurious = happens_for_no_reason("wakes");
        // Who wakes up without a reason does not wait until then.
        if let Some(deadline) = deadline.filter(|_| !spurious) {
            clock::arm("wait", |_| deadline);
        }
        // From this step on the mutex is not held; a task that unwinds before it has to give it back.
        let unwinding = GivesBack(held);
        perform_part(Op::new("wait", mutex, Class::Release).and(id, Class::Write), |step| {
            peek(waiters).push(me);
            with_kernel(|k| k.registered(id));
            step.tell(|| format!("wait {}", name_of(id)));
            show(unwinding.0.0, value);
        });
        std::mem::forget(unwinding);
        // A spurious wake-up is a wait whose time is over at once. Only a wait that may end without a
        // notification has to take itself off the list.
        let until = if spurious { Some(0) } else { deadline };
        let mut op = Op::new("wake up", ticket, Class::Park)
            .and(mutex, Class::Acquire)
            .until(until);
        if until.is_some() {
            op = op.and(id, Class::Write);
        }
        let late = perform(op, |step| {
            let late = step.timed_out || step.forced;
            with_kernel(|k| k.unregistered(id));
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
                format!("{why}, lock {}", name_of(mutex))
            });
            late
        });
        (held, late && !spurious)
    }

    fn notify_one(&self) {
        let waiters = &self.waiters;
        let id = self.object.id();
        let found = perform_part(Op::new("notify_one", id, Class::Write).wakes(), |step| {
            step.sync(Sync::None);
            let found = peek(waiters).len();
            step.tell(|| match found {
                0 => told_in_vain("notify_one", id),
                1 => format!("notify_one {}", name_of(id)),
                n => format!("notify_one {} ➜ one of {n}", name_of(id)),
            });
            if found == 0 {
                with_kernel(|k| k.wasted_signal(id));
            }
            found
        });
        // No other task has run since: there is no scheduling point before the next operation.
        if found > 0 {
            with_kernel(|k| k.signalled(id));
            let arm = match found {
                1 => 0,
                _ => {
                    with_kernel(|k| k.is_asked = true);
                    let arm = choose_told(Question::Woken, found, Location::caller(), |k, arm| {
                        format!("which wakes {}", k.task_name(peek(waiters)[arm]))
                    });
                    with_kernel(|k| k.is_asked = false);
                    arm
                }
            };
            let task = peek(waiters).remove(arm);
            with_kernel(|k| wake(k, task));
        }
    }

    fn notify_all(&self) {
        let waiters = &self.waiters;
        let id = self.object.id();
        perform(Op::new("notify_all", id, Class::Write).wakes(), |step| {
            step.sync(Sync::None);
            let woken = std::mem::take(&mut *peek(waiters));
            step.tell(|| match woken.len() {
                0 => told_in_vain("notify_all", id),
                n => format!("notify_all {} ➜ {n}", name_of(id)),
            });
            with_kernel(|k| {
                k.broadcast(id, woken.len());
                for task in woken {
                    let ticket = k.flag(task, Flag::Ticket);
                    step.add(ticket, Class::Wake);
                }
            });
        });
    }
}

/// Unlocks when it is dropped.
struct GivesBack(Held);

impl Drop for GivesBack {
    fn drop(&mut self) {
        self.0.unlock(|| None);
    }
}

/// The waiters; the lock only satisfies the compiler, because one task runs at a time.
fn peek(waiters: &StdMutex<Vec<usize>>) -> std::sync::MutexGuard<'_, Vec<usize>> {
    waiters.lock().unwrap_or_else(PoisonError::into_inner)
}

fn told_in_vain(verb: &str, id: ObjectId) -> String {
    format!("{verb} {} ➜ nobody waits", name_of(id))
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
