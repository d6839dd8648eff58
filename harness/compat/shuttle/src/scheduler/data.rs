//! Random numbers of an execution.

use std::fmt::Debug;

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

/// Gives random numbers that can be given again.
pub trait DataSource: Debug {
    /// What they begin with.
    type Seed: Clone;

    /// Begins with a seed.
    fn initialize(seed: Self::Seed) -> Self;

    /// Begins an execution, and returns what with.
    fn reinitialize(&mut self) -> Self::Seed;

    /// The next number.
    fn next_u64(&mut self) -> u64;
}

/// Random numbers that are others in each execution.
#[derive(Debug)]
pub struct RandomDataSource {
    rng: Pcg64Mcg,
    first: Option<u64>,
}

impl DataSource for RandomDataSource {
    type Seed = u64;

    fn initialize(seed: u64) -> Self {
        RandomDataSource {
            rng: Pcg64Mcg::seed_from_u64(seed),
            first: Some(seed),
        }
    }

    fn reinitialize(&mut self) -> u64 {
        let seed = self.first.take().unwrap_or_else(|| self.rng.next_u64());
        self.rng = Pcg64Mcg::seed_from_u64(seed);
        seed
    }

    fn next_u64(&mut self) -> u64 {
        self.rng.next_u64()
    }
}
