//! What a program says to the engine besides its operations.

use std::fmt;
use std::panic::Location;

use crate::engine::controlled;
use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;

/// A branch of the program: one of `n` arms.
///
/// # Panics
/// When `n` is 0, and under loom, which knows no such branch.
pub(crate) fn choose(n: usize) -> usize {
    assert!(n > 0, "choose(0) has no arm to take");
    match current() {
        Engine::Native => 0,
        Engine::Controlled => controlled::choose(n),
        #[cfg(feature = "loom")]
        Engine::Loom => loom::unsupported("choose()"),
    }
}

/// A row in the trace of the running task.
pub(crate) fn note(text: fmt::Arguments<'_>) {
    if controlled::tracing() {
        controlled::pay();
        controlled::add_row(text);
    }
}

/// Whether the execution is over, and what runs still is looked at but decides nothing.
pub(crate) fn is_over() -> bool {
    current() == Engine::Controlled && controlled::with_kernel(|k| k.ending.is_some())
}

/// Whether code of other crates is to be an [`opaque`] operation at all.
pub(crate) fn is_opaque() -> bool {
    current() == Engine::Controlled
}

/// Whether dropping a value of other crates is to be an [`opaque`] operation: not after its execution.
pub(crate) fn is_opaque_to_drop() -> bool {
    is_opaque() && controlled::has_tasks()
}

/// Runs code of other crates as one operation, on the object that has that name. `told` makes the row of the trace of
/// the result. On real threads and under loom this just runs it.
pub(crate) fn opaque<R>(
    verb: &'static str,
    name: &str,
    location: &'static Location<'static>,
    body: impl FnOnce() -> R,
    told: impl FnOnce(&R) -> String,
) -> R {
    if is_opaque() {
        controlled::opaque(verb, name, location, body, told)
    } else {
        body()
    }
}
