//! One object of an execution.

use std::panic::Location;

use smallvec::SmallVec;

use super::op::Gate;

#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) kind: &'static str,
    pub(crate) location: &'static Location<'static>,
    pub(crate) name: Option<String>,
    pub(crate) gate: Gate,
    pub(crate) holders: SmallVec<[usize; 2]>,
    pub(crate) creator: usize,
    /// What an `Arc` holds has had more than one owner.
    pub(crate) shared: bool,
    /// The owners of what an `Arc` holds, as far as they are known.
    pub(crate) owners: u32,
    /// Where it lies, if it is what an `Arc` holds.
    pub(crate) memory: Option<usize>,
    pub(super) sharing: Sharing,
    /// Which one it is of those that were registered in this execution.
    pub(super) nth: usize,
}

/// What tasks do with a lock that can be shared, to find out whether anybody can tell that a writer waits for it. In
/// equivalent executions they do the same.
#[derive(Debug, Default)]
pub(super) struct Sharing {
    /// The tasks that share it, or would.
    pub(super) readers: SmallVec<[usize; 2]>,
    /// One of them does so while it shares it already.
    pub(super) again: bool,
    /// One of them goes on without it if it has to.
    pub(super) tried: bool,
    /// One of them waits for something else meanwhile.
    pub(super) waits: bool,
    pub(super) written: bool,
}

impl Sharing {
    pub(super) fn shows_writers(&self) -> bool {
        self.written && (self.again || self.readers.len() > 1 && (self.tried || self.waits))
    }
}
