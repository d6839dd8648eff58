//! Section C of the catalog: waiter queues.

mod waiter_queue;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![waiter_queue::scenario(), waiter_queue::semaphore::scenario()]
}
