//! Where an object comes from: by that it is the same one in every execution.

use std::panic::Location;

/// Where an object comes from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Origin {
    /// The place of the program that makes it.
    pub(crate) location: &'static Location<'static>,
    /// Where it lies, if it is known only now that it is used; nothing if the current task makes it now.
    pub(crate) address: Option<usize>,
}
