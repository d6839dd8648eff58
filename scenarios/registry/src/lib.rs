//! Section E of the catalog: job registry.

mod check_then_act;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![check_then_act::scenario()]
}
