//! Code of the program, or of its author, that runs where otherwise only the harness does: a panic there is not a fault of ours.

use std::cell::Cell;

thread_local! {
    static OUTSIDE: Cell<bool> = const { Cell::new(false) };
}

/// Whether such code runs on this OS thread.
pub(crate) fn is_outside() -> bool {
    OUTSIDE.try_with(Cell::get).unwrap_or(false)
}

/// Runs such code.
pub(crate) fn outside<R>(f: impl FnOnce() -> R) -> R {
    struct Back(bool);
    impl Drop for Back {
        fn drop(&mut self) {
            OUTSIDE.set(self.0);
        }
    }
    let _back = Back(OUTSIDE.replace(true));
    f()
}
