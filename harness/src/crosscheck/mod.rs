//! Random programs, explored with the reduction and without it.

mod chosen;
mod divided;
mod long;
mod memory;
mod mixed;
mod sharing;
mod tasks;
mod threads;
mod upgradable;
mod wide;
mod yields;
