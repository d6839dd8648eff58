//! A value that each task has of its own.

use std::thread::AccessError;

/// The key of a value. It is made before anybody knows which engine will run.
pub(crate) trait RawLocal<T: 'static> {
    /// Calls `f` with the value of the current task, which is made on first use.
    fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R;

    /// [`with`](Self::with), or an error while the value is being destroyed. Only real threads know that state.
    fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError>;
}
