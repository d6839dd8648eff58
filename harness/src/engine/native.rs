//! placeholder
use std::time::Instant;
use crate::check::{Check, Report};
use crate::error::Error;
use crate::search::Tally;
use super::controlled::Program;
pub(crate) fn run(check: Check, _program: Program) -> Report {
    Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message: "loom".into() }))
}
/// Makes a thread of the program under test inherit what the run has set up on this OS thread.
pub(crate) fn inherit<F: FnOnce() -> T, T>() -> impl FnOnce(F) -> T + Send {
    |f| f()
}
