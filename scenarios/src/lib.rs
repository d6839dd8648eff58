//! The catalog: race patterns with their broken and repaired variants, the lessons about them, and the
//! command line that runs them.

mod background_writer_gap;
mod backpressure_retry;
pub mod catalog;
mod check_then_act;
pub mod cli;
mod lost_increment;
mod lost_wakeup;

use catalog::Scenario;

/// Every scenario, in the order of the catalog.
pub fn catalog() -> Vec<Scenario> {
    vec![
        // A: waiting for completion
        lost_wakeup::scenario(),
        // B: signalling with Notify
        backpressure_retry::scenario(),
        // D: write-behind store
        background_writer_gap::scenario(),
        // E: job registry
        check_then_act::scenario(),
        // F: classics
        lost_increment::scenario(),
    ]
}
