//! Random programs, explored with the reduction and without it.

mod chosen;
mod tasks;
mod threads;
