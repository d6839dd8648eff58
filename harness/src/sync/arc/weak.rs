//! [`Weak`]: a pointer that does not own.

use std::fmt;
use std::mem::ManuallyDrop;
use std::sync;

use super::{Arc, option};
use crate::engine::any;
use crate::raw::{RawCount, Side, Touch};

/// A pointer to what an [`Arc`] holds that does not own it.
pub struct Weak<T: ?Sized> {
    std: ManuallyDrop<sync::Weak<T>>,
    /// Nothing if it has never pointed anywhere.
    count: Option<any::Count>,
}

impl<T> Weak<T> {
    /// One that points nowhere.
    pub const fn new() -> Self {
        Weak {
            std: ManuallyDrop::new(sync::Weak::new()),
            count: None,
        }
    }
}

impl<T: ?Sized> Weak<T> {
    pub(super) fn with(std: sync::Weak<T>, count: Option<any::Count>) -> Self {
        Weak {
            std: ManuallyDrop::new(std),
            count,
        }
    }

    pub(super) fn into_parts(self) -> (sync::Weak<T>, Option<any::Count>) {
        let mut this = ManuallyDrop::new(self);
        // SAFETY: `this` is not dropped and not used again.
        (unsafe { ManuallyDrop::take(&mut this.std) }, this.count)
    }

    /// An owner of the value, if there is still one.
    #[track_caller]
    pub fn upgrade(&self) -> Option<Arc<T>> {
        let count = self.count?;
        let look = || match self.std.upgrade() {
            Some(std) => (Some(std), Touch::Upgraded),
            None => (None, Touch::Count),
        };
        let std = count.look("upgrade", Touch::Upgraded, look, |r| option(r.is_some()))?;
        Some(Arc::with(std, count))
    }

    /// How many owners there are.
    #[track_caller]
    pub fn strong_count(&self) -> usize {
        let look = || (self.std.strong_count(), Touch::Count);
        self.count.map_or(0, |count| {
            count.look("strong_count", Touch::Count, look, usize::to_string)
        })
    }

    /// How many `Weak`s there are, and none once the value is gone.
    #[track_caller]
    pub fn weak_count(&self) -> usize {
        let look = || (self.std.weak_count(), Touch::Counts);
        self.count.map_or(0, |count| {
            count.look("weak_count", Touch::Counts, look, usize::to_string)
        })
    }

    /// Whether both point to the same value, or to none.
    pub fn ptr_eq(&self, other: &Self) -> bool {
        self.std.ptr_eq(&other.std)
    }

    /// Where the value is, or was.
    pub fn as_ptr(&self) -> *const T {
        let pointer = self.std.as_ptr();
        if let Some(count) = self.count {
            count.remember(pointer.addr());
        }
        pointer
    }

    /// The `Weak` as a pointer, until [`from_raw`](Self::from_raw).
    pub fn into_raw(self) -> *const T {
        let (std, count) = self.into_parts();
        let pointer = std.into_raw();
        if let Some(count) = count {
            count.remember(pointer.addr());
        }
        pointer
    }

    /// The `Weak` that [`into_raw`](Self::into_raw) made a pointer of.
    ///
    /// # Safety
    /// As for [`std::sync::Weak::from_raw`].
    pub unsafe fn from_raw(pointer: *const T) -> Self {
        let count = any::Count::recall(pointer.addr());
        // SAFETY: the caller's promise; what `into_raw` of this type gives is a pointer of std's.
        Weak::with(unsafe { sync::Weak::from_raw(pointer) }, count)
    }
}

impl<T: ?Sized> Clone for Weak<T> {
    #[track_caller]
    fn clone(&self) -> Self {
        let std = match self.count {
            Some(count) => count.comes(Side::Weak, || sync::Weak::clone(&self.std)),
            None => sync::Weak::clone(&self.std),
        };
        Weak::with(std, self.count)
    }
}

impl<T: ?Sized> Drop for Weak<T> {
    fn drop(&mut self) {
        let std: *mut ManuallyDrop<sync::Weak<T>> = &raw mut self.std;
        // SAFETY: it is called once, and the field is not used after it.
        let drop = || unsafe { ManuallyDrop::drop(&mut *std) };
        match self.count {
            Some(count) => count.weak_goes(drop),
            None => drop(),
        }
    }
}

impl<T> Default for Weak<T> {
    fn default() -> Self {
        Weak::new()
    }
}

impl<T: ?Sized> fmt::Debug for Weak<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(Weak)")
    }
}
