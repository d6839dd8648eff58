//! The catalog: race patterns with their broken and repaired variants, the lessons about them, and the
//! command line that runs them.

mod aba_stack;
mod background_writer_gap;
mod backpressure_retry;
mod barrier_reuse;
mod batch_flush;
mod broadcast_condvar;
mod cancelled_head;
mod cancelled_waiter;
pub mod catalog;
mod check_then_act;
pub mod cli;
mod condvar_if;
mod connection_pool;
mod dining_philosophers;
mod double_checked;
mod epoch_before_swap;
mod erased_bit;
mod execution_log;
mod flume_disconnect;
mod graceful_shutdown;
mod hyper_checkout;
mod line;
mod lock_across_await;
mod lock_order;
mod lost_increment;
mod lost_wakeup;
mod message_passing;
mod notified_wake;
mod once_cell_early_wake;
mod once_init;
mod oneshot_closed;
mod pinned_reader;
mod refcount;
mod rwlock_upgrade;
mod select_drops;
mod seqlock;
mod span_collector;
mod stale_waker;
mod state_change;
mod store_buffering;
mod tasks;
mod timer_slips;
mod waiter_queue;
mod weak_upgrade;
mod worker_dies;

use catalog::Scenario;

/// Every scenario, in the order of the catalog.
pub fn catalog() -> Vec<Scenario> {
    vec![
        // A: waiting for completion
        lost_wakeup::scenario(),
        execution_log::scenario(),
        // B: signalling with Notify
        backpressure_retry::scenario(),
        span_collector::scenario(),
        graceful_shutdown::scenario(),
        state_change::scenario(),
        batch_flush::scenario(),
        connection_pool::scenario(),
        // C: waiter queues
        waiter_queue::scenario(),
        waiter_queue::semaphore::scenario(),
        // D: write-behind store
        background_writer_gap::scenario(),
        // E: job registry
        check_then_act::scenario(),
        // F: classics
        lost_increment::scenario(),
        lock_order::scenario(),
        dining_philosophers::scenario(),
        condvar_if::scenario(),
        double_checked::scenario(),
        store_buffering::scenario(),
        message_passing::scenario(),
        seqlock::scenario(),
        aba_stack::scenario(),
        refcount::scenario(),
        rwlock_upgrade::scenario(),
        barrier_reuse::scenario(),
        once_init::scenario(),
        lock_across_await::scenario(),
        select_drops::scenario(),
        // G: from the field
        hyper_checkout::scenario(),
        broadcast_condvar::scenario(),
        once_cell_early_wake::scenario(),
        erased_bit::scenario(),
        flume_disconnect::scenario(),
        weak_upgrade::scenario(),
        oneshot_closed::scenario(),
        worker_dies::scenario(),
        pinned_reader::scenario(),
        epoch_before_swap::scenario(),
        timer_slips::scenario(),
        notified_wake::scenario(),
        stale_waker::scenario(),
        cancelled_waiter::scenario(),
        cancelled_head::scenario(),
    ]
}
