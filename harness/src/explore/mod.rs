//! How schedules are chosen: one file a strategy.
//!
//! A strategy sees the tables of the kernel, never an engine. `exhaustive` with `races`, `wakeup_tree` and
//! `trace_order` is the search with partial-order reduction; `dfs` is the one without, against which it is checked;
//! `linear` are the orders of one trace; `graph` is the one under Rust's memory model; `random` and its kind are in `stock`,
//! `uniform`, `pos`, `pct` and `portfolio`; `replay` follows a file (`recorded`), `follow` an execution that has just been seen;
//! `oracle` lets somebody else choose. `states` finds the states of a program, which `configuration` tells from each other, and
//! `walk` goes a way through them.

mod configuration;
pub(crate) mod dfs;
pub(crate) mod events;
pub(crate) mod exhaustive;
pub(crate) mod follow;
pub(crate) mod graph;
pub(crate) mod imposed;
pub(crate) mod linear;
pub(crate) mod near;
pub mod oracle;
pub(crate) mod pct;
pub(crate) mod portfolio;
pub(crate) mod pos;
mod races;
#[cfg(test)]
pub(crate) use races::WORK;
mod recorded;
pub(crate) mod replay;
pub(crate) mod states;
pub(crate) mod stock;
pub(crate) mod trace_order;
pub(crate) mod transfer;
pub(crate) mod uniform;
mod wakeup_tree;
pub(crate) mod walk;

pub use recorded::ScheduleStep;
pub(crate) use recorded::steps_of;
