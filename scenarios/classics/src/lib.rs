//! Section F of the catalog: classics.

mod aba_stack;
mod barrier_reuse;
mod condvar_if;
mod dining_philosophers;
mod double_checked;
mod lock_across_await;
mod lock_order;
mod lost_increment;
mod message_passing;
mod once_init;
mod refcount;
mod rwlock_upgrade;
mod select_drops;
mod seqlock;
mod store_buffering;

use selvedge_catalog::Scenario;

/// The scenarios of the section, in the order of the catalog.
pub fn scenarios() -> Vec<Scenario> {
    vec![
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
    ]
}
