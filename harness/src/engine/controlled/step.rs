//! What an effect can tell the kernel about the operation it carries out.

use super::context::show_value;
use crate::kernel::{Access, Accesses, Class, ObjectId, Op, Sync};

/// What an effect can tell the kernel about the operation it carries out.
pub(crate) struct Step {
    pub(super) accesses: Accesses,
    pub(super) too_early: Accesses,
    pub(super) sync: Sync,
    pub(super) value: u64,
    /// The kernel compares rounds of timers or of spinning, so values count.
    pub(super) digests: bool,
    pub(super) text: Option<String>,
    /// A trace is being recorded: only then are texts worth making.
    pub(crate) tracing: bool,
    /// The operation runs because its deadline has passed.
    pub(crate) timed_out: bool,
    /// The execution is over and nobody is left to make this operation possible. The effect gives
    /// whatever lets a destructor go on.
    pub(crate) forced: bool,
}

impl Step {
    /// The step of an operation that has not begun.
    pub(super) fn of(op: &Op) -> Self {
        Step {
            accesses: Accesses::from_slice(&op.accesses),
            too_early: Accesses::new(),
            sync: Sync::ByClass,
            value: 0,
            digests: false,
            text: None,
            tracing: false,
            timed_out: false,
            forced: false,
        }
    }

    /// Says what the `nth` announced access turned out to be.
    pub(crate) fn refine(&mut self, nth: usize, class: Class) {
        self.accesses[nth].class = class;
    }

    /// Takes back the `nth` announced access: it did not happen.
    pub(crate) fn forget(&mut self, nth: usize) {
        self.accesses.remove(nth);
    }

    /// Takes back the `nth` announced access: it did not happen, because others have yet to come first. So it would not
    /// have happened if the step had come earlier, either.
    pub(crate) fn is_too_early_for(&mut self, nth: usize) {
        let access = self.accesses.remove(nth);
        self.too_early.push(access);
    }

    /// Adds an access that was not announced.
    pub(crate) fn add(&mut self, object: ObjectId, class: Class) {
        self.accesses.push(Access { object, class });
    }

    /// How the operation synchronizes; without it, as its classes say.
    pub(crate) fn sync(&mut self, sync: Sync) {
        self.sync = sync;
    }

    /// A digest of the value read or written: equal rounds of a loop are told by it.
    pub(crate) fn value(&mut self, value: impl FnOnce() -> u64) {
        if self.digests {
            self.value = value();
        }
    }

    /// The row of the trace: `status ➜ Pending`. Without it, the verb and the object's name.
    pub(crate) fn tell(&mut self, text: impl FnOnce() -> String) {
        if self.tracing {
            self.text = Some(text());
        }
    }

    /// The value of a named object after this step.
    pub(crate) fn show(&mut self, object: ObjectId, value: impl FnOnce() -> String) {
        if self.tracing {
            show_value(object, value());
        }
    }
}
