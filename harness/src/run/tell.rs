//! A failing execution told: run again with names and values, compared step by step with what was found.

use super::explain::explain;
use super::failure::Failure;
use super::options::Options;
use super::tally::failure;
use crate::explore::steps_of;
use crate::kernel::{Access, Class, End, Entry, FailureKind, Kernel, ObjectId, Through, Unordered};
use crate::trace::Trace;

/// The failure of a recorded execution.
pub(super) fn tell_of(check: &Options, kernel: &mut Kernel, interleaving: u64) -> Option<Failure> {
    let (kind, mut message) = explain(kernel)?;
    if let Some(unordered) = kernel.happens_before.unordered()
        && kind != FailureKind::DataRace
    {
        message.push('\n');
        message.push_str(&what_would_order(kernel, &unordered));
    }
    let message = match &mut kernel.recorder {
        Some(recorder) => recorder.numbered(message),
        None => message,
    };
    let trace = trace_of(kernel);
    let mut told = failure(check, kind, message, trace, interleaving);
    told.schedule.learned = kernel.numbering.facts;
    told.schedule.steps = steps_of(kernel);
    Some(told)
}

/// What is missing between a store and an operation that has not seen it.
fn what_would_order(kernel: &Kernel, unordered: &Unordered) -> String {
    let Unordered {
        object,
        store,
        operation,
        through,
    } = unordered;
    let mut words = format!(
        "nothing orders step {store}, which stored `{}`, before step {operation}, which did not see it",
        kernel.object_name(*object)
    );
    if let Some(Through {
        object,
        store,
        load,
        publishes,
        learns,
    }) = through
    {
        let mut missing = Vec::new();
        if !publishes {
            missing.push(format!(
                "step {} stores it {:?}, which publishes nothing",
                store.0, store.1
            ));
        }
        if !learns {
            missing.push(format!("step {} loads it {:?}, which learns nothing", load.0, load.1));
        }
        if !missing.is_empty() {
            words.push_str(&format!(
                "; `{}` could: {}",
                kernel.object_name(*object),
                missing.join(", and ")
            ));
        }
    }
    words
}

/// The rows of a recorded execution.
pub(super) fn trace_of(kernel: &mut Kernel) -> Trace {
    let names = (0..kernel.tasks.len()).map(|i| kernel.task_name(i)).collect();
    kernel.recorder.take().unwrap_or_default().into_trace(names)
}

/// What differs where an execution has ended because of it.
pub(super) fn at_the_end(kernel: &Kernel, why: &str) -> String {
    let at = kernel.recorder.as_ref().map_or(1, |recorder| recorder.events() + 1);
    format!("at step {at}, {why}")
}

/// Objects by when they were met first: what they are known by may have changed in the meantime.
#[derive(Default)]
struct Known(Vec<ObjectId>);

impl Known {
    fn meet(&mut self, entry: &Entry) -> Vec<(usize, Class)> {
        let Entry::Step(step) = entry else { return Vec::new() };
        let mut place = |object| {
            self.0.iter().position(|known| *known == object).unwrap_or_else(|| {
                self.0.push(object);
                self.0.len() - 1
            })
        };
        step.announced.iter().map(|a| (place(a.object), a.class)).collect()
    }
}

/// The first step that is not as it was. The rows after it are left out.
pub(super) fn first_difference(before: &[Entry], kernel: &mut Kernel) -> Option<String> {
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
    let (mut those, mut these) = (Known::default(), Known::default());
    let at = (0..length).find(|&i| {
        let was = before.get(i).map(|entry| (key(entry), those.meet(entry)));
        let is = kernel.log.get(i).map(|entry| (key(entry), these.meet(entry)));
        was.map(|((task, verb, _), objects)| (task, verb, objects))
            != is.map(|((task, verb, _), objects)| (task, verb, objects))
    })?;
    let words = |entry: Option<&Entry>| match entry {
        None => "nothing".to_owned(),
        Some(entry) => {
            let (task, verb, announced) = key(entry);
            let task = task.and_then(|task| kernel.tasks.iter().position(|t| t.id == task));
            let task = task.map(|task| kernel.task_name(task)).unwrap_or_default();
            let known = |a: &&Access| kernel.objects.get(a.object.0 as usize).is_some_and(Option::is_some);
            match announced.first().filter(known) {
                Some(access) => format!(
                    "`{}({})`",
                    format!("{task} {verb}").trim(),
                    kernel.object_name(access.object)
                ),
                None => format!("`{}`", format!("{task} {verb}").trim()),
            }
        }
    };
    let (was, is) = (words(before.get(at)), words(kernel.log.get(at)));
    let step = kernel
        .recorder
        .as_mut()
        .map_or(at + 1, |recorder| recorder.end_with(at));
    Some(format!("at step {step} it did {was} before and {is} now"))
}
