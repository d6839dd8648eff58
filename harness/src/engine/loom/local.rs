//! A thread local of loom.

use std::marker::PhantomData;
use std::thread::AccessError;

use ::loom::thread::LocalKey;

use crate::raw::RawLocal;

/// loom's key.
pub(crate) struct Local<T: 'static>(LocalKey<T>);

impl<T: 'static> Local<T> {
    pub(crate) const fn new(init: fn() -> T) -> Self {
        Local(LocalKey { init, _p: PhantomData })
    }
}

impl<T: 'static> RawLocal<T> for Local<T> {
    fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        self.0.with(f)
    }

    fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        Ok(self.0.with(f))
    }
}
