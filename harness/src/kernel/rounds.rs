//! Rounds of timers or of spinning, compared so that a livelock can be told.

/// Consecutive rounds in which only timers or spinning made anything run.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) number: u32,
    pub(super) identical: u32,
    pub(super) last: u64,
    pub(super) hash: u64,
}

impl Rounds {
    pub(super) fn note(&mut self, value: u64) {
        self.hash = (self.hash ^ value).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Closes a round and says how many equal ones have passed in a row.
    pub(super) fn close(&mut self) -> u32 {
        if self.hash == self.last {
            self.identical += 1;
        } else {
            self.identical = 0;
        }
        self.number += 1;
        self.last = self.hash;
        self.hash = 0xcbf2_9ce4_8422_2325;
        self.identical
    }
}
