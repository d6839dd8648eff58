//! Section G of the catalog: from the field.

mod broadcast_condvar;
mod cancelled_head;
mod cancelled_waiter;
mod epoch_before_swap;
mod erased_bit;
mod flume_disconnect;
mod hyper_checkout;
mod notified_wake;
mod once_cell_early_wake;
mod oneshot_closed;
mod own_store;
mod pinned_reader;
mod shared_connection;
mod shared_future;
mod stale_waker;
mod timer_slips;
mod weak_upgrade;
mod worker_dies;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![
        hyper_checkout::scenario(),
        broadcast_condvar::scenario(),
        once_cell_early_wake::scenario(),
        erased_bit::scenario(),
        flume_disconnect::scenario(),
        weak_upgrade::scenario(),
        oneshot_closed::scenario(),
        own_store::scenario(),
        worker_dies::scenario(),
        pinned_reader::scenario(),
        epoch_before_swap::scenario(),
        timer_slips::scenario(),
        notified_wake::scenario(),
        stale_waker::scenario(),
        cancelled_waiter::scenario(),
        cancelled_head::scenario(),
        shared_future::scenario(),
        shared_connection::scenario(),
    ]
}
