//! Section D of the catalog: write-behind store.

mod background_writer_gap;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![background_writer_gap::scenario()]
}
