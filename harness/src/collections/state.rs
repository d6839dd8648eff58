//! The hasher of maps and sets.

use std::hash::{BuildHasher, DefaultHasher};

/// Makes hashers without a seed. The name is that of std's, whose hashers have one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RandomState;

impl RandomState {
    /// There is only one.
    pub const fn new() -> Self {
        RandomState
    }
}

impl BuildHasher for RandomState {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        DefaultHasher::new()
    }
}
