//! [`UnsafeCell`] and what [`UnsafeCell::get`] gives.
//!
//! Such a pointer is an access when it is made. Its end is none: it is often dropped after what publishes the value, as the field of a
//! guard whose destructor has released a lock.

use std::cell;
use std::fmt;

use super::watch::Watch;

/// A value that can be changed through a shared reference.
pub struct UnsafeCell<T: ?Sized> {
    watch: Watch,
    value: cell::UnsafeCell<T>,
}

impl<T> UnsafeCell<T> {
    /// A cell.
    #[track_caller]
    pub fn new(value: T) -> UnsafeCell<T> {
        UnsafeCell {
            watch: Watch::new("UnsafeCell"),
            value: cell::UnsafeCell::new(value),
        }
    }

    /// The value, out of the cell.
    pub fn into_inner(self) -> T {
        self.value.into_inner()
    }
}

impl<T: ?Sized> UnsafeCell<T> {
    /// Reads: `f` may only read through the pointer.
    #[track_caller]
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        self.watch.reads(|| f(self.value.get()))
    }

    /// Writes: `f` may read and write through the pointer.
    #[track_caller]
    pub fn with_mut<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        self.watch.writes(|| f(self.value.get()))
    }

    /// An access that reads, by a pointer that can be kept.
    #[track_caller]
    pub fn get(&self) -> ConstPtr<T> {
        self.watch.reads(|| ());
        ConstPtr {
            pointer: self.value.get(),
        }
    }

    /// An access that writes, by a pointer that can be kept.
    #[track_caller]
    pub fn get_mut(&self) -> MutPtr<T> {
        self.watch.writes(|| ());
        MutPtr {
            pointer: self.value.get(),
        }
    }
}

impl<T: Default> Default for UnsafeCell<T> {
    #[track_caller]
    fn default() -> UnsafeCell<T> {
        UnsafeCell::new(T::default())
    }
}

impl<T> From<T> for UnsafeCell<T> {
    #[track_caller]
    fn from(value: T) -> UnsafeCell<T> {
        UnsafeCell::new(value)
    }
}

impl<T: ?Sized> fmt::Debug for UnsafeCell<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsafeCell").finish_non_exhaustive()
    }
}

/// A pointer to read through.
pub struct ConstPtr<T: ?Sized> {
    pointer: *const T,
}

impl<T: ?Sized> ConstPtr<T> {
    /// The value.
    ///
    /// # Safety
    /// As for a raw pointer. Accesses by others at the same time end the execution.
    pub unsafe fn deref(&self) -> &T {
        // SAFETY: the caller's.
        unsafe { &*self.pointer }
    }

    /// The pointer.
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*const T) -> R,
    {
        f(self.pointer)
    }
}

impl<T: ?Sized> fmt::Debug for ConstPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConstPtr").finish_non_exhaustive()
    }
}

/// A pointer to read and write through.
pub struct MutPtr<T: ?Sized> {
    pointer: *mut T,
}

impl<T: ?Sized> MutPtr<T> {
    /// The value, to change it.
    ///
    /// # Safety
    /// As for a raw pointer. Accesses by others at the same time end the execution.
    #[expect(clippy::mut_from_ref, reason = "it stands for a raw pointer")]
    pub unsafe fn deref(&self) -> &mut T {
        // SAFETY: the caller's.
        unsafe { &mut *self.pointer }
    }

    /// The pointer.
    pub fn with<F, R>(&self, f: F) -> R
    where
        F: FnOnce(*mut T) -> R,
    {
        f(self.pointer)
    }
}

impl<T: ?Sized> fmt::Debug for MutPtr<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MutPtr").finish_non_exhaustive()
    }
}
