//! How a task passes the gate of a lock: it waits, tries, or waits for a time.

use super::clock;
use super::context::{name_of, with_kernel};
use super::perform::perform;
use super::step::Step;
use crate::kernel::{Class, ObjectId, Op};
use crate::raw::Patience;

/// Whether the gate of an object would let somebody in now.
pub(super) fn admits(id: ObjectId, class: Class) -> bool {
    with_kernel(|k| k.object(id).gate.admits(class))
}

/// How a gate is passed.
pub(super) struct Passing {
    pub(super) gate: ObjectId,
    /// The verbs of who waits and of who tries, and what traces say.
    pub(super) verbs: [&'static str; 2],
    pub(super) told: &'static str,
    /// The classes of who waits and of who tries, with success or without.
    pub(super) waits: Class,
    pub(super) tries: Class,
    pub(super) fails: Class,
}

impl Passing {
    /// False if it could not be passed in that time. `of` is the object that traces name.
    #[track_caller]
    pub(super) fn take(&self, of: ObjectId, patience: Patience<u64>) -> bool {
        let Passing {
            gate,
            verbs: [verb, tries],
            told,
            waits,
            fails,
            ..
        } = *self;
        let looks = |step: &mut Step, late: &str| {
            let free = admits(gate, waits);
            if !free {
                step.refine(0, fails);
            }
            step.tell(|| format!("{tries} {} ➜ {}", name_of(of), if free { "locked" } else { late }));
            free
        };
        match patience {
            Patience::Waits => perform(Op::new(verb, gate, waits), |step| {
                step.tell(|| format!("{told} {}", name_of(of)));
                true
            }),
            Patience::Tries => perform(Op::new(tries, gate, self.tries), |step| looks(step, "busy")),
            // It looks as one that tries, if its time is over.
            Patience::Until(deadline) => {
                let deadline = clock::arm(tries, |_| deadline);
                let op = Op::new(tries, gate, waits).and(gate, fails);
                perform(op.until(Some(deadline)), |step| looks(step, "timed out"))
            }
        }
    }
}
