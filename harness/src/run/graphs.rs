//! The exhaustive search under Rust's memory model: all execution graphs, where an ordering is weaker than `SeqCst`; all
//! interleavings, where none is.

use std::cell::RefCell;
use std::rc::Rc;

use super::error::Error;
use super::search::Search;
use super::share::MOST_CUT;
use super::strategy::Strategy as Requested;
use super::tally::Tally;
use crate::engine::controlled::SharedStrategy;
use crate::explore::graph::Graphs;
use crate::kernel::MemoryModel;

/// Executions after which it is asked whether an ordering is weaker than `SeqCst`.
const FIRST: u64 = 16;

impl Search {
    /// [`Requested::Exhaustive`] under Rust's memory model.
    pub(super) fn exhaustive_weak(&mut self, budget: Option<u64>) {
        let mut weak = self.goes_weak();
        if !weak && self.goes_on() {
            self.go_on_to(budget.unwrap_or(u64::MAX));
            weak = self.is_weaker();
        }
        if weak && let Err(why) = self.graphs(budget) {
            let message = format!(
                "Strategy::Exhaustive cannot follow this program under MemoryModel::Rust: {why}; there are Strategy::Dfs, \
                 for small programs, and the randomized strategies"
            );
            self.error = Some(Error::Unsupported { message });
        }
    }

    /// Explores some sequentially consistent interleavings. True if an ordering turns out to be weaker, and nothing has been
    /// found yet: then all counts begin anew.
    pub(super) fn goes_weak(&mut self) -> bool {
        self.under(MemoryModel::SequentiallyConsistent);
        self.go_on_to(FIRST);
        self.is_weaker()
    }

    fn is_weaker(&mut self) -> bool {
        let is_over = self.found.is_some() || self.tally.failure.is_some() || self.tally.counts.interrupted;
        let weaker = self.common.numbering.orders_weakly && !is_over && self.error.is_none();
        if weaker {
            self.under(MemoryModel::Rust);
            self.tally = Tally::default();
        }
        weaker
    }

    /// All execution graphs, in at most so many executions.
    ///
    /// # Errors
    /// What the search cannot follow.
    pub(super) fn graphs(&mut self, executions: Option<u64>) -> Result<(), &'static str> {
        // Releases are steps: what comes between one and the step before may see other stores.
        let mut common = self.common.clone();
        common.numbering.facts.tests_locks = true;
        let graphs = Rc::new(RefCell::new(Graphs::new()));
        let strategy: SharedStrategy = graphs.clone();
        let ended = common.explore_with(&strategy, &[], executions, false, true, &|| false);
        if let Some(why) = graphs.borrow().unsupported() {
            return Err(why);
        }
        self.common.numbering = ended.numbering.clone();
        let explored = ended.counts.complete && ended.counts.cut < MOST_CUT;
        self.take(ended, 0);
        self.conclude(Requested::Exhaustive, explored, 0);
        let graphs = self.tally.counts.executions - self.tally.counts.blocked;
        let plural = if graphs == 1 { "" } else { "s" };
        self.tally.basis = match self.tally.counts.complete {
            true => format!("all {graphs} execution graph{plural}"),
            false => format!("the first {graphs} execution graph{plural}: the search is not complete"),
        };
        Ok(())
    }
}
