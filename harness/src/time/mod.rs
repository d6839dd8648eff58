//! Time with the names of `tokio::time`: [`Instant`], [`sleep`], [`timeout`], [`interval`].
//!
//! Under the controlled engine time is virtual. It starts at zero in every execution, takes no time to
//! pass, and passes only when nothing else can happen: when no task is enabled, the clock moves to the
//! earliest deadline, and every timer that is due sets the wake-up token of its task. Work therefore
//! takes no time at all, and a timer never fires "too early" because another task was slow. What that
//! cannot show is a program that is wrong only when a timer overtakes work that is ready to run:
//! [`Check::early_timers`](crate::Check::early_timers) lets it.
//!
//! On real threads everything is tokio's. loom has no time, so all of this refuses to run there.

mod clock;
pub mod error;
mod instant;
mod interval;
mod sleep;
mod timeout;

pub use std::time::Duration;

pub use clock::{advance, pause, resume};
pub use instant::Instant;
pub use interval::{Interval, MissedTickBehavior, interval, interval_at};
pub use sleep::{Sleep, sleep, sleep_until};
pub use timeout::{Elapsed, Timeout, timeout, timeout_at};
