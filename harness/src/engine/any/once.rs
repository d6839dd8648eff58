//! An initialization of the engine that runs.

use super::late::Late;
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{OnceWords, Origin, RawOnce};

any_of! {
    /// An initialization without a value.
    Once = native::Once, controlled::Once, loom::Once
}

impl Late for Once {
    type Seed = &'static str;

    fn make(kind: &&'static str, origin: Origin) -> Self {
        RawOnce::new(kind, origin)
    }
}

impl RawOnce for Once {
    fn new(kind: &'static str, origin: Origin) -> Self {
        make!(Once, RawOnce::new(kind, origin))
    }

    fn set_name(&mut self, name: &str) {
        each!(self, Once(raw) => raw.set_name(name));
    }

    fn call(&self, words: OnceWords, force: bool, f: impl FnOnce(bool)) {
        each!(self, Once(raw) => raw.call(words, force, f));
    }

    fn wait(&self, words: OnceWords, force: bool) {
        each!(self, Once(raw) => raw.wait(words, force));
    }

    fn look(&self, words: OnceWords) -> bool {
        each!(self, Once(raw) => raw.look(words))
    }

    fn reset(&mut self) {
        each!(self, Once(raw) => raw.reset());
    }
}
