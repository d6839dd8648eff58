//! As `rand::rngs`, with a [`ThreadRng`] that is the same in every execution.

use std::cell::RefCell;
use std::convert::Infallible;
use std::fmt;

pub use rand10::rngs::*;
use rand10::{SeedableRng, TryCryptoRng, TryRng};

use crate::engine::any;
use crate::thread::LocalKey;

/// The numbers of each task, where tasks have a number.
static NUMBERS: LocalKey<RefCell<Xoshiro256PlusPlus>> = LocalKey::new(&OF_A_THREAD, seeded);

std::thread_local! {
    static OF_A_THREAD: RefCell<Xoshiro256PlusPlus> = seeded();
}

fn seeded() -> RefCell<Xoshiro256PlusPlus> {
    RefCell::new(Xoshiro256PlusPlus::seed_from_u64(any::number().unwrap_or_default()))
}

/// The generator of the current task: [`rng`](super::rng).
#[derive(Clone, Default)]
pub struct ThreadRng(Source);

#[derive(Clone)]
enum Source {
    Real(rand10::rngs::ThreadRng),
    Task,
}

impl Default for Source {
    fn default() -> Self {
        match any::number() {
            None => Source::Real(rand10::rng()),
            Some(_) => Source::Task,
        }
    }
}

impl ThreadRng {
    pub(super) fn current() -> Self {
        ThreadRng::default()
    }
}

impl TryRng for ThreadRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        match &mut self.0 {
            Source::Real(real) => real.try_next_u32(),
            Source::Task => NUMBERS.with_borrow_mut(TryRng::try_next_u32),
        }
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        match &mut self.0 {
            Source::Real(real) => real.try_next_u64(),
            Source::Task => NUMBERS.with_borrow_mut(TryRng::try_next_u64),
        }
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        match &mut self.0 {
            Source::Real(real) => real.try_fill_bytes(bytes),
            Source::Task => NUMBERS.with_borrow_mut(|numbers| numbers.try_fill_bytes(bytes)),
        }
    }
}

/// As `rand`'s is; in a check nothing is secret.
impl TryCryptoRng for ThreadRng {}

impl fmt::Debug for ThreadRng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadRng").finish_non_exhaustive()
    }
}
