//! Which task comes first: by whom it was spawned, and as the how-manieth.
//!
//! The numbers of tasks depend on which of them the search meets first, so they are not the same in parts of a search that
//! are explored apart. Whose child a task is depends on the execution graph alone.

use std::collections::BTreeMap;

use crate::kernel::TaskId;

#[derive(Debug, Default)]
pub(super) struct Lineage {
    /// The place of each task among its siblings, after those of its ancestors, and its children so far. The main task may be
    /// missing.
    tasks: BTreeMap<TaskId, (Vec<u32>, u32)>,
}

impl Lineage {
    pub(super) fn clear(&mut self) {
        self.tasks.clear();
    }

    pub(super) fn spawn(&mut self, parent: TaskId, child: TaskId) {
        let (path, children) = self.tasks.entry(parent).or_default();
        let mut path = path.clone();
        path.push(*children);
        *children += 1;
        self.tasks.insert(child, (path, 0));
    }

    /// The older generation first, and in it the older family.
    pub(super) fn rank(&self, task: TaskId) -> (usize, &[u32]) {
        let path = self.tasks.get(&task).map_or(&[][..], |(path, _)| path);
        (path.len(), path)
    }
}
