//! As the crate `rand`, version 0.8, with numbers that a replay draws again.
//!
//! A number is four branches of the program, so the schedule has it: [`selvedge::choose`].

pub use rand::{Rng, RngCore};

/// Random number generators.
pub mod rngs {
    use rand::{CryptoRng, Error, RngCore};

    use crate::execution;

    /// The generator of [`thread_rng`](super::thread_rng), which all tasks share.
    #[derive(Clone, Debug, Default)]
    pub struct ThreadRng {
        pub(super) _private: (),
    }

    impl RngCore for ThreadRng {
        fn next_u32(&mut self) -> u32 {
            self.next_u64() as u32
        }

        fn next_u64(&mut self) -> u64 {
            execution::next_u64()
        }

        fn fill_bytes(&mut self, bytes: &mut [u8]) {
            for part in bytes.chunks_mut(8) {
                part.copy_from_slice(&self.next_u64().to_le_bytes()[..part.len()]);
            }
        }

        fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
            self.fill_bytes(bytes);
            Ok(())
        }
    }

    impl CryptoRng for ThreadRng {}
}

/// The generator.
pub fn thread_rng() -> rngs::ThreadRng {
    rngs::ThreadRng { _private: () }
}
