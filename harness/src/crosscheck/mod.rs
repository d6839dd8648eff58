//! Random programs, explored with the reduction and without it.

mod tasks;
mod threads;
