//! Several strategies in turn, an execution each.
//!
//! Which sampler finds a bug soonest depends on the bug: few ordering constraints suit PCT, a race among
//! many independent steps suits POS, the order of steps on one object suits SURW. Nobody knows beforehand,
//! so a portfolio asks each of them, at the price of the other shares of the budget: if one member finds
//! the failure in its execution n, the portfolio has found it after n times as many executions as it has
//! members.

use std::cell::RefCell;
use std::rc::Rc;

use super::{pct::Pct, pos::Pos, stock, uniform::Uniform};
use crate::kernel::{Choice, Kernel, Pick, Strategy, TaskId};

/// A sampler that takes part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Member {
    Pos,
    Surw,
    Pct { depth: usize },
    Random,
    Urw,
}

impl Member {
    fn name(self) -> &'static str {
        match self {
            Member::Pos => "pos",
            Member::Surw => "surw",
            Member::Pct { .. } => "pct",
            Member::Random => "random",
            Member::Urw => "urw",
        }
    }
}

/// Who takes part, in the order of their turns.
const MEMBERS: [Member; 5] = [
    Member::Pos,
    Member::Surw,
    Member::Pct { depth: 3 },
    Member::Random,
    Member::Urw,
];

/// Executions in which each has had a turn.
pub(crate) const ROUND: u64 = MEMBERS.len() as u64;

/// The member whose turn an execution is, counting from 1, and the seed it was given.
///
/// The seeds differ so that members that draw from the same generator do not draw the same.
pub(crate) fn member(seed: u64, execution: u64) -> (Member, u64) {
    let turn = execution.saturating_sub(1) % ROUND;
    (MEMBERS[turn as usize], seed.wrapping_add(turn))
}

/// How the executions were shared: `200 each of pos, surw, pct, random, urw`.
pub(crate) fn shares(executions: u64) -> String {
    let share = executions / ROUND;
    let names: Vec<_> = MEMBERS.iter().map(|m| m.name()).collect();
    let each = if executions.is_multiple_of(ROUND) {
        share.to_string()
    } else {
        format!("{share} or {}", share + 1)
    };
    format!("{each} each of {}", names.join(", "))
}

pub(crate) struct Portfolio {
    members: Vec<Rc<RefCell<dyn Strategy>>>,
    /// Executions begun; the last one is the turn of `members[(begun - 1) % members.len()]`.
    begun: usize,
    /// Whether there was anything to choose so far.
    chose: bool,
}

impl Portfolio {
    pub(crate) fn new(seed: u64, executions: usize) -> Self {
        let make = |turn| -> Rc<RefCell<dyn Strategy>> {
            match member(seed, turn) {
                (Member::Pos, seed) => Rc::new(RefCell::new(Pos::new(seed))),
                (Member::Surw, seed) => Rc::new(RefCell::new(Uniform::new(seed, true))),
                (Member::Urw, seed) => Rc::new(RefCell::new(Uniform::new(seed, false))),
                (Member::Pct { depth }, seed) => Rc::new(RefCell::new(Pct::new(seed, depth))),
                (_, seed) => Rc::new(RefCell::new(stock::random(seed, executions))),
            }
        };
        Portfolio {
            members: (1..=ROUND).map(make).collect(),
            begun: 0,
            chose: false,
        }
    }

    fn turn(&self) -> &RefCell<dyn Strategy> {
        &self.members[self.begun.saturating_sub(1) % self.members.len()]
    }
}

impl Strategy for Portfolio {
    fn begin(&mut self) -> bool {
        if self.complete() {
            return false;
        }
        self.begun += 1;
        self.turn().borrow_mut().begin()
    }

    fn choose(&mut self, choice: &Choice<'_>) -> Pick {
        self.chose |= choice.enabled.len() > 1;
        self.turn().borrow_mut().choose(choice)
    }

    fn arm(&mut self, kernel: &Kernel, task: TaskId, arms: u32) -> Result<u32, String> {
        self.chose |= arms > 1;
        self.turn().borrow_mut().arm(kernel, task, arms)
    }

    fn end(&mut self, kernel: &Kernel) {
        self.turn().borrow_mut().end(kernel);
    }

    fn restart(&mut self) {
        for member in &self.members {
            member.borrow_mut().restart();
        }
        self.begun = 0;
        self.chose = false;
    }

    /// A program without a choice has one interleaving, and it has been seen.
    fn complete(&self) -> bool {
        self.begun > 0 && !self.chose
    }
}
