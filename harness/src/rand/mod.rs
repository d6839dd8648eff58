//! The crate `rand`, version 0.10, with random numbers that are the same in every execution: `use selvedge::rand;` in place of
//! `use rand;`.
//!
//! In a check, [`rng`] and all that draws from it give each task a sequence of its own, which depends on who has spawned that task
//! and on nothing else. So a schedule can be replayed; but a bug that needs another number is not found. [`Choosing`] is for that:
//! its numbers are branches of the search. On real threads and outside a check the numbers are `rand`'s. Under loom all tasks draw
//! the same.
//!
//! `rngs::SysRng` is the real one, and must not be used in a check.

mod choosing;
pub mod prelude;
pub mod rngs;

pub use choosing::Choosing;
use rand10::distr::uniform::{SampleRange, SampleUniform};
use rand10::distr::{Distribution, Iter, StandardUniform};
pub use rand10::*;

/// The generator of the current task.
///
/// ```
/// use selvedge::rand::{self, RngExt};
/// use selvedge::thread;
///
/// let report = selvedge::Check::new("dice").run(|| {
///     let other = thread::spawn(|| rand::random::<u32>());
///     let mut rng = rand::rng();
///     (rng.random_range(1..=6), other.join().unwrap())
/// });
/// assert_eq!(report.outcomes.len(), 1, "the same numbers in every execution");
/// ```
pub fn rng() -> rngs::ThreadRng {
    rngs::ThreadRng::current()
}

/// A generator with a seed from [`rng`].
pub fn make_rng<R: SeedableRng>() -> R {
    R::from_rng(&mut rng())
}

/// A value from [`rng`].
pub fn random<T>() -> T
where
    StandardUniform: Distribution<T>,
{
    rng().random()
}

/// Values from [`rng`].
pub fn random_iter<T>() -> Iter<StandardUniform, rngs::ThreadRng, T>
where
    StandardUniform: Distribution<T>,
{
    rng().random_iter()
}

/// A value of a range, from [`rng`].
///
/// # Panics
/// When the range is empty.
pub fn random_range<T: SampleUniform, R: SampleRange<T>>(range: R) -> T {
    rng().random_range(range)
}

/// True with this probability, from [`rng`].
///
/// # Panics
/// When `p` is not from 0 to 1.
pub fn random_bool(p: f64) -> bool {
    rng().random_bool(p)
}

/// True in `numerator` of `denominator` cases, from [`rng`].
///
/// # Panics
/// When `denominator` is 0, or less than `numerator`.
pub fn random_ratio(numerator: u32, denominator: u32) -> bool {
    rng().random_ratio(numerator, denominator)
}

/// Fills it with values from [`rng`].
pub fn fill<T: Fill>(dest: &mut [T]) {
    rng().fill(dest);
}
