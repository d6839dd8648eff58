//! What a program says to the engine that runs, besides its operations, and what it may ask.

use std::fmt::Arguments;
use std::io;
use std::num::NonZero;
use std::panic::Location;

use crate::engine::controlled;
use crate::engine::current::{Engine, current};
#[cfg(feature = "tokio")]
use crate::engine::native::next_of;
use crate::kernel::Question;
use crate::trace::relative;

/// Adds a row to the trace, if one is recorded.
#[track_caller]
pub(crate) fn note(text: Arguments<'_>) {
    note_at(text, Location::caller());
}

/// [`note`] of what stands here in the program.
pub(crate) fn note_at(text: Arguments<'_>, location: &'static Location<'static>) {
    if controlled::tracing() {
        controlled::pay();
        controlled::add_row(text, Some(relative(location)));
    }
}

/// A branch of the program itself: one of `n` arms, the first on real threads.
///
/// # Panics
/// Under loom, which knows no such branch.
#[track_caller]
pub(crate) fn choose(n: usize) -> usize {
    match current() {
        Engine::Native => 0,
        Engine::Controlled => controlled::choose(Question::Choose, n, Location::caller()),
        #[cfg(feature = "loom")]
        Engine::Loom => crate::engine::loom::unsupported("choose()"),
    }
}

/// Whether a future that may be given up is given up now, as one branch of the search.
///
/// # Panics
/// Under loom, which knows no such branch.
pub(crate) fn is_given_up(location: &'static Location<'static>) -> bool {
    match current() {
        Engine::Native => false,
        Engine::Controlled => controlled::choose(Question::GivenUp, 2, location) == 1,
        #[cfg(feature = "loom")]
        Engine::Loom => crate::engine::loom::unsupported("way to give a future up"),
    }
}

/// Where something begins that has so many parts to begin with: a branch of the program where that is controlled, and
/// each in turn on real threads.
///
/// # Panics
/// Under loom, which knows no such branch.
#[cfg(feature = "tokio")]
#[track_caller]
pub(crate) fn first_of(n: usize) -> usize {
    match current() {
        Engine::Native => next_of(n),
        // A poll that only looks whether something was missed must not end in a choice.
        Engine::Controlled if is_over() => 0,
        Engine::Controlled => controlled::choose(Question::First, n, Location::caller()),
        #[cfg(feature = "loom")]
        Engine::Loom => crate::engine::loom::unsupported("select! without `biased;`"),
    }
}

/// Whether the program runs on real threads, where all that is tokio's is left to tokio.
pub(crate) fn is_native() -> bool {
    current() == Engine::Native
}

/// Refuses where time is not virtual.
///
/// # Panics
/// On real threads and under loom.
#[track_caller]
pub(crate) fn assert_virtual_time() {
    match current() {
        Engine::Native => panic!("the clock of real threads cannot be paused or advanced"),
        Engine::Controlled => {}
        #[cfg(feature = "loom")]
        Engine::Loom => crate::engine::loom::unsupported("time"),
    }
}

/// Steps of the execution so far, where it is controlled.
pub(crate) fn steps() -> usize {
    match current() {
        Engine::Controlled => controlled::try_with_kernel(|k| k.steps).unwrap_or(0),
        _ => 0,
    }
}

/// Whether the execution is over, and what runs still is looked at but decides nothing.
pub(crate) fn is_over() -> bool {
    current() == Engine::Controlled && controlled::with_kernel(|k| k.ending.is_some())
}

/// Whether the current task unwinds because of a panic of the program, and not because its execution is over.
pub(crate) fn panicking() -> bool {
    unwinds() && !controlled::unwinding_at_end()
}

/// Whether the current task unwinds.
pub(crate) fn unwinds() -> bool {
    match current() {
        Engine::Controlled => controlled::unwinds(),
        _ => std::thread::panicking(),
    }
}

/// How many threads may run at a time. A check must not depend on the machine.
pub(crate) fn available_parallelism() -> io::Result<NonZero<usize>> {
    match current() {
        Engine::Native => std::thread::available_parallelism(),
        _ => Ok(const { NonZero::new(2).unwrap() }),
    }
}
