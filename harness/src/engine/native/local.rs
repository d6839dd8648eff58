//! A thread local of std.

use std::thread::{AccessError, LocalKey};

use crate::raw::RawLocal;

/// std's key.
pub(crate) struct Local<T: 'static>(&'static LocalKey<T>);

impl<T: 'static> Local<T> {
    pub(crate) const fn new(key: &'static LocalKey<T>) -> Self {
        Local(key)
    }
}

impl<T: 'static> RawLocal<T> for Local<T> {
    fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }

    fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        self.0.try_with(f)
    }
}
