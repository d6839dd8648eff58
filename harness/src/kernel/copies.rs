//! What an execution has in place of statics.

use std::collections::BTreeMap;
use std::fmt;

/// Copies of statics, which end with the execution.
#[derive(Default)]
pub(crate) struct Copies {
    /// By the address of the static: that of its copy.
    at: BTreeMap<usize, usize>,
    ends: Vec<Box<dyn FnOnce()>>,
}

impl Copies {
    /// The copy of the static at this address.
    pub(crate) fn at(&self, address: usize) -> Option<usize> {
        self.at.get(&address).copied()
    }

    /// A copy that `end` drops.
    pub(crate) fn add(&mut self, address: usize, copy: usize, end: Box<dyn FnOnce()>) {
        self.at.insert(address, copy);
        self.ends.push(end);
    }
}

impl Drop for Copies {
    fn drop(&mut self) {
        // The latest first, because its value may have come to be with the help of earlier ones.
        while let Some(end) = self.ends.pop() {
            end();
        }
    }
}

impl fmt::Debug for Copies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copies").field("at", &self.at).finish_non_exhaustive()
    }
}
