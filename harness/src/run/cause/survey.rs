//! All executions of a program that fails, or as many as there is time for: the events of each, in order.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::atomic::Ordering;

use super::super::explain::failed;
use super::super::share::Common;
use super::told::Told;
use crate::engine::controlled::explore;
use crate::explore::events::Events;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::graph::{Frontier, Graphs, Next};
use crate::explore::pos::Pos;
use crate::explore::trace_order::TraceOrder;
use crate::kernel::{End, Entry, Kernel, Numbering, ObjectId, Strategy, TaskId};

/// Executions, and pairs of events of all of them, at most.
const EXECUTIONS: usize = 20_000;
const PAIRS: usize = 40_000_000;

/// Events of an execution that is not too long to be explained.
const LONGEST: usize = 1_000;

/// Executions that are taken as a sample where the search cannot follow the program.
const SAMPLE: usize = 1_000;

/// How often the search may learn something and begin again.
const ROUNDS: usize = 16;

/// One execution.
pub(super) struct Seen {
    pub(super) fails: bool,
    pub(super) events: Events,
}

/// The execution that passes and is most like the one that is explained.
pub(super) struct Passing {
    pub(super) log: Vec<Entry>,
    /// Not known where loads may see other stores than the latest.
    pub(super) order: Option<TraceOrder>,
    pub(super) events: Events,
    distance: (usize, usize),
}

/// What has been seen.
#[derive(Default)]
pub(super) struct Survey {
    pub(super) executions: Vec<Seen>,
    /// Whether they are all there are.
    pub(super) whole: bool,
    pub(super) nearest: Option<Passing>,
    pub(super) tasks: BTreeMap<TaskId, String>,
    pub(super) objects: BTreeMap<ObjectId, String>,
    pub(super) numbering: Numbering,
    pairs: usize,
}

impl Survey {
    /// All executions of the program, or the first ones of the search. None if it has been asked to stop, the program is not the
    /// same every time, or an execution is too long.
    pub(super) fn of(common: &Common, told: &Told, weak: bool) -> Option<Survey> {
        if told.events.len() > LONGEST {
            return None;
        }
        let mut survey = Survey {
            numbering: told.numbering.clone(),
            tasks: told.tasks.clone(),
            objects: told.objects.clone(),
            ..Survey::default()
        };
        if !weak {
            let tree = Rc::new(RefCell::new(Exhaustive::new()));
            let strategy: Rc<RefCell<dyn Strategy>> = tree.clone();
            survey.explore(common, told, &strategy, EXECUTIONS)?;
            survey.whole = tree.borrow().complete();
            return Some(survey);
        }
        // Releases are steps there.
        let facts = &mut survey.numbering.facts;
        (facts.tests_locks, facts.orders_weakly, facts.looks_at_one) = (true, true, true);
        let mut merged = Vec::new();
        for _ in 0..ROUNDS {
            let graphs = Rc::new(RefCell::new(Graphs::of(Frontier::whole(merged), Next::Last)));
            let strategy: Rc<RefCell<dyn Strategy>> = graphs.clone();
            let restarts = survey.explore(common, told, &strategy, EXECUTIONS)?;
            let complete = strategy.borrow().complete();
            drop(strategy);
            let graphs = graphs.take();
            if graphs.unsupported().is_some() {
                break;
            }
            if !restarts && !graphs.has_learnt() {
                survey.whole = complete;
                return Some(survey);
            }
            merged = graphs.into_frontier().merged().to_vec();
            survey.forget();
        }
        survey.forget();
        let sample: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Pos::new(common.check.seed)));
        survey.explore(common, told, &sample, SAMPLE)?;
        Some(survey)
    }

    fn forget(&mut self) {
        self.executions.clear();
        self.nearest = None;
        self.pairs = 0;
    }

    /// Whether the search has to begin again with what it has learnt; an exhaustive one of interleavings does so itself.
    fn explore(
        &mut self,
        common: &Common,
        told: &Told,
        strategy: &Rc<RefCell<dyn Strategy>>,
        most: usize,
    ) -> Option<bool> {
        let mut session = common.session(&[]);
        session.numbering = std::mem::take(&mut self.numbering);
        let (mut stopped, mut restarts, mut left) = (false, 0, most);
        explore(&common.program, &mut session, strategy, false, &mut |kernel| {
            left -= 1;
            stopped |= common.check.cancel.load(Ordering::Relaxed) || common.late();
            match kernel.ending {
                Some(End::Restart) => {
                    self.forget();
                    left = most;
                    restarts += 1;
                    stopped |= restarts > ROUNDS;
                    if strategy.borrow().has_learnt() {
                        return ControlFlow::Break(());
                    }
                }
                Some(End::Diverged(_)) => stopped = true,
                Some(End::Redundant) => {}
                _ if strategy.borrow().is_useless() => {}
                Some(End::Unfair) if !failed(kernel) => {}
                _ => stopped |= !self.add(kernel, told),
            }
            if stopped || left == 0 || self.pairs >= PAIRS {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        self.numbering = session.numbering;
        (!stopped).then_some(restarts > 0)
    }

    /// False if it is too long.
    fn add(&mut self, kernel: &Kernel, told: &Told) -> bool {
        let events = Events::of(kernel);
        if events.len() > LONGEST {
            return false;
        }
        for (index, task) in kernel.tasks.iter().enumerate() {
            self.tasks.entry(task.id).or_insert_with(|| kernel.task_name(index));
        }
        for event in events.iter() {
            if let Some(object) = event.name.object {
                self.objects.entry(object).or_insert_with(|| kernel.object_name(object));
            }
        }
        let fails = failed(kernel);
        if !fails {
            let distance = told.events.distance(&events);
            if self.nearest.as_ref().is_none_or(|nearest| distance < nearest.distance) {
                let weak = kernel.happens_before.is_weak();
                self.nearest = Some(Passing {
                    log: kernel.log.clone(),
                    order: (!weak).then(|| TraceOrder::of(kernel, &kernel.log)),
                    events: events.clone(),
                    distance,
                });
            }
        }
        self.pairs += events.len().pow(2);
        self.executions.push(Seen { fails, events });
        true
    }

    /// An execution that the search has not seen.
    pub(super) fn learn(&mut self, fails: bool, events: Events) {
        self.executions.push(Seen { fails, events });
        self.whole = false;
    }

    pub(super) fn count(&self, fails: bool) -> u64 {
        self.executions.iter().filter(|seen| seen.fails == fails).count() as u64
    }
}
