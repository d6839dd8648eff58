//! The real tokio types.
