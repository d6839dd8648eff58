//! The searches under Rust's memory model: all execution graphs, where an ordering is weaker than `SeqCst`; all interleavings,
//! where none is.
//!
//! Graphs that are to be run do not depend on each other, so a search that turns out to be long is divided by handing them out.
//! To have enough of them, and about equally much behind each, the tree is followed for a while where most is to be expected.
//! What has been run in that time is run again by whoever is given it, and counts there. So all shards of a search look at the
//! same executions before they divide it, and what they learn there about the program all of them know. What a part learns
//! later makes the whole search begin again, or what this shard has of it: it is then divided in another way than others, and
//! says so.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::counts::Counts;
use super::error::Error;
use super::schedule::fingerprint;
use super::search::{AUTO_EXHAUSTIVE, AUTO_PORTFOLIO, AUTO_SMALL, Search};
use super::share::{Common, Ended, MOST_CUT, Share};
use super::state::{Part, SearchState};
use super::strategy::Strategy as Requested;
use super::tally::Tally;
use super::trees::{UNDIVIDED, WORTH_DIVIDING};
use crate::explore::graph::{Frontier, Next};
use crate::kernel::{MemoryModel, Numbering, ObjectId};

/// Executions after which it is asked whether an ordering is weaker than `SeqCst`.
const FIRST: u64 = 16;

/// Executions that [`Requested::Auto`] takes as a sample where it cannot explore all.
const SAMPLE: u64 = 2_000;

/// Executions for each part of a search, at most, from which it is divided.
const LOOKS: u64 = 4;

/// Executions from which it is estimated how many there are, about, beside those from which a search is divided.
const PROBES: u64 = if cfg!(test) { 40 } else { 1_000 };

/// How a search may be divided.
struct Plan {
    parts: Vec<Frontier>,
    /// In which the graphs of the parts are written.
    numbering: Numbering,
    /// A digest of all parts.
    division: String,
}

/// What comes of a look ahead.
enum Look {
    Ahead(Box<Plan>),
    /// The search has to begin again, knowing this.
    Learned(Box<SearchState>),
    /// The time is up, or nobody wants to know.
    Stopped,
}

impl Search {
    /// [`Requested::Exhaustive`] under Rust's memory model.
    pub(super) fn exhaustive_weak(&mut self, budget: Option<u64>) {
        let resumed = self.common.check.resume.take();
        let of_graphs = resumed.as_ref().is_some_and(|state| state.of_graphs);
        if !of_graphs && !self.turns_weak(resumed.clone(), budget) {
            return;
        }
        let ended = self.graphs(resumed.filter(|_| of_graphs), budget, Next::Last);
        if let Err(why) = ended {
            if !of_graphs && self.common.check.shard.is_none() && self.fails_without_stale_loads(budget) {
                return;
            }
            let message = match of_graphs {
                // Nobody could follow another program than the one that was saved.
                true => format!(
                    "the saved search cannot go on: {why}; if the program has changed since it was saved, search from the start"
                ),
                false => format!(
                    "Strategy::Exhaustive cannot follow this program under MemoryModel::Rust: {why}; there are \
                     Strategy::Dfs, for small programs, the randomized strategies, and MemoryModel::SequentiallyConsistent"
                ),
            };
            self.error = Some(Error::Unsupported { message });
            // Of what was asked for, whatever has been seen without stale loads.
            self.tally.counts.complete = false;
        }
    }

    /// [`Requested::Graphs`].
    pub(super) fn sample_of_graphs(&mut self, budget: u64) {
        let (index, of) = self.common.check.shard.unwrap_or((1, 1));
        let part = |index: u32| (u128::from(budget) * u128::from(index) / u128::from(of)) as u64;
        let budget = part(index) - part(index - 1);
        let seed = self.common.check.seed;
        if let Err(why) = self.graphs(None, Some(budget), Next::Random { seed }) {
            let message = format!(
                "Strategy::Graphs cannot follow this program: {why}; the other randomized strategies can, and Strategy::Dfs, \
                 for small programs"
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
        if !self.is_weaker() {
            return;
        }
        let sample = budget.map_or(SAMPLE, |budget| budget / 10);
        let portfolio = budget.map_or(AUTO_PORTFOLIO, |budget| (budget / 10).min(AUTO_PORTFOLIO));
        let most = budget.map_or(AUTO_EXHAUSTIVE, |budget| budget - sample - portfolio);
        let mut of_what = "";
        if self.graphs_around_portfolio(most, portfolio).is_err() {
            self.under(MemoryModel::SequentiallyConsistent);
            (self.tally, self.found) = (Tally::default(), None);
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
        self.tally.estimate = searched.estimate;
        // Where nothing is left to choose, a sample is all there is.
        let complete = self.tally.counts.complete && searched.counts.complete;
        self.tally.counts.add(&searched.counts);
        self.tally.counts.complete = complete;
    }

    /// Whether an ordering has turned out to be weaker than `SeqCst`.
    pub(super) fn orders_weakly(&self) -> bool {
        self.common.numbering.facts.orders_weakly
    }

    /// Searches the sequentially consistent interleavings, which are executions under Rust's memory model, too. True if one fails,
    /// or it is not known.
    fn fails_without_stale_loads(&mut self, budget: Option<u64>) -> bool {
        self.under(MemoryModel::SequentiallyConsistent);
        (self.tally, self.found) = (Tally::default(), None);
        self.go_on_to(budget.unwrap_or(AUTO_EXHAUSTIVE));
        self.found.is_some() || self.is_over()
    }

    /// All execution graphs in at most so many executions; and in the middle the portfolio, if they turn out to be many, because a
    /// failure may be deep in their order. What it has found counts besides, if the search is not complete.
    ///
    /// # Errors
    /// What the search cannot follow.
    fn graphs_around_portfolio(&mut self, most: u64, portfolio: u64) -> Result<(), &'static str> {
        let first = most.min(AUTO_SMALL);
        self.graphs(None, Some(first), Next::Last)?;
        if self.is_over() || self.tally.counts.complete || first == most || self.common.late() {
            return Ok(());
        }
        let searched = std::mem::take(&mut self.tally);
        let by_search = self.found.take();
        self.phase(Requested::Portfolio, Some(portfolio));
        if let Some(found) = &mut self.found {
            found.interleaving += searched.counts.executions;
        }
        if self.is_over() {
            self.tally.counts.add(&searched.counts);
            return Ok(());
        }
        let by_sample = std::mem::replace(&mut self.found, by_search);
        let sampled = std::mem::replace(&mut self.tally, searched).counts;
        let state = self.tally.state.take();
        self.graphs(state, Some(most - first), Next::Last)?;
        if self.tally.counts.complete && (self.found.is_some() || by_sample.is_none()) {
            return Ok(());
        }
        self.tally.counts.add(&sampled);
        self.found = self.found.take().or(by_sample);
        Ok(())
    }

    /// Whether the search has ended with something else than that nothing was found.
    fn is_over(&self) -> bool {
        let found = self.found.is_some() && !self.common.check.keep_going;
        found || self.tally.failure.is_some() || self.tally.counts.interrupted || self.error.is_some()
    }

    /// The sequentially consistent interleavings, or those of this shard, from where the search stopped. True if an ordering turns
    /// out to be weaker, and nothing has been found yet: then all counts begin anew.
    fn turns_weak(&mut self, resumed: Option<Box<SearchState>>, budget: Option<u64>) -> bool {
        if resumed.is_none() {
            // All shards look at the same executions, and go the same way: what fails in them is found again.
            let asked = self.common.check.clone();
            self.common.check.shard = None;
            self.common.check.estimate = false;
            self.common.check.keep_going |= asked.shard.is_some();
            let weak = self.goes_weak(budget.filter(|_| asked.shard.is_none()));
            let model = self.common.check.memory_model;
            self.common.check = asked;
            self.under(model);
            if weak {
                return true;
            }
        }
        self.under(MemoryModel::SequentiallyConsistent);
        let estimates = self.common.check.estimate && !self.is_over();
        if resumed.is_some() || self.common.check.shard.is_some() || estimates {
            (self.tally, self.found) = (Tally::default(), None);
            self.common.check.progress.store(0, Ordering::Relaxed);
            self.common.check.resume = resumed;
            self.phase(Requested::Exhaustive, budget);
            self.common.check.resume = None;
        } else if !self.is_over() && !self.tally.counts.complete {
            self.go_on_to(budget.unwrap_or(u64::MAX));
        }
        self.is_weaker()
    }

    /// Explores some sequentially consistent interleavings. True if an ordering turns out to be weaker, and nothing has been
    /// found yet: then all counts begin anew.
    fn goes_weak(&mut self, budget: Option<u64>) -> bool {
        self.under(MemoryModel::SequentiallyConsistent);
        self.go_on_to(budget.map_or(FIRST, |budget| budget.min(FIRST)));
        self.is_weaker()
    }

    fn is_weaker(&mut self) -> bool {
        let weaker = self.orders_weakly() && !self.is_over();
        if weaker {
            self.under(MemoryModel::Rust);
            (self.tally, self.found) = (Tally::default(), None);
            self.common.check.progress.store(0, Ordering::Relaxed);
        }
        weaker
    }

    /// All execution graphs, in at most so many executions, from the start or from where the search stopped.
    ///
    /// # Errors
    /// What the search cannot follow.
    fn graphs(
        &mut self,
        resumed: Option<Box<SearchState>>,
        executions: Option<u64>,
        next: Next,
    ) -> Result<(), &'static str> {
        let check = self.common.check.clone();
        // Depth first is the only order in which a search is gone on with.
        let is_whole = matches!(next, Next::Last);
        let divides = is_whole && executions.is_none_or(|e| e >= WORTH_DIVIDING);
        let mut state = match resumed {
            Some(state) => *state,
            None => {
                let mut numbering = self.common.numbering.clone();
                // Releases are steps: what comes between one and the step before may see other stores.
                numbering.facts.tests_locks = true;
                numbering.facts.orders_weakly = true;
                numbering.facts.looks_at_one = true;
                self.all_graphs(numbering, Vec::new())
            }
        };
        let mut left = executions;
        loop {
            self.common.numbering = state.numbering.clone();
            let is_long = divides && state.executions() >= UNDIVIDED;
            let is_divided = check.shard.is_some() || is_long;
            let is_asked = check.estimate && self.tally.estimate.is_none();
            if state.division.is_none() && (is_divided || is_asked) {
                match self.look_ahead(&state)? {
                    Look::Ahead(plan) if is_divided => {
                        state = self.divided(state, *plan, is_whole);
                        self.common.numbering = state.numbering.clone();
                    }
                    Look::Ahead(_) => {}
                    Look::Learned(knowing) => {
                        (state, left) = (*knowing, executions);
                        continue;
                    }
                    Look::Stopped => break,
                }
            }
            if left == Some(0) {
                break;
            }
            let limit = match divides && state.division.is_none() {
                true => Some(UNDIVIDED.saturating_sub(state.executions()).max(1)),
                false => left,
            };
            let open: Vec<usize> = (0..state.parts.len()).filter(|&i| state.parts[i].is_open()).collect();
            let share = |&at: &usize| share(&state, at, next.clone());
            let ended = self.common.explore_all(open.iter().filter_map(share).collect(), limit);
            self.note_interruption(ended.len() < open.len());
            if let Some(last) = ended.last() {
                if let Some(why) = last.unsupported {
                    return Err(why);
                }
                if last.outdated {
                    check.progress.store(0, Ordering::Relaxed);
                    self.found = None;
                    (state, left) = (self.knowing(last), executions);
                    continue;
                }
            }
            let loops = ended.iter().any(|ended| ended.counts.cut >= MOST_CUT);
            for (at, mut ended) in open.into_iter().zip(ended) {
                let before: u64 = state.parts[..=at].iter().map(|p| p.counts().executions).sum();
                left = left.map(|left| left.saturating_sub(ended.counts.executions));
                let graphs = ended.graphs.take().unwrap_or_default();
                if state.division.is_none() {
                    state.numbering = ended.numbering.clone();
                }
                state.parts[at].advance_graphs(&ended.counts, graphs, ended.numbering.clone());
                // What has been counted is in the state.
                ended.counts.forget();
                self.take(ended, before);
            }
            let is_done = state.division.is_some() || !divides || !state.parts.iter().any(Part::is_open);
            if is_done || loops || self.stops() {
                break;
            }
        }
        let explored = self.add_up(state) && self.tally.counts.cut < MOST_CUT;
        if !is_whole {
            self.tally.state = None;
        }
        let requested = if is_whole {
            Requested::Exhaustive
        } else {
            Requested::Graphs
        };
        self.conclude(requested, explored, &Counts::default(), "execution graph");
        Ok(())
    }

    /// All that is to be explored, from what is known about the program.
    fn all_graphs(&self, numbering: Numbering, merged: Vec<(ObjectId, ObjectId)>) -> SearchState {
        SearchState::of_graphs(self.settings.clone(), numbering, None, vec![Frontier::whole(merged)])
    }

    /// The same, from what a part of the search has learnt.
    fn knowing(&self, ended: &Ended) -> SearchState {
        let merged = ended.graphs.as_ref().map_or(&[][..], Frontier::merged);
        self.all_graphs(ended.numbering.clone(), merged.to_vec())
    }

    /// Runs some graphs to see how the search can be divided, and how many there are. Nothing of that counts.
    ///
    /// # Errors
    /// What the search cannot follow.
    fn look_ahead(&mut self, state: &SearchState) -> Result<Look, &'static str> {
        let mut common = self.common.clone();
        common.check.progress = Arc::default();
        common.check.keep_going = true;
        let parts = common.check.parts.max(1);
        let Some(frontier) = state.parts.iter().find_map(|part| part.graphs.clone()) else {
            return Ok(Look::Stopped);
        };
        let run = |common: &Common, frontier: Frontier, numbering: &Numbering, next: Next, most: Option<u64>| {
            let share = Share::Graphs {
                frontier,
                numbering: Box::new(numbering.clone()),
                next,
                most,
            };
            common.explore(share, None, &|| false)
        };
        let most = LOOKS * parts as u64;
        let next = Next::Largest { enough: parts };
        let mut looked = run(&common, frontier, &state.numbering, next, Some(most));
        if let Some(look) = self.came_to(&mut looked)? {
            return Ok(look);
        }
        let frontier = looked.graphs.take().unwrap_or_default();
        let (seen, ahead) = frontier.clone().seen();
        let (seed, executions) = (common.check.seed, PROBES);
        let (next, numbering) = (Next::Descents { seed, executions }, looked.numbering);
        let mut probed = run(&common, ahead, &numbering, next, None);
        if let Some(look) = self.came_to(&mut probed)? {
            return Ok(look);
        }
        let estimate = probed.estimate.unwrap_or(0.0) as u64;
        self.expect((state.executions() + seen as u64).saturating_add(estimate));
        let origin = |id: &ObjectId| numbering.origin(*id);
        let merged: Vec<_> = (frontier.merged().iter())
            .map(|(a, b)| (origin(a), origin(b)))
            .collect();
        let known = format!("graphs {:?} {merged:?}", state.numbering.facts);
        Ok(Look::Ahead(Box::new(Plan {
            division: fingerprint(&format!("{known} {parts} {:?}", frontier.outline())),
            parts: frontier.deal(parts),
            numbering,
        })))
    }

    /// What a look ahead has come to, if it is not what was hoped for.
    ///
    /// # Errors
    /// What the search cannot follow.
    fn came_to(&mut self, ended: &mut Ended) -> Result<Option<Look>, &'static str> {
        if let Some(why) = ended.unsupported {
            return Err(why);
        }
        if ended.outdated {
            return Ok(Some(Look::Learned(Box::new(self.knowing(ended)))));
        }
        self.tally.counts.interrupted |= ended.counts.interrupted;
        self.diverged = ended.diverged.take();
        let stopped = ended.counts.interrupted || self.diverged.is_some() || self.common.late();
        Ok(stopped.then_some(Look::Stopped))
    }

    /// The search in parts, or what this shard has of it.
    fn divided(&self, state: SearchState, plan: Plan, is_whole: bool) -> SearchState {
        let mut parts = plan.parts;
        if let Some((index, of)) = self.common.check.shard {
            let (index, of) = (index as usize, of as usize);
            let mut at = 0;
            parts.retain(|_| {
                at += 1;
                at % of == index % of
            });
        }
        if !is_whole {
            parts = Frontier::join(parts).into_iter().collect();
        }
        let mut divided = SearchState::of_graphs(self.settings.clone(), plan.numbering, Some(plan.division), parts);
        // What has been counted before.
        let before = state.parts.into_iter().filter(|part| part.counts().executions > 0);
        divided.parts.splice(0..0, before.map(Part::handed_over));
        divided
    }
}

/// What is left of a part.
fn share(state: &SearchState, at: usize, next: Next) -> Option<Share> {
    let part = &state.parts[at];
    let numbering = part.numbering.as_ref().unwrap_or(&state.numbering);
    Some(Share::Graphs {
        frontier: part.graphs.clone()?,
        numbering: Box::new(numbering.clone()),
        next,
        most: None,
    })
}
