//! Section B of the catalog: signalling with Notify.

mod backpressure_retry;
mod batch_flush;
mod connection_pool;
mod graceful_shutdown;
mod span_collector;
mod state_change;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![
        backpressure_retry::scenario(),
        span_collector::scenario(),
        graceful_shutdown::scenario(),
        state_change::scenario(),
        batch_flush::scenario(),
        connection_pool::scenario(),
    ]
}
