//! [`pause`], [`resume`] and [`advance`]: the clock itself.
//!
//! The clock of the controlled engine is what tokio's is while it is paused: it moves to the earliest deadline when
//! nothing else can happen. So there is nothing to pause, and no other clock to go back to.

use std::time::Duration;

use super::sleep::sleep;
use crate::engine::any;

/// Makes time pass only when nothing else can happen. Under the controlled engine it always does, so this does nothing.
///
/// # Panics
/// On real threads, whose clock nobody stops, and under loom.
#[track_caller]
pub fn pause() {
    any::assert_virtual_time();
}

/// Would let time pass by itself again. Under the controlled engine it never does, so this does nothing.
///
/// # Panics
/// On real threads and under loom.
#[track_caller]
pub fn resume() {
    any::assert_virtual_time();
}

/// Waits until the clock has moved by `duration`. tokio moves it at once and lets tasks see afterwards that their timers
/// are over; here it moves when nothing else can happen, to one deadline after the other, so each task that is due goes on
/// at its own time. [`Check::early_timers`](crate::Check::early_timers) shows what the difference could.
///
/// # Panics
/// On real threads and under loom.
#[track_caller]
pub fn advance(duration: Duration) -> impl Future<Output = ()> {
    any::assert_virtual_time();
    sleep(duration)
}
