//! Concurrency primitives, broken and repaired, written once for production and for the checker.
//!
//! Each primitive imports its locks and atomics from this crate's own `sync` module, and that module is
//! the only place that knows where they come from:
//!
//! | feature `selvedge` | `sync` re-exports | for |
//! |---|---|---|
//! | off (default) | `std::sync`, `parking_lot`, `crossbeam_queue` | production: nothing of the checker is compiled in, no branch, no field |
//! | on | the facade of `selvedge` | exhaustive search, loom, the catalog |
//!
//! `cargo tree -p selvedge-primitives -e normal` does not know `selvedge`, `cargo test -p selvedge-primitives` runs the unit
//! tests on std, and so does `cargo bench -p selvedge-primitives`. In the workspace the catalog turns the feature on.
//!
//! Small programs use them: `examples/echo` is a server on compio and on tokio, which `cargo test` runs as well, and
//! `examples/crawler.rs` is a crawler on tokio.

pub mod notify;
pub mod ring;
pub mod semaphore;
mod sync;
pub mod waiter_queue;
