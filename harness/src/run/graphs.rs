//! The exhaustive search under Rust's memory model: all execution graphs, where an ordering is weaker than `SeqCst`; all
//! interleavings, where none is.

use std::cell::RefCell;
use std::rc::Rc;

use super::error::Error;
use super::search::{AUTO_EXHAUSTIVE, Search};
use super::share::MOST_CUT;
use super::strategy::Strategy as Requested;
use super::tally::Tally;
use crate::engine::controlled::SharedStrategy;
use crate::explore::graph::Graphs;
use crate::kernel::MemoryModel;

/// Executions after which it is asked whether an ordering is weaker than `SeqCst`.
const FIRST: u64 = 16;

/// Executions that [`Requested::Auto`] takes as a sample where it cannot explore all.
const SAMPLE: u64 = 2_000;

impl Search {
    /// [`Requested::Exhaustive`] under Rust's memory model.
    pub(super) fn exhaustive_weak(&mut self, budget: Option<u64>) {
        self.under(MemoryModel::SequentiallyConsistent);
        self.go_on_to(budget.map_or(FIRST, |budget| budget.min(FIRST)));
        if !self.orders_weakly() && !self.is_over() && !self.tally.counts.complete {
            self.go_on_to(budget.unwrap_or(u64::MAX));
        }
        if self.orders_weakly()
            && !self.is_over()
            && let Err(why) = self.graphs(budget)
        {
            // A sequentially consistent interleaving that fails is an execution under Rust's memory model, too.
            self.under(MemoryModel::SequentiallyConsistent);
            self.go_on_to(budget.unwrap_or(AUTO_EXHAUSTIVE));
            if self.is_over() || self.found.is_some() {
                return;
            }
            let message = format!(
                "Strategy::Exhaustive cannot follow this program under MemoryModel::Rust: {why}; there are Strategy::Dfs, \
                 for small programs, the randomized strategies, and MemoryModel::SequentiallyConsistent"
            );
            self.error = Some(Error::Unsupported { message });
        }
    }

    /// [`Requested::Auto`] under Rust's memory model: all execution graphs, and a sample if these are too many. If the search
    /// cannot follow the program, the sequentially consistent interleavings, which are among them, and a sample.
    pub(super) fn auto_weak(&mut self, budget: Option<u64>) {
        self.under(MemoryModel::SequentiallyConsistent);
        self.until_weak = true;
        self.auto(budget);
        self.until_weak = false;
        if !self.orders_weakly() || self.is_over() {
            return;
        }
        let sample = budget.map_or(SAMPLE, |budget| budget / 10);
        let most = budget.map_or(AUTO_EXHAUSTIVE, |budget| budget - sample);
        let mut of_what = "";
        if self.graphs(Some(most)).is_err() {
            self.under(MemoryModel::SequentiallyConsistent);
            self.auto(budget.map(|_| most));
            of_what = " under sequential consistency";
        }
        let is_done = self.tally.counts.complete && of_what.is_empty();
        if is_done || self.is_over() || sample == 0 {
            return;
        }
        self.under(MemoryModel::Rust);
        let searched = std::mem::take(&mut self.tally);
        let by_search = self.found.take();
        self.phase(Requested::Portfolio, Some(sample));
        if let Some(found) = &mut self.found {
            found.interleaving += searched.counts.executions;
        }
        self.found = by_search.or(self.found.take());
        self.tally.basis = format!("{}{of_what}, and {}", searched.basis, self.tally.basis);
        // Where nothing is left to choose, a sample is all there is.
        let complete = self.tally.counts.complete && searched.counts.complete;
        self.tally.counts.add(&searched.counts);
        self.tally.counts.complete = complete;
    }

    /// Whether the search has ended with something else than that nothing was found.
    fn is_over(&self) -> bool {
        self.found.is_some() && !self.common.check.keep_going
            || self.tally.failure.is_some()
            || self.tally.counts.interrupted
            || self.error.is_some()
    }

    /// Whether an ordering has turned out to be weaker than `SeqCst`.
    pub(super) fn orders_weakly(&self) -> bool {
        self.common.numbering.facts.orders_weakly
    }

    /// All execution graphs, in at most so many executions.
    ///
    /// # Errors
    /// What the search cannot follow.
    fn graphs(&mut self, executions: Option<u64>) -> Result<(), &'static str> {
        // Whatever a sequentially consistent search has come to, these are other executions.
        self.under(MemoryModel::Rust);
        self.tally = Tally::default();
        self.found = None;
        // Releases are steps: what comes between one and the step before may see other stores.
        let mut common = self.common.clone();
        common.numbering.facts.tests_locks = true;
        common.numbering.facts.looks_at_one = true;
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
