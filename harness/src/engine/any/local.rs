//! A value that each task has of its own: the keys of all engines, because nobody knows yet which one will run.

use std::thread::{AccessError, LocalKey};

use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawLocal;

/// The key of a value.
pub(crate) struct Local<T: 'static> {
    native: native::Local<T>,
    controlled: controlled::Local<T>,
    #[cfg(feature = "loom")]
    loom: loom::Local<T>,
}

impl<T: 'static> Local<T> {
    pub(crate) const fn new(native: &'static LocalKey<T>, init: fn() -> T) -> Self {
        Local {
            native: native::Local::new(native),
            controlled: controlled::Local::new(init),
            #[cfg(feature = "loom")]
            loom: loom::Local::new(init),
        }
    }
}

impl<T: 'static> RawLocal<T> for Local<T> {
    fn with<R>(&'static self, f: impl FnOnce(&T) -> R) -> R {
        match current() {
            Engine::Native => self.native.with(f),
            Engine::Controlled => self.controlled.with(f),
            #[cfg(feature = "loom")]
            Engine::Loom => self.loom.with(f),
        }
    }

    fn try_with<R>(&'static self, f: impl FnOnce(&T) -> R) -> Result<R, AccessError> {
        match current() {
            Engine::Native => self.native.try_with(f),
            Engine::Controlled => self.controlled.try_with(f),
            #[cfg(feature = "loom")]
            Engine::Loom => self.loom.try_with(f),
        }
    }
}
