//! Why nobody wakes a task that sleeps: what went by before it slept, and whom the signals woke that came later.
//!
//! A primitive of the facade says itself what its waiters have missed. A hand-made one over `park` or bare wakers says
//! nothing, but its steps do: what the task looked at before it slept, who has changed that since, and which wake-up
//! was the last.

use super::explain::join_words;
use crate::kernel::{Access, Class, Entry, Kernel, ObjectId, Signal, Step, Stuck, Waiting};

/// Adds what is known about the wake-ups of a task that waits for one.
pub(super) fn add_to(message: &mut String, kernel: &Kernel, stuck: &Stuck) {
    let told = match stuck.registered {
        Some(waiting) => [passed_over(kernel, stuck.task, waiting), None],
        None => match stuck.token {
            Some(token) => [went_by(kernel, stuck.task, token), used_up(kernel, stuck.task, token)],
            None => [None, None],
        },
    };
    for told in told.into_iter().flatten() {
        message.push('\n');
        message.push_str(&told);
    }
}

/// The signal that was sent while the task waited, and was not for it.
fn passed_over(kernel: &Kernel, task: usize, waiting: Waiting) -> Option<String> {
    let sent = kernel.passed_over(waiting)?;
    let woken: Vec<String> = match kernel.log.get(sent.step?) {
        Some(Entry::Step(step)) => woken_by(kernel, step).map(|task| kernel.task_name(task)).collect(),
        _ => Vec::new(),
    };
    Some(format!(
        "{} has waited for `{}` since step {}: the last signal, sent at step {}, woke {}, and none came after it",
        kernel.task_name(task),
        kernel.object_name(waiting.object),
        waiting.since,
        sent.at,
        if woken.is_empty() {
            "another task".to_owned()
        } else {
            join_words(&woken)
        },
    ))
}

/// Whether the task has looked at what the sender changed last before a signal, after that and before it registered. Then
/// it has seen what the signal was for.
pub(super) fn looked_behind(kernel: &Kernel, task: usize, waiting: Waiting, sent: Signal) -> bool {
    let (Some(sent_at), Some(registered)) = (sent.step, waiting.step) else {
        return false;
    };
    let sender = kernel.tasks[sent.by].id;
    let me = kernel.tasks[task].id;
    let news = steps(kernel, 0, sent_at)
        .filter(|(_, step)| step.task == sender)
        .filter_map(|(at, step)| {
            let changes = |a: &&Access| a.object != waiting.object && is_data(kernel, a.object) && changes(a.class);
            step.accesses.iter().find(changes).map(|a| (at, a.object))
        })
        .last();
    let Some((changed_at, object)) = news else {
        return false;
    };
    steps(kernel, changed_at + 1, registered)
        .any(|(_, step)| step.task == me && !step.stale && step.accesses.iter().any(|a| a.object == object))
}

/// What the task looked at before it slept, and another one has changed since.
fn went_by(kernel: &Kernel, task: usize, token: ObjectId) -> Option<String> {
    // Who has been polled once more and still waits, waits for something else.
    if kernel.object(token).kind == "waker" && !kernel.ready_if_polled.contains(&task) {
        return None;
    }
    let me = kernel.tasks[task].id;
    let recorder = kernel.recorder.as_ref()?;
    let end = kernel.log.len();
    let mine = |(_, step): &(usize, &Step)| step.task == me;
    // It slept right after its last step, and looks anew each time it goes on.
    let slept = steps(kernel, 0, end).filter(mine).last().map(|(at, _)| at)?;
    let took = |step: &Step| {
        let took = |a: &Access| a.object == token && matches!(a.class, Class::Park | Class::ParkTimeout);
        step.accesses.iter().any(took)
    };
    let begun = steps(kernel, 0, end).filter(mine).filter(|(_, step)| took(step)).last();
    let begun = begun.map_or(0, |(at, _)| at);
    // Each object it touched since: its first and its last look.
    let mut looks: Vec<(ObjectId, usize, usize)> = Vec::new();
    for (at, step) in steps(kernel, begun, end).filter(mine) {
        for access in step.accesses.iter().filter(|a| is_data(kernel, a.object)) {
            match looks.iter_mut().find(|(object, ..)| *object == access.object) {
                Some((.., last)) => *last = at,
                None => looks.push((access.object, at, at)),
            }
        }
    }
    let changed_after = |from: &dyn Fn(&(ObjectId, usize, usize)) -> usize| {
        let found = looks.iter().filter_map(|look| {
            let mut later = steps(kernel, from(look) + 1, end).filter(|(_, step)| step.task != me);
            let changed = later.find(|(_, step)| step.accesses.iter().any(|a| a.object == look.0 && changes(a.class)));
            changed.map(|(at, step)| (at, step, look.0, from(look)))
        });
        found.min_by_key(|(at, ..)| *at)
    };
    // One lock for the look and for the list of waiters: it was let go in between.
    let (at, step, object, looked) = changed_after(&|look| look.2)
        .or_else(|| changed_after(&|look| look.1).filter(|_| kernel.ready_if_polled.contains(&task)))?;
    let by = kernel.tasks.iter().position(|t| t.id == step.task)?;
    let (name, by, object) = (kernel.task_name(task), kernel.task_name(by), kernel.object_name(object));
    let (looked, changed) = (recorder.number_of(looked)?, recorder.number_of(at)?);
    let sleeps = recorder.waits_since(task)?;
    Some(if at < slept || changed < sleeps {
        format!(
            "{by} changed `{object}` at step {changed}, after {name} had looked at it (step {looked}) and before it slept \
             (step {sleeps}): a wake-up sent then has passed it by"
        )
    } else {
        format!(
            "{by} changed `{object}` at step {changed}, while {name} slept, which had looked at it (step {looked}), and \
             did not wake it"
        )
    })
}

/// The last wake-ups of the task, which it has used up.
fn used_up(kernel: &Kernel, task: usize, token: ObjectId) -> Option<String> {
    let recorder = kernel.recorder.as_ref()?;
    let me = kernel.tasks[task].id;
    let (mut sent, mut used, mut stale) = (Vec::new(), None, None);
    for (at, step) in steps(kernel, 0, kernel.log.len()) {
        for access in step.accesses.iter().filter(|a| a.object == token) {
            match access.class {
                // Who wakes itself only comes round again.
                Class::Wake if step.task == me => {}
                Class::Wake if used.is_some() => (sent, used) = (vec![(at, step)], None),
                Class::Wake => sent.push((at, step)),
                Class::StaleWake => stale = Some((at, step)),
                Class::Park if step.task == me => used = Some(at),
                _ => {}
            }
        }
    }
    let name = kernel.task_name(task);
    let by = |step: &Step| {
        let by = kernel.tasks.iter().position(|t| t.id == step.task);
        by.map(|by| kernel.task_name(by)).unwrap_or_default()
    };
    if let Some((at, step)) = stale.filter(|(at, _)| used.is_none_or(|used| *at > used)) {
        return Some(format!(
            "{} woke it at step {} with the waker of an earlier poll, which counts no more",
            by(step),
            recorder.number_of(at)?
        ));
    }
    let used = recorder.number_of(used?)?;
    match sent.as_slice() {
        [] => None,
        [(at, step)] => Some(format!(
            "the last wake-up of {name}, sent by {} at step {}, is used up: it went on with it at step {used}",
            by(step),
            recorder.number_of(*at)?
        )),
        all => {
            let numbers: Vec<String> = all
                .iter()
                .filter_map(|(at, _)| recorder.number_of(*at))
                .map(|n| n.to_string())
                .collect();
            Some(format!(
                "the wake-ups of {name} sent at steps {} were one, and it is used up: it went on with it at step {used}",
                join_words(&numbers)
            ))
        }
    }
}

/// Whom a step woke.
fn woken_by<'a>(kernel: &'a Kernel, step: &'a Step) -> impl Iterator<Item = usize> + 'a {
    let wakes = step.accesses.iter().filter(|a| a.class == Class::Wake);
    wakes.map(|a| kernel.object(a.object).creator)
}

/// The steps from one entry of the log up to, but not including, another one.
fn steps(kernel: &Kernel, from: usize, to: usize) -> impl Iterator<Item = (usize, &Step)> {
    let entries = kernel.log.iter().enumerate().take(to).skip(from);
    entries.filter_map(|(at, entry)| match entry {
        Entry::Step(step) => Some((at, step)),
        _ => None,
    })
}

/// Whether an object holds what a program looks at, and is no token or count.
fn is_data(kernel: &Kernel, object: ObjectId) -> bool {
    let kind = kernel.object(object).kind;
    !matches!(
        kind,
        "waker" | "park token" | "ticket" | "exit" | "order" | "clock" | "Arc"
    )
}

/// Whether an access of this class can leave something new to see.
fn changes(class: Class) -> bool {
    use Class::*;
    matches!(class, Write | Acquire | TryAcquire | Push { .. } | Pop | TryPop | Close)
}
