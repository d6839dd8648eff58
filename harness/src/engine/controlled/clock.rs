//! Virtual time.
//!
//! The clock moves when nothing else can happen: that is the kernel's own decision. With
//! [`Check::early_timers`](crate::Check::early_timers) the first moves may come at any time instead. Then the
//! clock is a task like any other, so every strategy chooses when it ticks, and what has to do with
//! time is an operation on one object:
//!
//! | class | stands for | waits for | argument |
//! |---|---|---|---|
//! | `Read` | a look at the clock | nothing | |
//! | `Arm`, `Disarm` | a timer that starts, or is given up | nothing | the clock sees the set of timers, not who came first |
//! | `Tick` | the clock moves to the earliest deadline | a timer | conflicts with all others: it moves the clock for them |
//!
//! Timers fire in the order of their deadlines, as they do for real.

use std::panic::Location;
use std::task::Waker;
use std::time::Duration;

use super::context::with_kernel;
use super::perform::{Kind, perform, perform_part, run};
use super::spin::end_if_idle;
use super::step::Step;
use super::tasks::{spawn, wait};
use crate::kernel::{Class, Clock, Kernel, Op, Pending, Sync};

/// A deadline that never comes.
pub(super) const NEVER: u64 = u64::MAX;

/// A duration as the kernel counts time. More than 500 years are as good as for ever.
pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Starts the task that is the clock, if timers may fire early.
pub(crate) fn start() {
    let ticks = with_kernel(|k| k.limits.early_timers);
    if ticks == 0 {
        return;
    }
    let object = with_kernel(|k| k.shared("clock"));
    with_kernel(|k| {
        k.clock = Some(Clock {
            object,
            task: k.tasks.len(),
            ticks: Vec::new(),
        });
    });
    let task = spawn(Some("clock".to_owned()), false, 0, Box::new(move || tick(ticks)));
    with_kernel(|k| k.tasks[task].attached = false);
}

/// The life of the clock.
fn tick(ticks: u32) {
    for _ in 0..ticks {
        let op = with_kernel(|k| {
            let clock = k.clock.as_ref().expect("the clock runs after it was started");
            let op = Op::new("tick", clock.object, Class::Tick { fires: 0 });
            // A waker may be code of another crate.
            match k.touches_elsewhere() {
                Some(access) => op.and(access.object, access.class),
                None => op,
            }
        });
        run(op, Kind::Opaque, |step| {
            let (due, fires) = with_kernel(Kernel::tick);
            step.refine(0, Class::Tick { fires });
            due.into_iter().for_each(Waker::wake);
            step.tell(|| format!("moves to {:?}", with_kernel(|k| Duration::from_nanos(k.now))));
        });
    }
}

/// The virtual time, in nanoseconds since the execution began.
#[track_caller]
pub(crate) fn now() -> u64 {
    match with_kernel(|k| k.clock.as_ref().map(|c| c.object)) {
        None => {
            end_if_idle();
            with_kernel(|k| k.now)
        }
        Some(clock) => perform(Op::new("now", clock, Class::Read), |step| {
            let now = with_kernel(|k| k.now);
            step.sync(Sync::None);
            step.tell(|| format!("looks at the clock: {:?}", Duration::from_nanos(now)));
            now
        }),
    }
}

/// Starts a timer of the current task, whose deadline depends on the time, and gives the deadline. The next
/// operation of the task that has a deadline ends it.
#[track_caller]
pub(crate) fn arm(verb: &'static str, deadline: impl FnOnce(u64) -> u64) -> u64 {
    match with_kernel(|k| k.clock.as_ref().map(|c| c.object)) {
        None => deadline(with_kernel(|k| k.now)),
        Some(clock) => perform_part(Op::new(verb, clock, Class::Arm), |step| {
            let now = with_kernel(|k| k.now);
            let deadline = deadline(now);
            if deadline <= now {
                step.refine(0, Class::Read);
            } else {
                with_kernel(|k| {
                    let me = k.current;
                    k.tasks[me].armed = Some(deadline);
                });
            }
            step.sync(Sync::None);
            step.tell(|| format!("{verb} until {:?}", Duration::from_nanos(deadline)));
            deadline
        }),
    }
}

/// Starts, looks at or gives up a timer of a future: an operation, if timers may fire early.
pub(crate) fn timer<R>(
    verb: &'static str,
    class: Class,
    location: &'static Location<'static>,
    effect: impl FnOnce(Option<&mut Step>) -> R,
) -> R {
    let clock = with_kernel(|k| k.clock.as_ref().filter(|_| k.ending.is_none()).map(|c| c.object));
    match clock {
        None => effect(None),
        Some(clock) => {
            let mut op = Op::new(verb, clock, class);
            op.location = location;
            perform(op, |step| {
                step.sync(Sync::None);
                effect(Some(step))
            })
        }
    }
}

/// Waits for a time, in nanoseconds of the virtual clock.
#[track_caller]
pub(crate) fn sleep(nanos: u64) {
    let deadline = arm("sleep", |now| now.saturating_add(nanos));
    if with_kernel(|k| k.now < deadline) {
        wait(|| Pending::Sleep { deadline });
    }
}
