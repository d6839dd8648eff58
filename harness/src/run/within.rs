//! A bound on preemptions, with the reduction.
//!
//! A reduction explores one order of each trace, and that order may have more preemptions than another one that is within the
//! bound. (So a bound cannot just cut its executions: Coons, Musuvathi and McKinley, "Bounded Partial-Order Reduction", OOPSLA
//! 2013; Marmanis, Kokologiannakis and Vafeiadis, "Reconciling Preemption Bounding with DPOR", TACAS 2023.) Here nothing is cut:
//! every trace is explored, which is more than was asked for, and a failure counts if one of the orders of its trace is within
//! the bound. That never takes more executions than without a bound; those in which the orders of a failing trace are tried are not
//! counted, as when a failure is made smaller. Where the traces turn out to be too many, the schedules
//! within the bound are enumerated.

use std::cell::RefCell;
use std::mem::discriminant;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use super::basis::within_bound;
use super::explain::failed;
use super::search::Search;
use super::share::Found;
use super::shrink::preemptions;
use super::state::Part;
use super::tally::Tally;
use crate::engine::controlled::explore;
use crate::explore::{follow::Follow, linear::Linear, trace_order::TraceOrder};
use crate::kernel::{End, Strategy};

/// Executions of the reduction, at most, and after how many it is first asked how many there will be.
const MOST: u64 = 20_000;
const FIRST: u64 = 256;

/// Executions spent on the orders of failing traces.
const ORDERS: u64 = 20_000;

/// What the orders of a failing trace have shown.
enum Orders {
    /// This one is within the bound.
    Within(Box<Found>),
    Beyond,
    /// There are too many of them.
    Unknown,
}

impl Search {
    /// Explores every trace, and counts the failures that can be had with so many preemptions. False if there are too many
    /// traces; then it has explored none.
    pub(super) fn traces_within(&mut self, bound: usize, executions: Option<u64>) -> bool {
        let most = executions.map_or(MOST, |executions| executions.min(MOST));
        let patience = self
            .common
            .check
            .max_time
            .map(|time| self.common.started.elapsed() + time / 2);
        let keep_going = std::mem::replace(&mut self.common.check.keep_going, false);
        self.common.check.preemption_bound = None;
        let mut first = None;
        let (mut within, mut beyond, mut orders) = (0, 0, ORDERS);
        let mut upto = FIRST.min(most);
        let feasible = loop {
            self.go_on_to(upto);
            if self.tally.counts.failing < within + beyond + u64::from(self.found.is_some()) {
                // It has learnt something about the program and begun again.
                (first, within, beyond) = (None, 0, 0);
            }
            match self
                .found
                .take()
                .map(|found| self.order_within(&found, bound, &mut orders))
            {
                Some(Orders::Within(found)) => {
                    within += 1;
                    first = first.or(Some(*found));
                    if !keep_going {
                        break true;
                    }
                }
                Some(Orders::Beyond) => beyond += 1,
                Some(Orders::Unknown) => break false,
                None => {}
            }
            if !self.goes_on() {
                break true;
            }
            if self.common.late()
                || patience.is_some_and(|patience: Duration| self.common.started.elapsed() >= patience)
            {
                break false;
            }
            let state = self.tally.state.as_ref();
            if state.is_some_and(|state| !state.parts.iter().any(Part::is_open)) {
                // It has come to its end and has not seen all: executions were cut, because their schedules are unfair.
                break false;
            }
            if state.is_some_and(|state| state.executions() >= upto) {
                if upto == most || state.is_some_and(|state| state.estimate() > MOST) {
                    break false;
                }
                upto = most.min(2 * upto);
            }
        };
        self.common.check.keep_going = keep_going;
        self.common.check.preemption_bound = Some(bound);
        self.tally.state = None;
        if !feasible {
            self.tally = Tally::default();
            return false;
        }
        self.found = first;
        self.tally.counts.failing -= beyond;
        if self.tally.counts.complete && self.found.is_none() {
            let all = self.tally.counts.executions - self.tally.counts.blocked;
            let within = within_bound(bound);
            self.tally.basis = match beyond {
                0 => format!("all {all} interleavings{within}, and those with more"),
                1 => format!("all interleavings{within}; of all {all} there are, 1 fails with more"),
                _ => format!("all interleavings{within}; of all {all} there are, {beyond} fail with more"),
            };
        }
        true
    }

    /// Looks for an order of a failing execution that is within the bound.
    fn order_within(&self, found: &Found, bound: usize, left: &mut u64) -> Orders {
        let order_of = |log| Found {
            log,
            end: found.end.clone(),
            interleaving: found.interleaving,
            finder: None,
            numbering: found.numbering.clone(),
        };
        if preemptions(&found.log) <= bound {
            return Orders::Within(Box::new(order_of(found.log.clone())));
        }
        let mut session = self.session();
        session.numbering = found.numbering.clone();
        let mut order = None;
        let same: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(&found.log)));
        explore(&self.common.program, &mut session, &same, false, &mut |kernel| {
            order = Some(TraceOrder::of(kernel, &kernel.log));
            ControlFlow::Break(())
        });
        let Some(order) = order else {
            return Orders::Unknown;
        };
        for bound in 0..=bound {
            let (mut smaller, mut learns) = (None, false);
            let linear: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Linear::new(order.clone(), bound)));
            explore(&self.common.program, &mut session, &linear, false, &mut |kernel| {
                *left = left.saturating_sub(1);
                learns = kernel.ending == Some(End::Restart);
                if failed(kernel) && kernel.ending.as_ref().map(discriminant) == Some(discriminant(&found.end)) {
                    smaller = Some(kernel.log.clone());
                }
                if smaller.is_some() || learns || *left == 0 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            });
            match smaller {
                Some(log) => return Orders::Within(Box::new(order_of(log))),
                None if learns || *left == 0 => return Orders::Unknown,
                None => {}
            }
        }
        Orders::Beyond
    }
}
