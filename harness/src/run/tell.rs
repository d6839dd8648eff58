//! A failing execution told: run again with names and values, compared step by step with what was found.

use super::explain::explain;
use super::failure::Failure;
use super::options::Options;
use super::tally::failure;
use crate::explore::steps_of;
use crate::kernel::{End, Entry, Kernel};

/// The failure of a recorded execution.
pub(super) fn tell_of(check: &Options, kernel: &mut Kernel, interleaving: u64) -> Option<Failure> {
    let (kind, message) = explain(kernel)?;
    let names = (0..kernel.tasks.len()).map(|i| kernel.task_name(i)).collect();
    let mut recorder = kernel.recorder.take().unwrap_or_default();
    let message = recorder.numbered(message);
    let trace = recorder.into_trace(names);
    let mut told = failure(check, kind, message, trace, interleaving);
    told.schedule.learned = kernel.numbering.facts;
    told.schedule.steps = steps_of(kernel);
    Some(told)
}

pub(super) fn first_difference(before: &[Entry], kernel: &Kernel) -> Option<String> {
    let key = |entry: &Entry| match entry {
        Entry::Step(s) => (Some(s.task), s.verb, s.announced.clone()),
        Entry::Choice { task, .. } => (Some(*task), "choose", Default::default()),
        Entry::Spawn { child, .. } => (Some(*child), "spawn", Default::default()),
        Entry::Join { task, .. } => (Some(*task), "join", Default::default()),
        Entry::Barrier { .. } => (None, "clock", Default::default()),
    };
    // The search lets the other tasks finish after the main task has panicked; telling stops there.
    let stops = matches!(kernel.ending, Some(End::MainPanicked));
    let length = if stops {
        kernel.log.len()
    } else {
        before.len().max(kernel.log.len())
    };
    let at = (0..length).find(|&i| before.get(i).map(key) != kernel.log.get(i).map(key))?;
    let words = |entry: Option<&Entry>| entry.map_or("nothing", |e| key(e).1).to_owned();
    Some(format!(
        "at entry {} it did {} before and {} now",
        at + 1,
        words(before.get(at)),
        words(kernel.log.get(at))
    ))
}
