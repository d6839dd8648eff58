//! The failure that is explained, run once more with names and rows.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::super::explain::failed;
use super::super::failure::Failure;
use super::super::share::Common;
use crate::engine::controlled::explore;
use crate::explore::events::Events;
use crate::explore::replay::Replay;
use crate::kernel::{Entry, Numbering, ObjectId, Strategy, TaskId};

pub(super) struct Told {
    pub(super) events: Events,
    pub(super) log: Vec<Entry>,
    pub(super) numbering: Numbering,
    /// The names of tasks and objects, which are recorded only here.
    pub(super) tasks: BTreeMap<TaskId, String>,
    pub(super) objects: BTreeMap<ObjectId, String>,
}

impl Told {
    /// None if the program does something else now.
    pub(super) fn of(common: &Common, failure: &Failure) -> Option<Told> {
        let replay = Replay::new(failure.schedule.steps.clone(), !failure.schedule.unfinished);
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(replay));
        let mut session = common.session(&[]);
        session.numbering.facts = failure.schedule.learned;
        let mut told = None;
        let (mut tasks, mut objects) = (BTreeMap::new(), BTreeMap::new());
        explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
            if failed(kernel) {
                tasks.extend((0..kernel.tasks.len()).map(|at| (kernel.tasks[at].id, kernel.task_name(at))));
                let known = (0..kernel.objects.len()).filter(|&at| kernel.objects[at].is_some());
                objects.extend(
                    known
                        .map(|at| ObjectId(at as u32))
                        .map(|id| (id, kernel.object_name(id))),
                );
                told = Some((Events::of(kernel), kernel.log.clone()));
            }
            ControlFlow::Break(())
        });
        let (events, log) = told?;
        Some(Told {
            events,
            log,
            numbering: session.numbering,
            tasks,
            objects,
        })
    }
}
