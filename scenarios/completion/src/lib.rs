//! Section A of the catalog: waiting for completion.

mod execution_log;
mod lost_wakeup;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![lost_wakeup::scenario(), execution_log::scenario()]
}
