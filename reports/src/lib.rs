//! Renderers: what a run found, as lines for a terminal, JSON or JUnit; a trace as text, Markdown, HTML or SVG; a
//! lesson for a terminal; and the catalog as a book.
//!
//! Everything here is a function from data to text. The plain text timeline is the harness's own, because
//! a failing `cargo test` must show it without this crate.

pub mod book;
mod document;
mod grid;
mod junit;
mod lesson;
mod listing;
mod markdown;
mod merge;
pub mod page;
pub mod paint;
mod svg;
mod timeline;

pub use document::{Document, Found, Row, Shard, VERSION};
pub use junit::junit;
pub use lesson::{columns, lesson};
pub use listing::{Detail, Listing, Planned};
pub use markdown::markdown;
pub use merge::merge;
pub use page::html;
pub use svg::svg;
pub use timeline::{painted_timeline, painted_trace, timeline, words};
