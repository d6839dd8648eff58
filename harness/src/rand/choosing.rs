//! [`Choosing`]: random numbers that the search chooses.

use std::convert::Infallible;

use rand10::TryRng;

/// A generator whose every number is a branch of the search: one of so many that are evenly spaced. Of a range with at most that
/// many values it draws each. What is made of parts of a number, as a shuffle of `rand` is, it does not try in full:
/// [`choose`](crate::choose) does.
///
/// ```
/// use selvedge::rand::{Choosing, RngExt};
///
/// let report = selvedge::Check::new("dice").run(|| {
///     let mut rng = Choosing::among(6);
///     rng.random_range(1..=6)
/// });
/// assert_eq!(report.basis, "all 6 interleavings");
/// ```
///
/// On real threads and outside a check it always draws the first.
#[derive(Clone, Copy, Debug)]
pub struct Choosing {
    among: usize,
}

impl Choosing {
    /// Each number is one of `among`.
    ///
    /// # Panics
    /// Drawing a number panics where [`choose`](crate::choose) does: when `among` is 0 or more than 1,048,576, and under loom.
    pub fn among(among: usize) -> Self {
        Choosing { among }
    }

    /// The middle of one of so many equal parts of what numbers there are.
    fn draw(self) -> u64 {
        let arm = crate::choose(self.among) as u128;
        let middle = ((2 * arm + 1) << 63) / self.among as u128;
        // It is less than 2 to the 64th, because 2 * arm + 1 is less than 2 * among.
        middle as u64
    }
}

impl TryRng for Choosing {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.draw() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.draw())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for part in bytes.chunks_mut(8) {
            part.copy_from_slice(&self.draw().to_le_bytes()[..part.len()]);
        }
        Ok(())
    }
}
