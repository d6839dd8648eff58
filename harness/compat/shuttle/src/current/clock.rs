//! [`VectorClock`].

use std::ops::Deref;

/// Nothing: the harness keeps clocks of its own, and shows what they mean in traces.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VectorClock(());

impl VectorClock {
    /// An empty clock.
    pub const fn new() -> VectorClock {
        VectorClock(())
    }

    /// 0.
    pub fn get(&self, _task: usize) -> u32 {
        0
    }
}

impl Deref for VectorClock {
    type Target = [u32];

    fn deref(&self) -> &[u32] {
        &[]
    }
}

impl From<&[u32]> for VectorClock {
    fn from(_: &[u32]) -> VectorClock {
        VectorClock::new()
    }
}

impl<const N: usize> From<&[u32; N]> for VectorClock {
    fn from(_: &[u32; N]) -> VectorClock {
        VectorClock::new()
    }
}
