//! Random programs, explored with the reduction and without it.

mod chosen;
mod mixed;
mod tasks;
mod threads;
