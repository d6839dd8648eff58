//! The graphs that are still to be run, and in which order they are.
//!
//! The executions of a search are the nodes of a tree: whoever runs a graph finds the graphs below it, all of them, and none of
//! them comes up anywhere else. So the tree may be explored in any order, and any part of it by itself.
//!
//! The share of a graph is the chance that somebody comes into the part of the tree below it who begins at the root, and at each
//! execution either stays there or goes on to a graph below it, the likelier the more is to be expected there. So all shares, and
//! those of the executions that have been run, add up to one.

use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;
use serde::{Deserialize, Serialize};

use super::execution::Item;
use super::saved;
use crate::kernel::ObjectId;

/// A graph that is to be run.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Open {
    #[serde(with = "saved")]
    pub(super) item: Item,
    /// How often its share has to be doubled to be one.
    pub(super) depth: f64,
    /// What is below it is somewhere else.
    pub(super) alone: bool,
}

/// What is left of a search of execution graphs. It holds the graphs that are to be run next and not those below them, so it
/// grows with the length of an execution and not with their number.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Frontier {
    pub(super) open: Vec<Open>,
    /// Objects that are one with another: what the search has learnt.
    pub(super) merged: Vec<(ObjectId, ObjectId)>,
    /// An execution ended before all of it was known.
    pub(super) truncated: bool,
}

impl Frontier {
    /// The whole search, from what is known about the program.
    pub(crate) fn whole(merged: Vec<(ObjectId, ObjectId)>) -> Self {
        let root = Open {
            item: Item::default(),
            depth: 0.0,
            alone: false,
        };
        Frontier {
            open: vec![root],
            merged,
            truncated: false,
        }
    }

    /// Whether every execution so far was seen to its end.
    pub(crate) fn is_all_known(&self) -> bool {
        !self.truncated
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// How many graphs wait to be run.
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn merged(&self) -> &[(ObjectId, ObjectId)] {
        &self.merged
    }

    /// How many graphs have been run and are here to be run again, and the others.
    pub(crate) fn seen(mut self) -> (usize, Frontier) {
        let all = self.open.len();
        self.open.retain(|open| !open.alone);
        (all - self.open.len(), self)
    }

    /// What tells a division from another one, whatever the numbers of tasks are.
    pub(crate) fn outline(&self) -> Vec<(usize, String, bool)> {
        let outline = |open: &Open| (open.item.graph.nodes.len(), format!("{:.6}", open.depth), open.alone);
        self.open.iter().map(outline).collect()
    }

    /// At most so many parts that have together what is in here, dealt out in turn.
    pub(crate) fn deal(self, parts: usize) -> Vec<Frontier> {
        let empty = || Frontier {
            open: Vec::new(),
            merged: self.merged.clone(),
            truncated: self.truncated,
        };
        let mut dealt: Vec<Frontier> = (0..parts.clamp(1, self.open.len().max(1))).map(|_| empty()).collect();
        let number = dealt.len();
        for (at, open) in self.open.into_iter().enumerate() {
            dealt[at % number].open.push(open);
        }
        dealt
    }

    /// All of it together.
    pub(crate) fn join(parts: Vec<Frontier>) -> Option<Frontier> {
        parts.into_iter().reduce(|mut all, part| {
            all.open.extend(part.open);
            all.truncated |= part.truncated;
            all
        })
    }
}

/// The graphs that an execution of this depth has found, which began with so many events and ended with so many, and the depth of
/// the execution by itself.
///
/// What is to be expected below a graph grows with the number of events that are to come, by a factor for each. It is the one with
/// which as much is to be expected below all of these as below the graph that has been run: two, say, where each event could have
/// been one other. That may be far from what there is, so all of them have an equal part of the chances, too.
pub(super) fn branches(depth: f64, begun: usize, ended: usize, found: Vec<Item>) -> (Vec<Open>, f64) {
    let to_come = |events: usize| ended.saturating_sub(events) as f64;
    let more: Vec<f64> = found.iter().map(|item| to_come(item.graph.nodes.len())).collect();
    // In units of the largest, because it may be too large for a number.
    let most = more.iter().copied().fold(0.0, f64::max);
    let unit = |bits: f64, more: f64| (bits * (more - most)).exp2();
    let all = |bits: f64| unit(bits, 0.0) + more.iter().map(|more| unit(bits, *more)).sum::<f64>();
    // Whatever has been taken back, there is more below all than below one.
    let whole = to_come(begun).max(most + 1.0);
    let number = found.len() as f64 + 1.0;
    let (mut low, mut high) = (0.0, number.log2());
    for _ in 0..32 {
        let bits = (low + high) / 2.0;
        match bits * most + all(bits).log2() > bits * whole {
            true => low = bits,
            false => high = bits,
        }
    }
    let (bits, all) = (low, all(low));
    let below = |more: f64| depth - (ALIKE / number + (1.0 - ALIKE) * unit(bits, more) / all).log2();
    let open = |(item, more): (Item, &f64)| Open {
        item,
        depth: below(*more),
        alone: false,
    };
    let found = found.into_iter().zip(&more).map(open).collect();
    (found, below(0.0))
}

/// What of the chances is dealt out equally.
const ALIKE: f64 = 0.125;

/// Which graph is run next.
#[derive(Clone, Debug, Default)]
pub(crate) enum Next {
    /// The last one that was found: depth first.
    #[default]
    Last,
    /// The one with the largest share, until there are enough to be divided.
    Largest { enough: usize },
    /// Any, the likelier the larger its share is: a sample without replacement.
    Random { seed: u64 },
    /// Down the tree, again and again: see [`descents`](super::descents).
    Descents { seed: u64, executions: u64 },
}

/// Graphs that a random order may have open; it takes the last ones first while there are more.
const MOST_OPEN: usize = 4_096;

/// Draws graphs.
#[derive(Debug)]
pub(super) struct Lots(Pcg64Mcg);

impl Lots {
    pub(super) fn new(seed: u64) -> Self {
        Lots(Pcg64Mcg::seed_from_u64(seed))
    }

    /// Any number from 0 up to 1.
    pub(super) fn fraction(&mut self) -> f64 {
        (self.0.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// The place of a graph, the likelier the larger its share is. There is one.
    pub(super) fn draw(&mut self, open: &[Open]) -> usize {
        // Whatever the scale is: all shares may be too small for a number.
        let least = open.iter().map(|o| o.depth).fold(f64::INFINITY, f64::min);
        let weight = |open: &Open| (least - open.depth).exp2();
        let all: f64 = open.iter().map(weight).sum();
        let mut at = self.fraction() * all;
        for (place, open) in open.iter().enumerate() {
            at -= weight(open);
            if at < 0.0 {
                return place;
            }
        }
        open.len() - 1
    }

    /// As a sample without replacement takes them.
    pub(super) fn next(&mut self, open: &[Open]) -> usize {
        match open.len() > MOST_OPEN {
            true => open.len() - 1,
            false => self.draw(open),
        }
    }
}

/// The place of the graph with the largest share; of the first one of these.
pub(super) fn largest(open: &[Open]) -> usize {
    let least = |best: usize, at: usize| if open[at].depth < open[best].depth { at } else { best };
    (0..open.len()).fold(0, least)
}
