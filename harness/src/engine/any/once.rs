//! An initialization of the engine that runs.

#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{OnceWords, RawOnce};

any_of! {
    /// An initialization without a value.
    Once = native::Once, controlled::Once, loom::Once
}

impl RawOnce for Once {
    fn new(kind: &'static str) -> Self {
        make!(Once, RawOnce::new(kind))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Once(raw) => raw.set_name(name));
    }

    fn call(&self, words: OnceWords, force: bool, f: impl FnOnce(bool)) {
        each!(self, Once(raw) => raw.call(words, force, f));
    }

    fn look(&self, words: OnceWords) -> bool {
        each!(self, Once(raw) => raw.look(words))
    }

    fn reset(&mut self) {
        each!(self, Once(raw) => raw.reset());
    }
}
