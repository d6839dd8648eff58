//! A program of the catalog with its type forgotten: one that gives its outcome as text.
//!
//! What the catalog does with a program is compiled once, here. For each program the only code that depends on its
//! type calls it.

use std::fmt;
use std::sync::Arc;

/// A program, called once for each execution.
pub(crate) type Program = dyn Fn() -> Outcome + Send + Sync;

/// Forgets what `program` returns.
pub(crate) fn program<R: fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Arc<Program> {
    Arc::new(move || Outcome::of(&program()))
}

/// What a program returned, as its own `Debug` printed it.
pub(crate) struct Outcome(pub(crate) String);

impl Outcome {
    fn of(returned: &dyn fmt::Debug) -> Self {
        Outcome(format!("{returned:?}"))
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
