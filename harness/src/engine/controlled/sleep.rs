//! A timer of a future: a deadline of the virtual clock, and the waker the kernel keeps for it.
//!
//! Looking at the clock is no operation where it moves only when every task waits. Where timers may fire early:
//!
//! | poll | class |
//! |---|---|
//! | starts the timer | `Arm` |
//! | finds the time over | `Read`; `Disarm` if the timer still ran |
//! | replaces the timer by itself, for another waker | `Read`: there is one as before |
//! | `reset`, or dropping a timer that runs | `Disarm` |

use std::panic::Location;
use std::task::{Context, Poll};
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
}

impl RawSleep for Sleep {
    type Instant = Instant;

    fn until(deadline: Instant) -> Self {
        Sleep {
            deadline: deadline.0,
            location: Location::caller(),
            epoch: with_kernel(|k| k.epoch),
            entry: None,
        }
    }

    fn deadline(&self) -> Instant {
        Instant(self.deadline)
    }

    fn is_elapsed(&self) -> bool {
        clock::now() >= self.deadline
    }

    fn reset(&mut self, deadline: Instant) {
        self.cancel();
        self.deadline = deadline.0;
    }

    /// Wakes the last waker it was polled with.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let waker = cx.waker();
        assert!(current() == Engine::Controlled, "{FOREIGN}");
        polled_with(waker);
        clock::timer("sleep", Class::Arm, self.location, |step| {
            let (now, was_armed) = (with_kernel(|k| k.now), self.remove());
            let is_over = now >= self.deadline;
            let arms = !is_over && self.deadline != clock::NEVER;
            if arms {
                let waker = waker.clone();
                let serial = with_kernel(|k| k.add_timer(self.deadline, waker));
                self.entry = Some((self.deadline, serial));
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
            let removed = self.remove();
            if let Some(step) = step {
                if !removed {
                    step.refine(0, Class::Read);
                }
                let deadline = Duration::from_nanos(self.deadline);
                step.tell(|| format!("sleeps no more until {deadline:?}"));
            }
        });
    }

    /// Whether the timer was running still.
    fn remove(&mut self) -> bool {
        let entry = self.entry.take();
        // The waker is dropped only here: the kernel is not borrowed any more.
        entry
            .and_then(|(deadline, serial)| with_kernel(|k| k.remove_timer(deadline, serial)))
            .is_some()
    }
}

impl Drop for Sleep {
    fn drop(&mut self) {
        self.cancel();
    }
}
