//! The engines: each carries out the operations of the facade in its own way, and runs a program.
//!
//! `controlled` is every interleaving on one OS thread, `loom` the C11 effects, `native` real threads.

#[macro_use]
pub(crate) mod any;
pub(crate) mod controlled;
pub(crate) mod copy;
pub(crate) mod current;
pub(crate) mod image;
mod ledger;
#[cfg(feature = "loom")]
pub(crate) mod loom;
pub(crate) mod native;
mod once_state;
pub(crate) mod overflow;
pub(crate) mod panics;
mod queue;
