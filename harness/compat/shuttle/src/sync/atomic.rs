//! As `std::sync::atomic`. All orderings are taken for `SeqCst`, as in shuttle: a test of what weaker ones allow is one of
//! [`selvedge::Check`], or of loom.

pub use selvedge::sync::atomic::*;
