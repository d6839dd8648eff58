//! The exhaustive search: from the start or from where it was stopped, whole or divided.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::divide::{self, Walk};
use super::schedule::fingerprint;
use super::search::Search;
use super::share::{MOST_CUT, Share};
use super::state::{Part, SearchState};
use crate::engine::controlled::explore;
use crate::explore::{exhaustive::Exhaustive, pos::Pos};
use crate::kernel::{End, Numbering, Strategy};

/// Executions after which an exhaustive search that is not complete is divided and begun anew, unless it may
/// not have many times as many.
pub(super) const UNDIVIDED: u64 = 20_000;
pub(super) const WORTH_DIVIDING: u64 = 10 * UNDIVIDED;

/// Executions from which it is chosen how to divide a search.
const WALKS: usize = if cfg!(test) { 40 } else { 1_000 };

/// Executions from which it is estimated how many there will be.
const PROBES: u64 = 1_000;

impl Search {
    /// The exhaustive search. True if it is complete.
    pub(super) fn trees(&mut self, executions: Option<u64>) -> bool {
        let check = self.common.check.clone();
        let mut state = match check.resume {
            Some(state) => {
                self.common.numbering = state.numbering.clone();
                *state
            }
            None => self.undivided(),
        };
        if (check.estimate || check.shard.is_some()) && self.tally.estimate.is_none() {
            let numbering = self.estimate();
            // All shards look at the same executions, and what one of them learns there changes what all of them count.
            if check.shard.is_some() && state.executions() == 0 && state.division.is_none() {
                self.common.numbering = numbering;
            }
        }
        let divides = check.shard.is_some() || executions.is_none_or(|e| e >= WORTH_DIVIDING);
        loop {
            if check.shard.is_some() && state.division.is_none() {
                match self.divide() {
                    Some(divided) => state = divided,
                    None => break,
                }
            }
            let limit = if divides && state.division.is_none() {
                Some(UNDIVIDED.saturating_sub(state.executions()).max(1))
            } else {
                executions
            };
            let open: Vec<usize> = (0..state.parts.len())
                .filter(|&i| state.parts[i].tree.is_some())
                .collect();
            let share = |&i: &usize| {
                let Part {
                    orders,
                    tree,
                    numbering,
                    ..
                } = state.parts[i].clone();
                let numbering = numbering.map(Box::new);
                tree.map(|tree| Share::Tree {
                    orders,
                    tree,
                    numbering,
                })
            };
            let ended = self.common.explore_all(open.iter().filter_map(share).collect(), limit);
            self.note_interruption(ended.len() < open.len());
            if let Some(last) = ended.last()
                && last.outdated
            {
                self.common.numbering = last.numbering.clone();
                check.progress.store(0, Ordering::Relaxed);
                state.begin_anew(last.numbering.clone());
                continue;
            }
            let loops = ended.iter().any(|ended| ended.counts.cut >= MOST_CUT);
            for (at, mut ended) in open.into_iter().zip(ended) {
                let before: u64 = state.parts[..=at].iter().map(|p| p.counts().executions).sum();
                let numbering = Some(&ended.numbering).filter(|n| state.division.is_some() && n.knows_pasts());
                state.parts[at].advance(&ended.counts, ended.tree.take(), numbering.cloned());
                if state.division.is_none() {
                    self.common.numbering = ended.numbering.clone();
                    state.numbering = ended.numbering.clone();
                }
                // What has been counted is in the state.
                ended.counts.forget();
                self.take(ended, before);
            }
            let is_done = state.division.is_some() || !divides || !state.parts.iter().any(Part::is_open);
            if is_done || loops || self.stops() {
                break;
            }
            self.found = None;
            if let Some(tree) = &state.parts[0].tree {
                self.expect(tree.estimate());
            }
            match self.divide() {
                Some(divided) => state = divided,
                None => break,
            }
        }
        self.add_up(state)
    }

    /// Whether nothing more is to be explored, whatever is left.
    pub(super) fn stops(&self) -> bool {
        (self.found.is_some() && !self.common.check.keep_going)
            || self.error.is_some()
            || self.diverged.is_some()
            || self.tally.counts.interrupted
            || self.common.late()
    }

    /// Reports what has been counted in all parts. True if nothing is left of them.
    pub(super) fn add_up(&mut self, state: SearchState) -> bool {
        self.division.clone_from(&state.division);
        let mut complete = true;
        for part in &state.parts {
            let counts = part.counts();
            self.tally.counts.add(&counts);
            complete &= !part.is_open() && counts.complete;
        }
        if !complete {
            self.tally.state = Some(Box::new(state));
        }
        complete
    }

    fn undivided(&self) -> SearchState {
        let whole = vec![Part::new(Vec::new())];
        SearchState::new(self.settings.clone(), self.common.numbering.clone(), None, whole)
    }

    /// Divides the search, or nothing if it is to end.
    fn divide(&mut self) -> Option<SearchState> {
        self.common.numbering.forget_pasts();
        let walks = self.sample();
        if self.tally.counts.interrupted || self.common.late() {
            return None;
        }
        let check = &self.common.check;
        let numbering = &mut self.common.numbering;
        let mut parts = divide::parts(walks, check.parts, numbering);
        let division = fingerprint(&format!("{parts:?}"));
        if let Some((index, of)) = check.shard {
            let (index, of) = (index as usize, of as usize);
            let mut at = 0;
            parts.retain(|_| {
                at += 1;
                at % of == index % of
            });
        }
        check.progress.store(0, Ordering::Relaxed);
        let parts = parts.into_iter().map(Part::new).collect();
        Some(SearchState::new(
            self.settings.clone(),
            numbering.clone(),
            Some(division),
            parts,
        ))
    }

    /// Some executions, as different from each other as can be.
    fn sample(&mut self) -> Vec<Walk> {
        let check = &self.common.check;
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Pos::new(check.seed)));
        let mut session = self.session();
        let mut walks = Vec::new();
        explore(&self.common.program, &mut session, &strategy, false, &mut |kernel| {
            match kernel.ending {
                Some(End::Restart) => walks.clear(),
                _ => walks.push(Walk::new(kernel)),
            }
            self.tally.counts.interrupted |= check.cancel.load(Ordering::Relaxed);
            if walks.len() >= WALKS || self.tally.counts.interrupted || self.common.late() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        self.common.numbering = session.numbering;
        walks
    }

    /// Estimates how many executions the whole search will take, from the first of them. Gives what they have taught.
    fn estimate(&mut self) -> Numbering {
        let tree = Rc::new(RefCell::new(Exhaustive::new()));
        let strategy: Rc<RefCell<dyn Strategy>> = tree.clone();
        let mut session = self.session();
        let mut left = PROBES;
        explore(&self.common.program, &mut session, &strategy, false, &mut |kernel| {
            left -= u64::from(kernel.ending != Some(End::Restart));
            let diverged = matches!(kernel.ending, Some(End::Diverged(_)));
            if left == 0 || diverged || self.common.check.cancel.load(Ordering::Relaxed) || self.common.late() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        self.expect(tree.borrow().estimate());
        session.numbering
    }

    pub(super) fn expect(&mut self, executions: u64) {
        self.common.check.estimate_counter.store(executions, Ordering::Relaxed);
        self.tally.estimate = Some(executions);
    }
}
