//! [`spin_loop`], as in `std::hint`.

use crate::engine::any;

/// Says that the task spins: it waits for another task to change something it has read.
///
/// Under the controlled engine the task goes on once that happens. When nothing else can run, it is
/// let through for [`Check::horizon`](crate::Check::horizon) rounds, and then it is a livelock.
#[track_caller]
pub fn spin_loop() {
    any::spin_loop();
}
