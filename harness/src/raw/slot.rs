//! Where the result of a task waits for whoever joins it.
//!
//! Its lock is std's in every engine: it is held for a move, and who comes first is decided elsewhere.

use std::sync::{Arc, Mutex, MutexGuard};

/// A place for one value, shared by the task that leaves it and whoever takes it.
#[derive(Debug)]
pub(crate) struct Slot<T>(Arc<Mutex<Option<T>>>);

impl<T> Slot<T> {
    pub(crate) fn empty() -> Self {
        Slot(Arc::new(Mutex::new(None)))
    }

    pub(crate) fn put(&self, value: T) {
        *self.value() = Some(value);
    }

    pub(crate) fn take(&self) -> Option<T> {
        self.value().take()
    }

    #[cfg(feature = "loom")]
    pub(crate) fn is_full(&self) -> bool {
        self.value().is_some()
    }

    fn value(&self) -> MutexGuard<'_, Option<T>> {
        self.0.lock().expect("no panic happens under this lock")
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        Slot(Arc::clone(&self.0))
    }
}
