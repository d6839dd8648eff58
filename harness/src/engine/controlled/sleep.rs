//! A timer of a future: a deadline of the virtual clock, and the waker the kernel keeps for it.
//!
//! Looking at the clock is no operation where it moves only when every task waits. Where timers may fire early:
//!
//! | poll | class |
//! |---|---|
//! | starts the timer | `Arm` |
//! | finds the time over | `Read`; `Disarm` if the timer still ran |
//! | replaces the timer by itself, for another waker | `Read`: there is one as before |
//! | `reset` of a timer that runs | `Read`: there is one as before; `Disarm` if the new time is over or never comes, `Arm` if the old one never came |
//! | dropping a timer that runs | `Disarm` |
//!
//! As tokio's, a timer that is `reset` keeps the waker of its last poll, until it has woken it: whoever waits need not
//! be who resets.

use std::panic::Location;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use super::clock;
use super::context::{try_with_kernel, with_kernel};
use super::instant::Instant;
use super::polling::polled_with;
use crate::engine::current::{Engine, FOREIGN, current};
use crate::kernel::Class;
use crate::raw::RawSleep;

/// A timer.
pub(crate) struct Sleep {
    deadline: u64,
    location: &'static Location<'static>,
    epoch: u64,
    /// The kernel's entry: the deadline it was made for, and its number.
    entry: Option<(u64, u64)>,
    /// Whom to wake once it is reset, while its deadline never comes: the kernel has no entry for that.
    idle: Option<Waker>,
}

impl RawSleep for Sleep {
    type Instant = Instant;

    fn until(deadline: Instant) -> Self {
        Sleep {
            deadline: deadline.0,
            location: Location::caller(),
            epoch: with_kernel(|k| k.epoch),
            entry: None,
            idle: None,
        }
    }

    fn deadline(&self) -> Instant {
        Instant(self.deadline)
    }

    fn is_elapsed(&self) -> bool {
        clock::now() >= self.deadline
    }

    fn reset(&mut self, deadline: Instant) {
        let runs = self.entry.is_some() || self.idle.is_some();
        if !runs || try_with_kernel(|k| k.epoch) != Some(self.epoch) {
            self.deadline = deadline.0;
            return;
        }
        let due = clock::timer("reset sleep", Class::Disarm, Location::caller(), |step| {
            let waker = self.remove();
            let was_armed = waker.is_some();
            let waker = waker.or_else(|| self.idle.take());
            self.deadline = deadline.0;
            let (class, due) = match waker {
                None => (Class::Read, None),
                Some(waker) if with_kernel(|k| k.now) >= self.deadline => (Class::Disarm, Some(waker)),
                Some(waker) if self.deadline == clock::NEVER => {
                    self.idle = Some(waker);
                    (Class::Disarm, None)
                }
                Some(waker) => {
                    self.arm(waker);
                    (Class::Arm, None)
                }
            };
            if let Some(step) = step {
                let class = match (was_armed, class) {
                    // In the end there is one timer as before.
                    (true, Class::Arm) | (false, Class::Disarm) => Class::Read,
                    (_, class) => class,
                };
                step.refine(0, class);
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| format!("sleep is reset to {deadline:?}"));
            }
            due
        });
        if let Some(waker) = due {
            waker.wake();
        }
    }

    /// Wakes the last waker it was polled with.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker();
        assert!(current() == Engine::Controlled, "{FOREIGN}");
        polled_with(waker);
        clock::timer("sleep", Class::Arm, self.location, |step| {
            let (now, was_armed) = (with_kernel(|k| k.now), self.remove().is_some());
            self.idle = None;
            let is_over = now >= self.deadline;
            let arms = !is_over && self.deadline != clock::NEVER;
            if arms {
                self.arm(waker.clone());
            } else if !is_over {
                self.idle = Some(waker.clone());
                // The clone is kept here, and not by code the kernel knows nothing about.
                with_kernel(|k| k.contacts += 1);
            }
            if let Some(step) = step {
                step.refine(
                    0,
                    match (was_armed, arms) {
                        (false, true) => Class::Arm,
                        (true, false) => Class::Disarm,
                        // In the end there is one timer as before.
                        (true, true) | (false, false) => Class::Read,
                    },
                );
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| match is_over {
                    true => format!("slept until {deadline:?}"),
                    false => format!("sleeps until {deadline:?}"),
                });
            }
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

impl Sleep {
    /// Gives the timer up, if it is running.
    fn cancel(&mut self) {
        if self.entry.is_none() || try_with_kernel(|k| k.epoch) != Some(self.epoch) {
            return;
        }
        clock::timer("drop sleep", Class::Disarm, self.location, |step| {
            let removed = self.remove().is_some();
            if let Some(step) = step {
                if !removed {
                    step.refine(0, Class::Read);
                }
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| format!("sleeps no more until {deadline:?}"));
            }
        });
    }

    /// Starts the timer.
    fn arm(&mut self, waker: Waker) {
        let serial = with_kernel(|k| k.add_timer(self.deadline, waker));
        self.entry = Some((self.deadline, serial));
    }

    /// Stops the timer. The waker, if it was running still; to be dropped while the kernel is not borrowed.
    fn remove(&mut self) -> Option<Waker> {
        let (deadline, serial) = self.entry.take()?;
        with_kernel(|k| k.remove_timer(deadline, serial))
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}
