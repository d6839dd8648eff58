//! [`spin_loop`], as in `std::hint`.

use crate::engine::{self, Engine};

/// Says that the task spins: it waits for another task to change something it has read.
///
/// Under the controlled engine the task goes on once that happens. When nothing else can run, it is
/// let through for [`Check::horizon`](crate::Check::horizon) rounds, and then it is a livelock.
#[track_caller]
pub fn spin_loop() {
    match engine::current() {
        Engine::Native => std::hint::spin_loop(),
        Engine::Controlled => engine::controlled::yield_now(true),
        Engine::Loom => loom::hint::spin_loop(),
    }
}
