//! loom, see [`pass`](pass::pass).

mod label;
mod pass;
mod session;
mod threads;
mod words;

pub(crate) use label::Label;
pub(crate) use pass::*;
pub(crate) use session::*;
pub(crate) use threads::*;
