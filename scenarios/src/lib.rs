//! The catalog: race patterns with their broken and repaired variants, the lessons about them, and the
//! command line that runs them.
//!
//! Each section is a crate of its own, so that a change in one scenario compiles one section.

pub mod cli;

pub use selvedge_catalog as catalog;

use catalog::Scenario;

/// Every scenario, in the order of the catalog.
pub fn catalog() -> Vec<Scenario> {
    [
        selvedge_completion::scenarios(), // A
        selvedge_signalling::scenarios(), // B
        selvedge_queues::scenarios(),     // C
        selvedge_store::scenarios(),      // D
        selvedge_registry::scenarios(),   // E
        selvedge_classics::scenarios(),   // F
        selvedge_field::scenarios(),      // G
    ]
    .concat()
}
