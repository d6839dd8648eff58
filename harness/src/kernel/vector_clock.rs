//! Vector clocks: what somebody knows of what each task has done.

use std::sync::atomic::Ordering;

use smallvec::SmallVec;

/// The clocks of a few tasks need no memory of their own: there are several for each event of an execution graph.
pub(crate) type Clock = SmallVec<[u32; 8]>;

/// Whether who knows this knows what a task did at this time.
pub(crate) fn includes(clock: &Clock, task: usize, time: u32) -> bool {
    clock.get(task).is_some_and(|known| *known >= time)
}

pub(super) fn acquires(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Acquire | Ordering::AcqRel | Ordering::SeqCst)
}

pub(super) fn releases(ordering: Ordering) -> bool {
    matches!(ordering, Ordering::Release | Ordering::AcqRel | Ordering::SeqCst)
}

pub(crate) fn join(into: &mut Clock, other: &Clock) {
    if into.len() < other.len() {
        into.resize(other.len(), 0);
    }
    for (a, b) in into.iter_mut().zip(other) {
        *a = (*a).max(*b);
    }
}
