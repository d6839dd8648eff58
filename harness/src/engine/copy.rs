//! Statics: each execution has a copy of its own of every one that it uses, as it was when the program began.
//!
//! Executions run side by side on several OS threads, in one process, so none of them may change the static itself. What a
//! constant expression has made is the same bytes each time it is evaluated, so a copy of the bytes is another evaluation.

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error};

/// A copy of a static.
pub(crate) struct Copied {
    pub(crate) address: usize,
    pub(crate) size: usize,
    /// Drops its value and frees its memory.
    pub(crate) end: End,
}

/// The end of a copy.
pub(crate) struct End(Box<dyn FnOnce()>);

// SAFETY: the value was in a static, and a type of the facade that is `Sync` may be dropped on any thread: it is an atomic, or what
// it holds is `Send`.
unsafe impl Send for End {}

impl End {
    pub(crate) fn now(self) {
        (self.0)();
    }
}

/// Another evaluation of the constant expression that has made a static.
///
/// # Safety
/// Nobody has changed the static since.
pub(crate) unsafe fn copy<T: ?Sized>(object: &T) -> Copied {
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
    let value = std::ptr::from_ref(at(object, copy.addr())).cast_mut();
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
    Copied {
        address: copy.addr(),
        size,
        end: End(end),
    }
}

/// The copy of an object, where [`copy`] has put it. The caller sees to it that it is there for as long as it is used.
pub(crate) fn at<T: ?Sized>(object: &T, copy: usize) -> &T {
    let pointer = std::ptr::from_ref(object);
    let distance = copy.wrapping_sub(pointer.addr()) as isize;
    // SAFETY: a copy is there, of the same type; its memory was given out and is aligned like the object.
    unsafe { &*pointer.wrapping_byte_offset(distance) }
}
