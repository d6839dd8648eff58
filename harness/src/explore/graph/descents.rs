//! How many executions a search takes, from some random ways down its tree.
//!
//! Knuth, "Estimating the Efficiency of Backtrack Programs", Mathematics of Computation 29 (1975): who goes down a tree at random,
//! and multiplies the chances of each turn, has in their inverse an estimate of its size that is right on the average, whatever the
//! chances are. Here each node is an execution, and all nodes below it are known once it is over; whoever is there stays, and
//! counts, or takes one of them. The estimate varies the less, the better the chances fit what is below. Where they do not, most
//! estimates are too low and few far too high.

use super::frontier::{Lots, Open};

#[derive(Debug)]
pub(super) struct Descents {
    lots: Lots,
    /// Where each begins: one of these.
    from: Vec<Open>,
    /// Executions of all of them, about.
    executions: u64,
    /// Executions of the one that is going on.
    length: u64,
    /// How many there will be. The first one tells, and does not count, because the others must not depend on themselves.
    left: Option<u64>,
    /// In units of the largest share that one begins with, because all may be too small for a number.
    sum: f64,
    unit: f64,
    done: u64,
}

/// Ways down, at least.
const LEAST: u64 = 16;

impl Descents {
    pub(super) fn new(seed: u64, executions: u64, from: Vec<Open>) -> Self {
        let unit = from.iter().map(|open| open.depth).fold(f64::INFINITY, f64::min);
        Descents {
            lots: Lots::new(seed),
            from,
            executions,
            length: 0,
            left: None,
            sum: 0.0,
            unit,
            done: 0,
        }
    }

    /// The next graph to be run, after an execution of this depth that has found these and has this depth by itself; nothing if it
    /// was the last one.
    pub(super) fn after(&mut self, depth: f64, found: Vec<Open>, itself: f64) -> Option<Open> {
        self.length += 1;
        let mut at = self.lots.fraction();
        for open in found {
            at -= (depth - open.depth).exp2();
            if at < 0.0 {
                return Some(open);
            }
        }
        self.stay(itself);
        (self.left != Some(0)).then(|| self.begin())
    }

    /// Where the next one begins.
    pub(super) fn begin(&mut self) -> Open {
        self.from[self.lots.draw(&self.from)].clone()
    }

    fn stay(&mut self, depth: f64) {
        match &mut self.left {
            None => self.left = Some((self.executions / self.length).clamp(LEAST, self.executions.max(LEAST))),
            Some(left) => {
                *left -= 1;
                self.sum += (depth - self.unit).exp2();
                self.done += 1;
            }
        }
        self.length = 0;
    }

    /// About how many executions there are in what it began with.
    pub(super) fn estimate(&self) -> f64 {
        let share: f64 = self.from.iter().map(|open| (self.unit - open.depth).exp2()).sum();
        share * self.sum / self.done.max(1) as f64
    }
}
