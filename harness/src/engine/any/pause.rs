//! Ways to give way to others.

use std::panic::Location;
use std::task::Context;
use std::time::Duration;

use crate::engine::current::{Engine, current};
use crate::engine::{controlled, native};

/// The current task gives way to others.
#[track_caller]
pub(crate) fn yield_now() {
    match current() {
        Engine::Native => std::thread::yield_now(),
        Engine::Controlled => controlled::yield_now(false),
        #[cfg(feature = "loom")]
        Engine::Loom => ::loom::thread::yield_now(),
    }
}

/// The current task spins: it waits for a change of what it has read.
#[track_caller]
pub(crate) fn spin_loop() {
    match current() {
        Engine::Native => std::hint::spin_loop(),
        Engine::Controlled => controlled::yield_now(true),
        #[cfg(feature = "loom")]
        Engine::Loom => ::loom::hint::spin_loop(),
    }
}

/// The current task waits for a time. loom has none, so there it only gives way.
#[track_caller]
pub(crate) fn sleep(duration: Duration) {
    match current() {
        Engine::Native => std::thread::sleep(duration),
        Engine::Controlled => controlled::sleep(controlled::clock::nanos(duration)),
        #[cfg(feature = "loom")]
        Engine::Loom => ::loom::thread::yield_now(),
    }
}

/// The future that is polled gives way to other tasks. It is pending now, and its waker has been or will be woken.
pub(crate) fn yield_from(cx: &mut Context<'_>, location: &'static Location<'static>) {
    match current() {
        Engine::Native => native::yield_from(cx),
        Engine::Controlled => controlled::yield_from(cx, location),
        #[cfg(feature = "loom")]
        Engine::Loom => {
            ::loom::thread::yield_now();
            cx.waker().wake_by_ref();
        }
    }
}
