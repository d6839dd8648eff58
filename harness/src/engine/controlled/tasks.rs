//! Tasks on shuttle's continuations: their life, spawning and joining them.

use std::any::Any;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};

use super::context::{unwinds, with_kernel};
use super::exits::{announce_exit, wake_joiner};
use super::perform::{go_on, go_on_after_waiting, pay};
use super::switch::{EndOfExecution, switch, unwind};
use crate::engine::panics::{self, STACK};
use crate::kernel::{End, Job, PanicReport, Pending};
use crate::trace::panic_row;

/// The life of a task on its own stack: run, keep a panic for whoever joins, drop its thread locals.
pub(super) fn run_task(index: usize, stack: usize, body: impl FnOnce()) {
    // Everything that the task itself puts on its stack lies below this.
    let bottom = 0_u8;
    let bottom = std::hint::black_box(&raw const bottom) as usize;
    with_kernel(|k| k.tasks[index].stack = Some((bottom, stack.saturating_sub(UNSURE))));
    live(index, body);
}

/// What may be above the bottom of a task's stack, in bytes, and is not counted at its top.
const UNSURE: usize = 64 << 10;

#[inline(never)]
fn live(index: usize, body: impl FnOnce()) {
    let guarded = |f: &mut dyn FnMut()| match catch_unwind(AssertUnwindSafe(f)) {
        Ok(()) => {}
        Err(payload) if payload.is::<EndOfExecution>() => {}
        Err(payload) => {
            // A payload raised with `resume_unwind` has passed no hook.
            let (message, place) = panics::take_panic().unwrap_or_else(|| (panics::message_of(&*payload), None));
            with_kernel(|k| {
                let first = k.panics.is_empty();
                if let Some(recorder) = &mut k.recorder {
                    recorder.event_at(index, panic_row(&message, first), place);
                }
                k.panics.push(PanicReport { task: index, message });
                k.tasks[index].panic.get_or_insert(payload);
                // The next to unwind may be one that waits for its turn already.
                k.unwinder.take_if(|unwinder| *unwinder == index);
            });
        }
    };
    let mut body = Some(body);
    guarded(&mut || {
        if with_kernel(|k| k.ending.is_some()) {
            unwind();
        }
        if index != 0 && !with_kernel(|k| k.is_clock(index)) {
            match with_kernel(|k| k.numbering.facts.runs_foreign_futures) {
                true => go_on("starts, code of other crates"),
                false => go_on_after_waiting("starts"),
            }
        }
        (body.take().expect("a task runs once"))();
    });
    guarded(&mut || drop(body.take()));
    guarded(&mut pay);
    // A destructor may use another key, which starts it anew: like std, give up after some rounds.
    for _ in 0..8 {
        let locals = with_kernel(|k| std::mem::take(&mut k.tasks[index].locals));
        if locals.is_empty() {
            break;
        }
        let mut locals = Some(locals);
        let dropped = catch_unwind(AssertUnwindSafe(|| {
            drop(locals.take());
            pay();
        }));
        if let Err(payload) = dropped
            && !payload.is::<EndOfExecution>()
        {
            let message = panics::take_message().unwrap_or_else(|| panics::message_of(&*payload));
            aborts(index, &message);
        }
    }
    if with_kernel(|k| k.ending.is_none() && !k.is_clock(index)) {
        match with_kernel(|k| k.numbering.facts.observes_exit) {
            true => guarded(&mut || announce_exit(index)),
            false => wake_joiner(index),
        }
    }
    with_kernel(|k| {
        k.goes_on();
        k.exit_task(index);
        if index != 0
            && !k.is_clock(index)
            && k.ending.is_none()
            && k.tasks[index].panic.is_none()
            && let Some(recorder) = &mut k.recorder
        {
            recorder.event(index, "exit".to_owned(), None);
        }
    });
}

/// A destructor of a thread local has panicked. std aborts the process then, so nobody may join it and go on.
fn aborts(index: usize, message: &str) {
    with_kernel(|k| {
        if k.ending.is_some() {
            return;
        }
        let first = message.lines().next().unwrap_or_default();
        if let Some(recorder) = &mut k.recorder {
            recorder.event(
                index,
                format!("panics in the destructor of a thread local: {first}"),
                None,
            );
        }
        let message = format!("{message}\nin the destructor of a thread local, which aborts a process");
        k.panics.push(PanicReport { task: index, message });
        k.end(End::MainPanicked);
    });
}

/// Starts a task that needs so many bytes of stack, or as many as usual. It runs up to its first visible operation before the
/// next choice is made.
#[track_caller]
pub(super) fn spawn(name: Option<String>, is_async: bool, stack: usize, body: Box<dyn FnOnce()>) -> usize {
    pay();
    let location = Location::caller();
    let index = with_kernel(|k| {
        k.goes_on();
        let index = k.spawn(name, is_async);
        if let Some(recorder) = &mut k.recorder {
            recorder.seen(index, location);
        }
        let size = stack.max(STACK);
        let run = Box::new(move || run_task(index, size, body));
        k.tasks[index].job = Some(Job { run, stack });
        index
    });
    go_on("code of other crates");
    index
}

/// Waits until a task has exited, and takes the payload of its panic if nobody did before.
#[track_caller]
pub(super) fn join(target: usize) -> Option<Box<dyn Any + Send>> {
    wait_for_exit(target);
    with_kernel(|k| k.tasks[target].panic.take())
}

/// Waits until a task has exited.
#[track_caller]
pub(super) fn wait_for_exit(target: usize) {
    wait(|| Pending::Join { target });
}

/// Leaves the processor with something pending that is not a choice.
pub(super) fn wait(pending: impl FnOnce() -> Pending) {
    pay();
    let unwinding = unwinds();
    let cannot_wait = with_kernel(|k| k.nested > 0 && (k.ending.is_none() || unwinding));
    assert!(
        !cannot_wait,
        "a blocking operation was called inside an opaque operation or a waker"
    );
    let ends = with_kernel(|k| {
        if k.ending.is_some() && !unwinding {
            return true;
        }
        let me = k.current;
        k.contacts += 1;
        k.goes_on();
        k.will_wait();
        k.tasks[me].pending = pending();
        false
    });
    if ends {
        unwind();
    }
    switch();
    let ends = with_kernel(|k| {
        let me = k.current;
        k.tasks[me].pending = Pending::Running;
        k.ending.is_some()
    });
    if ends && !unwinding {
        unwind();
    }
    go_on_after_waiting("goes on");
}
