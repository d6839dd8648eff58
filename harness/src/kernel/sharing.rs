//! Whether anybody can tell that a writer waits for a lock that is shared.
//!
//! While it waits, nobody who comes later may share the lock. Who comes first and who later is explored anyway, so nothing is
//! new about a reader that has to wait, unless somebody who shares the lock already waits for that reader, be it himself; or
//! unless the reader does not wait, and sees that it could not have the lock. Who may upgrade a lock, or asks whether a writer has it, is
//! such a reader here: a writer that waits for readers keeps it waiting, too, or is seen by it.

use super::op::{Class, ObjectId, Op};
use super::state::Kernel;

impl Kernel {
    /// The current task is about to share a lock. `tries`: it goes on without it if it has to.
    pub(crate) fn will_share(&mut self, lock: ObjectId, tries: bool) {
        let me = self.current;
        let again = self.tasks[me].shares.contains(&lock);
        let sharing = &mut self.object_mut(lock).sharing;
        if !sharing.readers.contains(&me) {
            sharing.readers.push(me);
        }
        sharing.again |= again;
        sharing.tried |= tries;
        self.learn_whether_writers_queue(lock);
    }

    /// The current task is about to write to what a lock guards. True if it has to say so before it waits.
    pub(crate) fn will_write(&mut self, lock: ObjectId) -> bool {
        self.object_mut(lock).sharing.written = true;
        self.learn_whether_writers_queue(lock);
        self.numbering.facts.writers_queue && self.ending.is_none()
    }

    /// The current task is about to do this, for which it may have to wait.
    pub(crate) fn will_wait_for(&mut self, op: &Op) {
        if op.accesses.iter().any(|a| a.class.blocks()) {
            self.will_wait();
        }
    }

    /// The current task is about to wait.
    pub(crate) fn will_wait(&mut self) {
        for lock in self.tasks[self.current].shares.clone() {
            self.object_mut(lock).sharing.waits = true;
            self.learn_whether_writers_queue(lock);
        }
    }

    fn learn_whether_writers_queue(&mut self, lock: ObjectId) {
        if self.object(lock).sharing.shows_writers() {
            self.learn(|facts| &mut facts.writers_queue);
        }
    }

    /// The writer that keeps a reader waiting although the lock is shared.
    pub(super) fn queued_writer(&self, op: &Op) -> Option<usize> {
        let lock = op.accesses.first().filter(|a| a.class == Class::ShareAcquire)?.object;
        let waits = |op: &Op| matches!(op.accesses.first(), Some(a) if a.class == Class::Acquire && a.object == lock);
        let is_shared = self.object(lock).gate.is_shared();
        let writer = self.tasks.iter().position(|task| task.announced().is_some_and(waits));
        writer.filter(|_| is_shared)
    }
}
