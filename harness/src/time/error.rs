//! Errors, where tokio has them.

pub use super::timeout::Elapsed;
