//! Memory that a model must free: what is left at the end of an execution fails it.

use selvedge::sync::Arc;
pub use std::alloc::Layout;

use crate::execution;

/// Allocates memory, as `std::alloc::alloc`.
///
/// # Safety
/// As for `std::alloc::alloc`.
#[track_caller]
pub unsafe fn alloc(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's.
    let pointer = unsafe { std::alloc::alloc(layout) };
    track(pointer);
    pointer
}

/// Allocates memory of zeros, as `std::alloc::alloc_zeroed`.
///
/// # Safety
/// As for `std::alloc::alloc_zeroed`.
#[track_caller]
pub unsafe fn alloc_zeroed(layout: Layout) -> *mut u8 {
    // SAFETY: the caller's.
    let pointer = unsafe { std::alloc::alloc_zeroed(layout) };
    track(pointer);
    pointer
}

/// Frees memory of [`alloc`] or [`alloc_zeroed`]. Nobody else is given it in this execution, so that whoever uses an object there is
/// told so.
///
/// # Safety
/// As for `std::alloc::dealloc`.
///
/// # Panics
/// When this execution has not allocated it.
#[track_caller]
pub unsafe fn dealloc(pointer: *mut u8, layout: Layout) {
    let count = execution::freed(pointer.addr()).expect("pointer not tracked");
    // SAFETY: `track` has made it of an owner, and it is taken out once.
    drop(unsafe { Arc::from_raw(count) });
    execution::free_later(pointer, layout);
}

/// An owner, which the check for leaks misses if it is not dropped.
#[track_caller]
fn owner() -> Arc<()> {
    Arc::named(Arc::new(()), "allocation")
}

#[track_caller]
fn track(pointer: *mut u8) {
    let before = execution::allocated(pointer.addr(), Arc::into_raw(owner()));
    assert!(before.is_none(), "pointer already tracked");
}

/// A value that must be dropped before the execution ends.
#[derive(Debug)]
pub struct Track<T> {
    value: T,
    _owner: Arc<()>,
}

impl<T> Track<T> {
    /// Tracks a value.
    #[track_caller]
    pub fn new(value: T) -> Track<T> {
        Track { value, _owner: owner() }
    }

    /// The value.
    pub fn get_ref(&self) -> &T {
        &self.value
    }

    /// The value, to change it.
    pub fn get_mut(&mut self) -> &mut T {
        &mut self.value
    }

    /// The value, which is not tracked any more.
    pub fn into_inner(self) -> T {
        self.value
    }
}
