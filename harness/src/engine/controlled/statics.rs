//! What a controlled execution has in place of statics.

use super::context::try_with_kernel;
use crate::engine::copy::{Copied, at, copy};
use crate::engine::current::ELSEWHERE;
use crate::engine::image;
use crate::kernel::Owner;

/// What this execution has in place of a static; nothing if the object is none.
///
/// # Safety
/// Nobody has used the object but through copies, if it is a static: it is as its constant expression has made it.
///
/// # Panics
/// When the execution is over.
#[track_caller]
pub(crate) unsafe fn afresh<T: ?Sized>(object: &T) -> Option<&T> {
    let address = std::ptr::from_ref(object).addr();
    let (known, running) = try_with_kernel(|k| (k.copies.at(address), !k.tasks.is_empty()))?;
    // A copy lives until the execution is over and its tasks are gone, and a reference to it is no longer in use then: only its
    // tasks have got one here.
    if let Some(known) = known {
        return Some(at(object, known));
    }
    let offset = image::offset_of(address)?;
    assert!(running, "{ELSEWHERE}");
    // SAFETY: the caller's promise.
    let Copied {
        address: copy,
        size,
        end,
    } = unsafe { copy(object) };
    try_with_kernel(|k| {
        k.owns(Owner::Static(offset), copy, size);
        k.copies.add(address, copy, Box::new(move || end.now()));
    })?;
    Some(at(object, copy))
}
