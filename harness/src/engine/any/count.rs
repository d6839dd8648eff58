//! The counts of an `Arc` of the engine that runs.

use super::late::lend;
use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::{RawCount, Side, Touch};

any_of! {
    /// The counts of one value.
    #[derive(Clone, Copy, Debug)]
    Count = native::Count, controlled::Count, loom::Count
}

impl Count {
    /// Somebody looks at what is counted, which lies here.
    pub(crate) fn borrows<T: ?Sized>(&self, value: &T) {
        if let Count::Controlled(count) = self
            && current() == Engine::Native
        {
            lend(std::ptr::from_ref(value).addr(), size_of_val(value), count.epoch());
        }
    }
}

impl RawCount for Count {
    fn new() -> Self {
        make!(Count, RawCount::new())
    }

    fn set_name(&self, name: &str) {
        each!(self, Count(raw) => raw.set_name(name));
    }

    fn holds(&self, address: usize, length: usize) {
        each!(self, Count(raw) => raw.holds(address, length));
    }

    fn remember(&self, address: usize) {
        each!(self, Count(raw) => raw.remember(address));
    }

    fn recall(address: usize) -> Option<Self> {
        Some(match current() {
            Engine::Native => Count::Native(RawCount::recall(address)?),
            Engine::Controlled => Count::Controlled(RawCount::recall(address)?),
            #[cfg(feature = "loom")]
            Engine::Loom => Count::Loom(RawCount::recall(address)?),
        })
    }

    fn comes<R>(&self, side: Side, add: impl FnOnce() -> R) -> R {
        each!(self, Count(raw) => raw.comes(side, add))
    }

    fn goes(&self, is_last: impl Fn() -> bool, drop: impl FnOnce()) {
        each!(self, Count(raw) => raw.goes(is_last, drop));
    }

    fn leaves(&self) {
        each!(self, Count(raw) => raw.leaves());
    }

    fn weak_goes(&self, drop: impl FnOnce()) {
        each!(self, Count(raw) => raw.weak_goes(drop));
    }

    fn look<R>(
        &self,
        verb: &'static str,
        most: Touch,
        look: impl FnOnce() -> (R, Touch),
        told: impl FnOnce(&R) -> String,
    ) -> R {
        each!(self, Count(raw) => raw.look(verb, most, look, told))
    }
}
