//! What [`lazy_static!`](crate::lazy_static!) makes.

use std::cell::UnsafeCell;
use std::fmt;
use std::sync::Arc;

use selvedge::sync::OnceLock;
pub use selvedge::thread::AccessError;

use crate::execution;

/// A value that is made at its first use in an execution, and dropped when the main thread is done.
pub struct Lazy<T: 'static> {
    init: fn() -> T,
    value: OnceLock<Shared<T>>,
}

/// Owned by the static and by the list of what ends with the execution, which takes the value out.
struct Shared<T>(Arc<UnsafeCell<Option<T>>>);

// SAFETY: all threads of an execution run on one thread of the operating system; between them, `OnceLock` orders the making.
unsafe impl<T> Send for Shared<T> {}
// SAFETY: as above.
unsafe impl<T> Sync for Shared<T> {}

impl<T: 'static> Lazy<T> {
    #[doc(hidden)]
    pub const fn new(init: fn() -> T) -> Self {
        let value = OnceLock::new();
        Lazy { init, value }
    }

    /// The value. It lives as long as the main thread of the execution.
    ///
    /// # Panics
    /// When it has been dropped.
    pub fn get(&'static self) -> &'static T {
        let shared = self.value.get_or_init(|| {
            let value = Arc::new(UnsafeCell::new(Some((self.init)())));
            let ends = Arc::clone(&value);
            execution::at_end(move || {
                // SAFETY: as loom has it, the reference is promised for the time of the main thread, which is over.
                drop(unsafe { (*ends.get()).take() });
            });
            Shared(value)
        });
        // SAFETY: it is written once before anybody sees it, and taken out after everybody has.
        let value = unsafe { &*shared.0.get() };
        value.as_ref().expect("attempted to access lazy_static during shutdown")
    }
}

impl<T: 'static> fmt::Debug for Lazy<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad("Lazy { .. }")
    }
}
