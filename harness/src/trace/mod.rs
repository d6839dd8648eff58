//! What happened in one interleaving: events as rows, and the timeline a person reads.
//!
//! A [`Trace`] is made only while a schedule is replayed to be told to somebody. The search itself
//! records no names, values or locations.

mod recorder;
mod rows;
mod timeline;

pub(crate) use recorder::Recorder;
pub(crate) use rows::relative;
pub use rows::{Row, RowKind, Trace};
