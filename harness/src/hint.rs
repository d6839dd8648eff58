//! [`spin_loop`], as in `std::hint`, and what else is there: that changes nothing that another task could see.

pub use std::hint::{assert_unchecked, black_box, select_unpredictable, unreachable_unchecked};

use crate::engine::any;

/// Says that the task spins: it waits for another task to change something it has read.
///
/// Under the controlled engine the task goes on once that happens. When nothing else can run, it is
/// let through for [`Check::horizon`](crate::Check::horizon) rounds, and then it is a livelock. A loop that gives up after some
/// rounds does so earlier if [`Check::spurious_wakeups`](crate::Check::spurious_wakeups) lets it.
#[track_caller]
pub fn spin_loop() {
    any::spin_loop();
}

/// Says that the path that leads here is seldom taken.
#[cold]
pub const fn cold_path() {}
