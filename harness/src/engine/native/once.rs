//! An initialization of std.

use crate::engine::current::assert_native;
use crate::raw::{OnceWords, Origin, RawOnce};

/// std's `Once`.
pub(crate) struct Once(std::sync::Once);

impl RawOnce for Once {
    fn new(_: &'static str, _: Origin) -> Self {
        Once(std::sync::Once::new())
    }

    fn set_name(&mut self, _: &str) {}

    fn call(&self, _: OnceWords, force: bool, f: impl FnOnce(bool)) {
        assert_native();
        if force {
            self.0.call_once_force(|state| f(state.is_poisoned()));
        } else {
            self.0.call_once(|| f(false));
        }
    }

    fn wait(&self, _: OnceWords, force: bool) {
        assert_native();
        match force {
            true => self.0.wait_force(),
            false => self.0.wait(),
        }
    }

    fn look(&self, _: OnceWords) -> bool {
        self.0.is_completed()
    }

    fn reset(&mut self) {
        self.0 = std::sync::Once::new();
    }
}
