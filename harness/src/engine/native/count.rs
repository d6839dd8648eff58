//! The counts of std's `Arc`, which need nobody.

use crate::engine::current::assert_native;
use crate::raw::{RawCount, Touch};

/// Nothing watches counts on real threads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Count;

impl RawCount for Count {
    fn new() -> Self {
        Count
    }

    fn recall(_: usize) -> Option<Self> {
        Some(Count)
    }

    fn look<R>(&self, _: &'static str, _: Touch, look: impl FnOnce() -> (R, Touch), _: impl FnOnce(&R) -> String) -> R {
        // Destructors that run while the task unwinds must not panic.
        if !std::thread::panicking() {
            assert_native();
        }
        look().0
    }
}
