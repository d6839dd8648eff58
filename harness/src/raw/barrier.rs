//! A place where tasks wait for each other, again and again.
//!
//! Arrivals are counted in generations: the one that makes a generation full lets all of it go on, and the next
//! arrival is the first of the next.

use super::Origin;

/// A barrier.
pub(crate) trait RawBarrier: Sized {
    /// A barrier for `n` tasks. With 0 or 1 nobody ever waits.
    fn new(n: usize, origin: Origin) -> Self;

    /// Its name in traces.
    fn set_name(&mut self, name: &str);

    /// Waits until the generation is full. The answer is true for exactly one task of each: its leader.
    #[track_caller]
    fn wait(&self) -> bool;
}
