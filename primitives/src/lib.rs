//! Concurrency primitives, broken and repaired, written once for production and for the checker.
//!
//! Each primitive imports its locks and atomics from this crate's own `sync` module, and that module is
//! the only place that knows where they come from:
//!
//! | feature `selvedge` | `sync` re-exports | for |
//! |---|---|---|
//! | on (default) | the facade of `selvedge` | exhaustive search, loom, the catalog |
//! | off | `std::sync` | production: nothing of the checker is compiled in, no branch, no field |
//!
//! `cargo tree -p selvedge-primitives --no-default-features` has one line, and
//! `cargo test -p selvedge-primitives --no-default-features` runs the same unit tests on `std`.

pub mod notify;
pub mod ring;
mod sync;
