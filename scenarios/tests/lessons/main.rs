//! The sections whose lessons are long: a module of tests for each scenario, or for each section. One program, because each
//! one holds the whole catalog.

mod background_writer_gap;
mod backpressure_retry;
mod check_then_act;
#[path = "../lesson/mod.rs"]
mod lesson;
mod lost_wakeup;
mod signalling;
