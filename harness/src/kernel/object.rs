//! One object of an execution.

use std::panic::Location;

use super::op::Gate;

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    pub(crate) location: &'static Location<'static>,
    pub(crate) name: Option<String>,
    pub(crate) gate: Gate,
    pub(crate) holders: smallvec::SmallVec<[usize; 2]>,
    pub(crate) creator: usize,
    /// What an `Arc` holds has had more than one owner.
    pub(crate) shared: bool,
}
