//! The failure that is explained, run once more with names and rows.

use std::collections::BTreeMap;

use super::super::again::again;
use super::super::failure::Failure;
use super::super::share::Common;
use crate::explore::events::Events;
use crate::kernel::{End, Entry, Numbering, ObjectId, TaskId};

pub(super) struct Told {
    pub(super) events: Events,
    pub(super) log: Vec<Entry>,
    pub(super) numbering: Numbering,
    /// The names of tasks and objects, which are recorded only here.
    pub(super) tasks: BTreeMap<TaskId, String>,
    pub(super) objects: BTreeMap<ObjectId, String>,
    /// It ends because an object is dropped that somebody is using.
    pub(super) drops_what_is_used: bool,
}

impl Told {
    /// None if the program does something else now.
    pub(super) fn of(common: &Common, failure: &Failure) -> Option<Told> {
        let (told, numbering) = again(common, failure, |kernel| {
            let tasks = (0..kernel.tasks.len()).map(|at| (kernel.tasks[at].id, kernel.task_name(at)));
            let known = (0..kernel.objects.len()).filter(|&at| kernel.objects[at].is_some());
            let objects = known.map(|at| ObjectId(at as u32));
            Told {
                events: Events::of(kernel),
                log: kernel.log.clone(),
                numbering: Numbering::default(),
                tasks: tasks.collect(),
                objects: objects.map(|id| (id, kernel.object_name(id))).collect(),
                drops_what_is_used: matches!(kernel.ending, Some(End::Dropped(_))),
            }
        })?;
        Some(Told { numbering, ..told })
    }
}
