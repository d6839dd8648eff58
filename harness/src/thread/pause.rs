//! [`yield_now`] and [`sleep`].

use std::time::Duration;

use crate::engine::any;

/// Gives way to other tasks: a step that others may come between. Under the controlled engine, a loop that yields without
/// seeing anything change waits until another task changes something it has read, or, if nothing of it can be seen there, until
/// another task has done anything at all.
#[track_caller]
pub fn yield_now() {
    any::yield_now();
}

/// Waits for a time; virtual under the controlled engine, no time at all under loom.
#[track_caller]
pub fn sleep(duration: Duration) {
    any::sleep(duration);
}

/// [`sleep`] in milliseconds.
#[deprecated(note = "use `sleep`")]
#[track_caller]
pub fn sleep_ms(milliseconds: u32) {
    any::sleep(Duration::from_millis(milliseconds.into()));
}
