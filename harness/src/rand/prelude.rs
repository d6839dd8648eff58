//! As `rand::prelude`.

pub use rand10::prelude::*;

pub use crate::rand::rngs::ThreadRng;
