//! What the harness is asked to do in place of a scheduler of shuttle's.

use std::env;

use selvedge::Strategy;

pub use crate::execution::Random;

/// What the harness does.
#[derive(Clone, Debug)]
pub struct Plan {
    /// How schedules are chosen.
    pub strategy: Strategy,
    /// The seed of a randomized strategy, if somebody has given one.
    pub seed: Option<u64>,
    /// At most so many executions.
    pub executions: Option<usize>,
    /// Where random numbers come from.
    pub random: Random,
}

/// The seed that the environment gives in place of this one.
///
/// # Panics
/// When it is no number.
pub(super) fn seed(given: Option<u64>) -> Option<u64> {
    match env::var("SHUTTLE_RANDOM_SEED") {
        Ok(seed) => match seed.parse() {
            Ok(seed) => Some(seed),
            Err(why) => panic!("The seed provided by SHUTTLE_RANDOM_SEED is not a valid u64: {why}"),
        },
        Err(_) => given,
    }
}

/// Executions of a scheduler that has so many.
#[derive(Debug)]
pub(super) struct Executions {
    pub(super) begun: usize,
    pub(super) most: usize,
}

impl Executions {
    pub(super) fn new(most: usize) -> Self {
        Executions { begun: 0, most }
    }

    /// Begins the next one, if there is one.
    pub(super) fn begin(&mut self) -> bool {
        let begins = self.begun < self.most;
        self.begun += usize::from(begins);
        begins
    }

    /// The last one does not count.
    pub(super) fn again(&mut self) -> bool {
        self.begun -= 1;
        true
    }
}
