//! Renderers: what a run found, as a table, JSON or JUnit, and a trace as Markdown, HTML or SVG.
//!
//! Everything here is a function from data to text. The plain text timeline is the harness's own, because
//! a failing `cargo test` must show it without this crate.

mod document;
mod grid;
mod html;
mod junit;
mod markdown;
mod merge;
mod svg;
mod table;

pub use document::{Document, Found, Row, Shard, VERSION};
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use merge::merge;
pub use svg::svg;
pub use table::table;
