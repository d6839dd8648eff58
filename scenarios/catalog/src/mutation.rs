//! Mutations: a repair that is undone must be caught, or the search proves nothing about it.
//!
//! A variant that is verified says which line makes it right by naming what happens without that line. The program
//! is the same one with a parameter, not a copy, so that nothing else differs.

use std::fmt;
use std::sync::Arc;

use selvedge::FailureKind;

use crate::program::Program;

/// A variant with one line of its repair undone.
#[derive(Clone)]
pub struct Mutation {
    /// What is undone: `re-check dropped`.
    pub name: &'static str,
    /// How it then fails.
    pub fails: FailureKind,
    pub(crate) program: Arc<Program>,
}

impl fmt::Debug for Mutation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mutation")
            .field("name", &self.name)
            .field("fails", &self.fails)
            .finish_non_exhaustive()
    }
}
