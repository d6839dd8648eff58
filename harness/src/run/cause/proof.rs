//! The constraints tried: executions at random in which they are imposed, and in which the opposite is.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::explain::failed;
use super::super::share::Common;
use super::ways::Way;
use crate::engine::controlled::explore;
use crate::explore::events::Events;
use crate::explore::imposed::{Imposed, Rule};
use crate::kernel::{End, Numbering, Strategy};

/// Executions with all constraints of a way, and with the opposite of each.
const TRIALS: usize = 100;

/// How it went.
#[derive(Debug, Default)]
pub(super) struct Proof {
    /// Executions in which the constraints of a way held; all have failed.
    pub(super) imposed: u64,
    /// Executions in which no way held.
    pub(super) opposed: u64,
    /// Those of them that failed.
    pub(super) failed: u64,
    /// An execution that was not foreseen, and whether it failed.
    pub(super) against: Option<(bool, Events)>,
}

/// Tries the ways; `all`: nothing else fails.
pub(super) fn proof(common: &Common, numbering: &Numbering, ways: &[Way], all: bool) -> Proof {
    let mut proof = Proof::default();
    let mut seed = common.check.seed;
    let mut run = |rules: Vec<Rule>| {
        seed = seed.wrapping_add(1);
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Imposed::new(rules, seed)));
        let mut session = common.session(&[]);
        session.numbering = numbering.clone();
        let mut left = TRIALS;
        explore(&common.program, &mut session, &strategy, false, &mut |kernel| {
            left -= 1;
            let fails = failed(kernel);
            let counts = match kernel.ending {
                Some(End::Redundant | End::Restart | End::Diverged(_)) => false,
                Some(End::Unfair) => fails,
                _ => true,
            };
            if counts {
                let events = Events::of(kernel);
                let holds = ways.iter().any(|way| way.holds(&events));
                proof.imposed += u64::from(holds && fails);
                proof.opposed += u64::from(!holds);
                proof.failed += u64::from(!holds && fails);
                if (holds && !fails) || (all && fails && !holds) {
                    proof.against = Some((fails, events));
                }
            }
            let learns = kernel.ending == Some(End::Restart);
            if left == 0 || learns || common.late() || proof.against.is_some() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        proof.against.is_none()
    };
    for way in ways {
        let imposed = way.atoms.iter().map(|atom| atom.rule(true)).collect();
        let opposites = way.atoms.iter().map(|atom| vec![atom.rule(false)]);
        if !run(imposed) || !opposites.into_iter().all(&mut run) {
            break;
        }
    }
    proof
}
