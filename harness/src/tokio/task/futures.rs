//! Futures that have a name.

pub use super::local::TaskLocalFuture;
