//! What an execution on real threads has in place of statics.

use std::collections::BTreeMap;

use crate::engine::copy::{End, copy};
use crate::engine::image;

/// Copies of statics, which end with the execution.
#[derive(Default)]
pub(super) struct Statics {
    /// By the address of the static: that of its copy.
    at: BTreeMap<usize, usize>,
    ends: Vec<End>,
}

impl Drop for Statics {
    fn drop(&mut self) {
        while let Some(end) = self.ends.pop() {
            end.now();
        }
    }
}

impl Statics {
    /// Where the copy of a static is; nothing if the object is none.
    ///
    /// # Safety
    /// Nobody has used the object but through copies, if it is a static: it is as its constant expression has made it.
    pub(super) unsafe fn copy_of<T: ?Sized>(&mut self, object: &T) -> Option<usize> {
        let address = std::ptr::from_ref(object).addr();
        if let Some(known) = self.at.get(&address) {
            return Some(*known);
        }
        image::offset_of(address)?;
        // SAFETY: the caller's promise.
        let copied = unsafe { copy(object) };
        self.at.insert(address, copied.address);
        self.ends.push(copied.end);
        Some(copied.address)
    }
}
