//! `std::collections` for programs that are checked: maps and sets by hash with the same order every time.
//!
//! std's [`HashMap`](std::collections::HashMap) draws a seed, so a loop over one takes another order in every execution, and a schedule
//! cannot be run again. Here the hasher has no seed, and that is all that differs: everything else is std's, by [`Deref`]. The order is
//! one of those that std's may have; which one says nothing about the others.
//!
//! [`Deref`]: std::ops::Deref

mod map;
mod set;
mod state;

pub use std::collections::{
    BTreeMap, BTreeSet, BinaryHeap, LinkedList, VecDeque, binary_heap, btree_map, btree_set, linked_list, vec_deque,
};

pub use map::HashMap;
pub use set::HashSet;
pub use state::RandomState;
