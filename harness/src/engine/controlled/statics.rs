//! Statics: each execution has a copy of its own of every one that it uses, as it was when the program began.
//!
//! Executions run side by side on several OS threads, in one process, so none of them may change the static itself. What a
//! constant expression has made is the same bytes each time it is evaluated, so a copy of the bytes is another evaluation.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

use super::context::try_with_kernel;
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
    // SAFETY: a copy lives until the execution is over and its tasks are gone, and a reference to the static is no longer in
    // use then: only its tasks have got one here.
    let at = |copy: usize| unsafe { &*std::ptr::from_ref(object).with_address(copy) };
    if let Some(copy) = known {
        return Some(at(copy));
    }
    let offset = image::offset_of(address)?;
    assert!(running, "{ELSEWHERE}");
    let layout = Layout::for_value(object);
    let size = layout.size().max(1);
    let layout = Layout::from_size_align(size, layout.align()).expect("the layout of a value, or of one byte");
    // SAFETY: the size is not zero.
    let copy = unsafe { alloc(layout) };
    if copy.is_null() {
        handle_alloc_error(layout);
    }
    // SAFETY: both are as large as the object, and the caller promises that the bytes are those of a value that nobody has: what
    // a constant expression gives owns nothing beyond them.
    unsafe { std::ptr::copy_nonoverlapping(std::ptr::from_ref(object).cast::<u8>(), copy, size_of_val(object)) };
    let value = std::ptr::from_ref(object).with_address(copy.addr()).cast_mut();
    let end: Box<dyn FnOnce() + '_> = Box::new(move || {
        /// Frees the memory even if the destructor panics.
        struct Memory(*mut u8, Layout);
        impl Drop for Memory {
            fn drop(&mut self) {
                // SAFETY: it was given for this layout, and is not used any more.
                unsafe { dealloc(self.0, self.1) };
            }
        }
        let _memory = Memory(copy, layout);
        // SAFETY: it was written above, and this is called once.
        unsafe { std::ptr::drop_in_place(value) };
    });
    // SAFETY: what a static holds lives as long as the program, so the type has no shorter lifetime than that.
    let end: Box<dyn FnOnce()> = unsafe { std::mem::transmute(end) };
    try_with_kernel(|k| {
        k.owns(Owner::Static(offset), copy.addr(), size);
        k.copies.add(address, copy.addr(), end);
    })?;
    Some(at(copy.addr()))
}

/// A pointer to the same kind of thing elsewhere.
trait WithAddress {
    fn with_address(self, address: usize) -> Self;
}

impl<T: ?Sized> WithAddress for *const T {
    fn with_address(self, address: usize) -> Self {
        // Its provenance is exposed where the copy is made.
        self.wrapping_byte_offset(address.wrapping_sub(self.addr()) as isize)
    }
}
