//! A condition variable of std.

use std::sync::PoisonError;
use std::time::Duration;

use super::mutex::Held;
use crate::engine::current::assert_native;
use crate::raw::{Origin, RawCondvar, Value};

/// std's condition variable.
pub(crate) struct Condvar(std::sync::Condvar);

impl RawCondvar for Condvar {
    type Held<'a> = Held<'a>;
    type Deadline = Duration;

    fn new(_: Origin) -> Self {
        Condvar(std::sync::Condvar::new())
    }

    fn set_name(&mut self, _: &str) {}

    fn wait<'a>(&self, held: Self::Held<'a>, deadline: Option<Duration>, _: impl Value) -> (Self::Held<'a>, bool) {
        assert_native();
        match deadline {
            None => (Held(self.0.wait(held.0).unwrap_or_else(PoisonError::into_inner)), false),
            Some(left) => {
                let (held, result) = self
                    .0
                    .wait_timeout(held.0, left)
                    .unwrap_or_else(PoisonError::into_inner);
                (Held(held), result.timed_out())
            }
        }
    }

    fn notify_one(&self) {
        assert_native();
        self.0.notify_one();
    }

    fn notify_all(&self) {
        assert_native();
        self.0.notify_all();
    }
}
