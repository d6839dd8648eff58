//! What a search learns about a program while it runs it.
//!
//! Some operations can be seen by nobody, unless the program does something particular elsewhere: that a task exits is a step
//! only where somebody asks whether it is finished. To have all of them as steps from the start would cost one to two orders
//! of magnitude, so they become steps when a search meets what makes them visible, a [fact](super::Facts).
//!
//! No execution has a seam. One that teaches a fact has the new steps from there on and runs to its end, under the same
//! strategy; it counts for nothing, and the search begins again. So all executions that count have the same facts from their
//! first step on. A schedule says which these were: its steps are those of the program, whoever follows it.

use super::numbering::Facts;
use super::state::Kernel;

impl Kernel {
    /// Learns a fact. False if it was not known: then this execution counts for nothing.
    pub(crate) fn learn(&mut self, fact: impl FnOnce(&mut Facts) -> &mut bool) -> bool {
        // One that has ended has no more steps, and of one that counts for nothing one fact is enough: what else it seems to
        // do may come from having met that too late.
        if self.ending.is_some() || self.learns {
            return *fact(&mut self.numbering.facts);
        }
        let known = std::mem::replace(fact(&mut self.numbering.facts), true);
        self.learns |= !known;
        known
    }
}
