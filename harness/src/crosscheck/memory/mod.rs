//! Rust's memory model: litmus programs whose execution graphs others have counted, and random ones, of which an
//! enumeration of all graphs by the axioms says what they may do.

mod enumerate;
mod graphs;
mod litmus;
mod program;
mod random;
