//! What happened in one interleaving: events as rows, and the timeline a person reads.
//!
//! A [`Trace`] is made only while a schedule is replayed to be told to somebody. The search itself
//! records no names, values or locations.

mod addresses;
mod folding;
mod parts;
mod recorder;
mod rows;
mod standing;
mod table;
mod timeline;
mod unnamed;
mod visible;
mod words;
mod wrap;

pub(crate) use addresses::without_addresses;
pub use folding::Line;
pub(crate) use parts::plain;
pub use parts::{Paint, Part};
pub(crate) use recorder::Recorder;
#[cfg(feature = "tracing")]
pub(crate) use rows::place;
pub use rows::{Row, RowKind, Trace};
pub(crate) use rows::{is_own, panic_row, relative};
pub use standing::{ObjectStanding, Standing, TaskStanding};
pub(crate) use table::cut;
pub(crate) use visible::Visible;
pub(crate) use words::name;
pub(crate) use wrap::wrapped;
