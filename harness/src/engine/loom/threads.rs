//! Threads of loom: their names, their ends, and who has seen them.

use std::panic::resume_unwind;

use super::session::{Broken, MAX_THREADS, current_task, note_panic, tracing, unsupported, waits, with_iteration};
use crate::engine::panics;

/// A thread is about to be spawned; returns its number.
pub(super) fn spawning(name: Option<String>) -> usize {
    let task = with_iteration(|i| i.threads.len()).unwrap_or(1);
    if task >= MAX_THREADS {
        unsupported(&format!("more than {MAX_THREADS} threads, the main thread included"));
    }
    let me = current_task();
    with_iteration(|i| {
        i.threads.push(name);
        if tracing() {
            let name = i.task_name(task);
            i.recorder.event(me, format!("spawns {name}"), None);
        }
    });
    task
}

/// A thread has run to its end, or panicked.
pub(super) fn thread_ended(task: usize, failed: bool) {
    if panics::loom_is_broken() {
        resume_unwind(Box::new(Broken));
    }
    if failed {
        note_panic(task, panics::take_message().unwrap_or_default());
    } else if tracing() {
        with_iteration(|i| {
            i.waiting.remove(&task);
            i.recorder.event(task, "exit".to_owned(), None);
        });
    }
}

/// A thread is about to wait for the end of another one.
pub(super) fn joining(task: usize) {
    if tracing() {
        waits(|i| format!("the exit of {}", i.task_name(task)));
    }
}

/// Somebody has seen how a thread ended: its panic is no failure of the program any more.
pub(super) fn thread_joined(task: usize) {
    if tracing() {
        let me = current_task();
        with_iteration(|i| i.waiting.remove(&me));
    }
    with_iteration(|i| {
        i.joined.push(task);
        i.panics.retain(|(of, _)| *of != task);
    });
}

/// The panic of the running thread is raised again by the scope it belongs to.
pub(super) fn told_by_scope() {
    let me = current_task();
    with_iteration(|i| i.scoped.push(me));
}
