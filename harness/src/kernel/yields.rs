//! What a yield is.
//!
//! A loop that waits for another task yields, and comes round again: what it does after the yield it has done before. Such a
//! yield is no step. The loop goes round once more on its own, and when that has shown nothing new it waits until another
//! task has changed something that it has looked at.
//!
//! A yield whose task does not come round is a mark: somebody has put it between two things that the kernel cannot see. So is
//! one of a loop that looks at nothing the kernel knows. The search learns that the program marks steps, and starts again.
//! From then on
//!
//! * a yield is a step that conflicts with every step of every other task, so all orders of what is marked are explored;
//!   what is not marked commutes as before ([`Class::Pass`]);
//! * the beginning of a task, and its going on after a join or a sleep, are steps, too;
//! * a loop that looks at nothing the kernel knows gives way until another task has taken a step after its last yield. What
//!   comes after its own later steps would not do: those commute with steps of others, so it must not matter who came first.
//!
//! Who says that there is nothing the kernel cannot see ([`Check::unmarked_yields`](crate::Check::unmarked_yields)) has no marks
//! but those of a loop that looks at nothing the kernel knows.

use std::panic::Location;

use super::op::{Access, Accesses, Class, Extra, ObjectId, Op, YIELD};
use super::state::Kernel;
use super::task::Touched;

/// What a yield is.
pub(crate) enum Yield {
    /// A part of the step that runs.
    Nothing,
    /// It waits until another task has changed what the iteration has touched.
    Spins(Op),
    /// A step in front of what the kernel cannot see.
    Marks(Op),
}

impl Kernel {
    /// A `yield_now` or `spin_loop`. `at_once`: the caller is known to spin.
    pub(crate) fn spin(&mut self, location: &'static Location<'static>, at_once: bool) -> Yield {
        let elsewhere = self.elsewhere.filter(|_| self.numbering.facts.marks_steps);
        let spin = &mut self.tasks[self.current].spin;
        let unseen = elsewhere.map(|object| {
            let class = Class::Write;
            Touched::new(Access { object, class }, &spin.marked)
        });
        if spin.backs_off(at_once) {
            return Yield::Nothing;
        }
        let same = spin.this.len() == spin.last.len()
            && spin.this.iter().zip(&spin.last).all(|(a, b)| a.object == b.object)
            && spin.at == Some(location);
        let stutter = !spin.this.is_empty() && !spin.progress && (at_once || same);
        let blind = spin.is_blind(location, at_once);
        spin.go_round(location);
        self.yielding.push(self.current);
        let access = |object, class| Access { object, class };
        let op = |accesses| Op {
            verb: YIELD,
            accesses,
            extra: Extra::Nothing,
            deadline: None,
            location,
        };
        if stutter {
            let looks = spin.last.iter().map(|touched| access(touched.object, Class::Changed));
            // What follows a yield may touch anything.
            let marks = elsewhere
                .filter(|_| !at_once)
                .map(|object| access(object, Class::Rewrite));
            return Yield::Spins(op(looks.chain(marks).collect()));
        }
        if let Some(unseen) = unseen {
            let object = unseen.object;
            if !blind {
                return Yield::Marks(op(Accesses::from_slice(&[access(object, Class::Write)])));
            }
            // It gives way first. That it goes on is nothing that others would wait for, but what follows may touch anything.
            spin.last.push(unseen);
            let accesses = [access(object, Class::Changed), access(object, Class::Rewrite)];
            return Yield::Marks(op(Accesses::from_slice(&accesses)));
        }
        if blind {
            self.marks_a_step();
        } else if self.drain.is_none() && !self.learns {
            spin.expect_to_come_round();
            return Yield::Nothing;
        }
        // The search starts again. Meanwhile others come first, and there is an end to it.
        Yield::Marks(op(Accesses::new()))
    }

    /// What the current task does next is no operation, so it does not come round again.
    pub(crate) fn goes_on(&mut self) {
        if !self.tasks[self.current].spin.goes_on() {
            self.does_not_come_round();
        }
    }

    /// The operation that the current task does next.
    pub(crate) fn operates(&mut self, op: &Op) {
        let Some(first) = op.accesses.first() else { return };
        let of_a_poll = self.elsewhere == Some(first.object) || self.object(first.object).kind == "waker";
        if !self.numbering.facts.spins || first.class == Class::Changed || of_a_poll {
            return;
        }
        if !self.tasks[self.current].spin.comes_round(first.object, op.location) {
            self.does_not_come_round();
        }
    }

    /// The last yield of the current task belongs to no loop.
    fn does_not_come_round(&mut self) {
        if !self.limits.unmarked_yields {
            self.marks_a_step();
        }
    }

    /// The last yield of the current task should have been a step.
    fn marks_a_step(&mut self) {
        if self.nested == 0 {
            self.learn(|facts| &mut facts.marks_steps);
        }
    }

    /// What every step does where steps are marked: it is ordered with those.
    pub(crate) fn passes(&self, accesses: &[Access]) -> Option<Access> {
        let facts = &self.numbering.facts;
        // Where futures of other crates run, what stands between two operations is a step that says so itself.
        let passes = facts.marks_steps && !facts.runs_foreign_futures && !self.is_clock(self.current);
        let object = self.elsewhere.filter(|_| passes)?;
        let class = Class::Pass;
        accesses
            .iter()
            .all(|a| a.object != object)
            .then_some(Access { object, class })
    }

    /// Whether it is the object that stands for all that the kernel does not see.
    pub(crate) fn is_elsewhere(&self, object: ObjectId) -> bool {
        self.elsewhere == Some(object)
    }

    /// Whether it is a yield that waits for any step of another task, because it touches nothing that the kernel knows.
    pub(super) fn is_blind(&self, op: &Op) -> bool {
        let looks = |a: &Access| a.class == Class::Changed && self.elsewhere == Some(a.object);
        self.numbering.facts.marks_steps && op.accesses.first().is_some_and(looks)
    }
}
