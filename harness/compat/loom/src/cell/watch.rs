//! [`Watch`]: accesses, without the value.

use std::panic::{RefUnwindSafe, UnwindSafe};

use selvedge::cell::UnsafeCell;

/// Compares the accesses to a value that somebody else holds.
pub(crate) struct Watch(UnsafeCell<()>);

// SAFETY: it holds nothing that a race could spoil, and the tasks that use it take turns.
unsafe impl Sync for Watch {}

// Nothing in it can be left half done.
impl UnwindSafe for Watch {}
impl RefUnwindSafe for Watch {}

impl Watch {
    /// `kind` is what rows and failures call it, with the place of the caller.
    #[track_caller]
    pub(crate) fn new(kind: &'static str) -> Self {
        Watch(UnsafeCell::part_of(kind, ()))
    }

    /// An access that reads, for as long as `f` runs.
    #[track_caller]
    pub(crate) fn reads<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.with(|_| f())
    }

    /// An access that reads, by an operation of the value, which tells of itself.
    #[track_caller]
    pub(crate) fn is_used(&self) {
        self.0.read_untold();
    }

    /// An access that writes, for as long as `f` runs.
    #[track_caller]
    pub(crate) fn writes<R>(&self, f: impl FnOnce() -> R) -> R {
        self.0.with_mut(|_| f())
    }
}
