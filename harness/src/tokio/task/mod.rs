//! `tokio::task`: the tasks of [`crate::future`], by tokio's names.
//!
//! Under the controlled engine a task is interrupted at each of its operations, as on a runtime of several threads, and has
//! no budget: what tokio does to make a task give way makes no difference to what can happen.

pub mod futures;
mod join_set;
mod local;
mod local_set;

pub use crate::future::{
    AbortHandle, Id, JoinError, JoinHandle, block_in_place, id, spawn, spawn_blocking, try_id, yield_now,
};
pub use tokio::task::{Unconstrained, consume_budget, coop, unconstrained};

pub use join_set::JoinSet;
#[doc(inline)]
pub use local::task_local;
pub use local::{AccessError, LocalKey};
pub use local_set::{LocalEnterGuard, LocalSet, spawn_local};
