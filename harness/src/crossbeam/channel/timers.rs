//! Channels whose messages come by themselves, at points in time.

use super::receiver::Receiver;
use crate::engine::any;
use crate::raw::{RawMpmc, Times};
use crate::time::{Duration, Instant};

/// A channel with one message, after `duration` of virtual time: when it came. On real threads, of real time. It never is disconnected.
///
/// As with every timer the time passes when nothing else can happen, so that in a `select!` what comes from another task is received
/// first if it comes at all; [`Check::early_timers`](crate::Check::early_timers) lets it be late.
///
/// ```
/// use selvedge::crossbeam::channel::{after, select, unbounded};
/// use selvedge::time::Duration;
///
/// selvedge::check(|| {
///     let (_sender, jobs) = unbounded::<u8>();
///     select! {
///         recv(jobs) -> _ => unreachable!("there are none"),
///         recv(after(Duration::from_secs(1))) -> _ => {}
///     }
/// });
/// ```
#[track_caller]
pub fn after(duration: Duration) -> Receiver<Instant> {
    clockwork(Instant::now().checked_add(duration), None)
}

/// A channel with one message, which comes at `when`, and is that.
#[track_caller]
pub fn at(when: Instant) -> Receiver<Instant> {
    clockwork(Some(when), None)
}

/// A channel with a message after each `duration`: when it came. Who takes one late gets the next one a `duration` after that.
#[track_caller]
pub fn tick(duration: Duration) -> Receiver<Instant> {
    clockwork(Instant::now().checked_add(duration), Some(duration))
}

/// A channel in which there never is a message, and which never is disconnected: a branch of a `select!` that is not to be taken.
#[track_caller]
pub fn never<T>() -> Receiver<T> {
    let times = Times {
        first: None,
        every: None,
    };
    Receiver {
        raw: any::Mpmc::clockwork(times, |_| unreachable!("there is no time at which a message comes")),
    }
}

#[track_caller]
fn clockwork(first: Option<Instant>, every: Option<Duration>) -> Receiver<Instant> {
    let times = Times {
        first: first.map(Instant::raw),
        every,
    };
    Receiver {
        raw: any::Mpmc::clockwork(times, Instant::from_raw),
    }
}
