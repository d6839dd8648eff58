//! Rounds of timers or of spinning, compared so that a livelock can be told.

use super::op::TaskId;

/// Consecutive rounds in which only timers or spinning made anything run.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    pub(super) number: u32,
    pub(super) identical: u32,
    last: Round,
    this: Round,
}

/// What each task has done. In which order tasks came that do not meet is no part of it: equivalent executions have
/// the same rounds.
#[derive(Debug, Default, PartialEq)]
struct Round {
    /// The first round is not watched, so it is like none of the others.
    watched: bool,
    /// A hash for each task; 0 for one that has done nothing.
    tasks: Vec<u64>,
}

impl Rounds {
    pub(super) fn note(&mut self, task: TaskId, value: u64) {
        let (at, tasks) = (task.0 as usize, &mut self.this.tasks);
        if tasks.len() <= at {
            tasks.resize(at + 1, 0);
        }
        let before = match tasks[at] {
            0 => 0xcbf2_9ce4_8422_2325,
            hash => hash,
        };
        tasks[at] = (before ^ value).wrapping_mul(0x0000_0100_0000_01b3);
    }

    /// Closes a round and says how many equal ones have passed in a row.
    pub(super) fn close(&mut self) -> u32 {
        if self.this == self.last {
            self.identical += 1;
        } else {
            self.identical = 0;
        }
        self.number += 1;
        std::mem::swap(&mut self.last, &mut self.this);
        self.this.watched = true;
        self.this.tasks.clear();
        self.identical
    }
}
