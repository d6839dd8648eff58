//! A condition variable of loom.

use std::convert::Infallible;
use std::sync::PoisonError;

use super::mutex::Held;
use crate::raw::{Origin, RawCondvar, Value};

/// loom's condition variable.
pub(crate) struct Condvar(::loom::sync::Condvar);

impl RawCondvar for Condvar {
    type Held<'a> = Held<'a>;
    /// loom has no clock.
    type Deadline = Infallible;

    fn new(_: Origin) -> Self {
        Condvar(::loom::sync::Condvar::new())
    }

    fn set_name(&mut self, _: &str) {}

    fn wait<'a>(&self, held: Self::Held<'a>, _: Option<Infallible>, _: impl Value) -> (Self::Held<'a>, bool) {
        let guard = self.0.wait(held.guard).unwrap_or_else(PoisonError::into_inner);
        (Held { guard, ..held }, false)
    }

    fn notify_one(&self) {
        self.0.notify_one();
    }

    fn notify_all(&self) {
        self.0.notify_all();
    }
}
