//! One generator over the public API, with oracles of several kinds.
//!
//! * Plain enumeration: outcomes, ends and traces are those of the reduced search, however that is divided, stopped and
//!   resumed; what samplers find is among them; every failure replays.
//! * Real threads, with the types of this crate and with those of std and tokio: what they show is among the outcomes.
//!
//! `program` is what a program looks like, `generate` where it comes from, `interpreter` what it does: one text, compiled
//! against this crate and against std and tokio.

mod found;
mod generate;
mod judge;
mod ours;
mod program;
mod refine;
mod soak;
mod theirs;
