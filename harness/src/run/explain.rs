//! From the end of an execution to a failure: its kind, and what happened in words.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::asleep;
use crate::engine::current::strayed;
use crate::kernel::{DataRace, DroppedInUse, End, Entry, FailureKind, Kernel, Stuck};
use crate::trace::relative;

/// Whether the execution failed, without telling how: cheap enough for every execution.
pub(crate) fn failed(kernel: &Kernel) -> bool {
    let looks = !matches!(
        kernel.ending,
        Some(End::Redundant | End::Diverged(_) | End::Restart) | None
    );
    if looks && strayed(kernel.epoch).is_some() {
        return true;
    }
    match kernel.ending.as_ref() {
        Some(End::Complete | End::Unfair) => {
            kernel.tasks.iter().any(|t| t.panic.is_some()) || kernel.leaked().next().is_some()
        }
        Some(End::Redundant | End::Diverged(_) | End::Restart) | None => false,
        Some(_) => true,
    }
}

/// The kind of a failed execution and its story. Needs an execution that was recorded.
pub(crate) fn explain(kernel: &Kernel) -> Option<(FailureKind, String)> {
    if !failed(kernel) {
        return None;
    }
    if let Some(place) = strayed(kernel.epoch) {
        let message = format!(
            "a thread that selvedge does not know has used an object of this execution, at {place}: nobody controls such \
             a thread, start it with selvedge::thread::spawn"
        );
        return Some((FailureKind::Panic, message));
    }
    if let Some(first) = kernel.panics.first()
        && !kernel.ending.as_ref().is_some_and(End::is_race)
        && !(matches!(kernel.ending, Some(End::Complete | End::Unfair))
            && kernel.tasks.iter().all(|t| t.panic.is_none()))
    {
        let mut message = format!("{} panicked: {}", kernel.task_name(first.task), first.message);
        if [
            "there is no reactor running",
            "called from outside of a `task::LocalSet`",
        ]
        .iter()
        .any(|words| first.message.contains(words))
        {
            message.push_str(
                "\ntokio's own tasks and timers need tokio's runtime, and nobody would control them: use \
                 selvedge::future, selvedge::time and selvedge::tokio",
            );
        }
        if matches!(kernel.ending, Some(End::Deadlock)) {
            let _ = write!(message, "\nthen nobody could go on: {}", waits(kernel));
        }
        return Some((FailureKind::Panic, message));
    }
    let told = match kernel.ending.as_ref()? {
        End::Deadlock => lost_wakeup(kernel).unwrap_or_else(|| (FailureKind::Deadlock, deadlock(kernel))),
        End::Livelock(message) => lost_wakeup(kernel).unwrap_or_else(|| (FailureKind::Livelock, message.clone())),
        End::StepLimit => (FailureKind::StepLimit, step_limit(kernel)),
        End::Complete | End::Unfair => (FailureKind::Leak, leak(kernel)),
        End::DataRace(race) => (FailureKind::DataRace, data_race(kernel, race)),
        End::Dropped(dropped) => (FailureKind::DataRace, dropped_in_use(kernel, dropped)),
        _ => return None,
    };
    Some(told)
}

/// Steps at the end of an execution in which a loop shows itself.
const REPEATED: usize = 200;

/// A loop that goes round without a hint, or a program that is that long.
fn step_limit(kernel: &Kernel) -> String {
    let at = |task: usize| kernel.recorder.as_ref().and_then(|r| r.last_location(task));
    match repeats(kernel, &kernel.log) {
        Some((task, operations)) => format!(
            "{} goes round and round, and repeats {operations}{}: a loop that waits for another task says so with \
             selvedge::hint::spin_loop or selvedge::thread::yield_now, and is then let through when there is something new",
            kernel.task_name(task),
            at(task).map(|at| format!(" ({at})")).unwrap_or_default(),
        ),
        None => format!(
            "not finished after {} steps; raise Check::max_steps if the program is that long",
            kernel.limits.max_steps
        ),
    }
}

/// What keeps others waiting in an execution that was cut because of its schedule.
pub(crate) fn unfair(kernel: &Kernel) -> Option<String> {
    let fair = kernel.fair?;
    let at = fair.location.map(|l| format!(" ({})", relative(l)));
    let (task, operations) = repeats(kernel, &kernel.log[..fair.log])?;
    Some(format!(
        "{} repeats {operations}{} while others could go on",
        kernel.task_name(task),
        at.unwrap_or_default()
    ))
}

/// One task, and few operations over and over, at the end of this log.
fn repeats(kernel: &Kernel, log: &[Entry]) -> Option<(usize, String)> {
    let last = log.iter().rev().filter_map(|entry| match entry {
        Entry::Step(step) => Some(step),
        _ => None,
    });
    let last: Vec<_> = last.take(REPEATED).collect();
    let same_task = last.len() == REPEATED && last.iter().all(|step| step.task == last[0].task);
    let operations: BTreeSet<_> = last
        .iter()
        .map(|step| (step.verb, step.announced.first().map(|a| a.object)))
        .collect();
    if !same_task || operations.len() > 4 {
        return None;
    }
    let task = kernel.tasks.iter().position(|t| t.id == last[0].task)?;
    let operations: Vec<String> = operations
        .iter()
        .map(|(verb, object)| match object {
            Some(object) => format!("{verb} of `{}`", kernel.object_name(*object)),
            None => (*verb).to_owned(),
        })
        .collect();
    Some((task, operations.join(", ")))
}

/// What is left, and where it was made.
fn leak(kernel: &Kernel) -> String {
    let mut left: Vec<String> = Vec::new();
    let all: Vec<_> = kernel.leaked().collect();
    for &id in all.iter().take(3) {
        let object = kernel.object(id);
        let owners = match object.owners {
            1 => "1 owner".to_owned(),
            n => format!("{n} owners"),
        };
        left.push(format!(
            "`{}`, made at {}, has {owners} left",
            kernel.object_name(id),
            relative(object.location)
        ));
    }
    if all.len() > left.len() {
        left.push(format!("and so have {} more", all.len() - left.len()));
    }
    format!(
        "all tasks are gone, and {}: it belongs to itself, or was forgotten, or is kept by a static",
        left.join("; ")
    )
}

fn data_race(kernel: &Kernel, race: &DataRace) -> String {
    let verb = |write| if write { "writes" } else { "reads" };
    let (first, second) = (race.first, race.second);
    format!(
        "{} {} `{}` at {} and {} {} it at {}: no synchronization orders the two",
        kernel.task_name(first.task),
        verb(first.write),
        kernel.object_name(race.object),
        relative(first.location),
        kernel.task_name(second.task),
        verb(second.write),
        relative(second.location),
    )
}

fn dropped_in_use(kernel: &Kernel, dropped: &DroppedInUse) -> String {
    format!(
        "{} drops `{}` while {} is in `{}` on it, at {}: no synchronization keeps it alive until then, and what is read or written \
         there is memory that has been freed",
        kernel.task_name(dropped.by),
        kernel.object_name(dropped.object),
        kernel.task_name(dropped.user),
        dropped.verb,
        relative(dropped.location),
    )
}

/// A waiter whose signal came before it registered, or who would be ready if somebody looked.
fn lost_wakeup(kernel: &Kernel) -> Option<(FailureKind, String)> {
    for stuck in &kernel.stuck {
        let name = kernel.task_name(stuck.task);
        if let Some(waiting) = stuck.registered
            && let Some(sent) = kernel.missed_by(stuck.task, waiting)
            && !(kernel.passed_over(waiting).is_some() && asleep::looked_behind(kernel, stuck.task, waiting, sent))
        {
            let message = format!(
                "{name} sleeps on `{}`: its wake-up was sent at step {}, before it registered at step {}",
                kernel.object_name(waiting.object),
                sent.at,
                waiting.since
            );
            return Some((FailureKind::LostWakeup, message));
        }
        if kernel.ready_if_polled.contains(&stuck.task) {
            let mut message = format!(
                "{name} sleeps, and would go on if it were polled once more: what it waits for has happened, \
                         and nobody woke it"
            );
            asleep::add_to(&mut message, kernel, stuck);
            return Some((FailureKind::LostWakeup, message));
        }
    }
    None
}

fn deadlock(kernel: &Kernel) -> String {
    match cycle(&kernel.stuck) {
        Some(cycle) => {
            let parts: Vec<String> = cycle
                .iter()
                .map(|s| format!("{} waits for {}", kernel.task_name(s.task), s.waits_for))
                .collect();
            format!("a cycle: {}", parts.join("; "))
        }
        None => {
            let mut message = waits(kernel);
            for stuck in kernel.stuck.iter().filter(|s| kernel.tasks[s.task].attached) {
                asleep::add_to(&mut message, kernel, stuck);
            }
            message
        }
    }
}

fn waits(kernel: &Kernel) -> String {
    let parts: Vec<String> = kernel
        .stuck
        .iter()
        .filter(|s| kernel.tasks[s.task].attached)
        .map(|s| format!("{} waits for {}", kernel.task_name(s.task), s.waits_for))
        .collect();
    parts.join("\n")
}

/// Tasks that wait for each other in a ring, starting with the oldest.
fn cycle(stuck: &[Stuck]) -> Option<Vec<&Stuck>> {
    let find = |task: usize| stuck.iter().find(|s| s.task == task);
    for start in stuck {
        let mut ring = vec![start];
        let mut next = start.on.and_then(find);
        while let Some(s) = next {
            if s.task == start.task {
                return Some(ring);
            }
            if ring.iter().any(|r| r.task == s.task) {
                break;
            }
            ring.push(s);
            next = s.on.and_then(find);
        }
    }
    None
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn join_words(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}
