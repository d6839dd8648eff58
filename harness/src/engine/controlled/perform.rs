//! The one function every visible operation goes through: announce the operation, let the scheduler pick a
//! task, run the operation without anybody in between.

use std::panic::Location;

use super::context::{unwinds, with_kernel};
use super::step::Step;
use super::switch::{give_way, switch, unwind};
use crate::kernel::{Accesses, Class, Extra, Flag, Kernel, Op, Pending, Sync, Wakeup};

/// How an announced operation may go on.
enum Entry {
    /// Chosen by the strategy: a step of its own.
    Step {
        tracing: bool,
        digests: bool,
        timed_out: bool,
    },
    /// Part of the step that runs: inside an effect, or while the task unwinds.
    Join { nested: bool, forced: bool },
    /// A release that nobody can tell from one that came with the step before it.
    Quiet { tracing: bool },
    /// The execution is over, and the task may look once more at what it was waiting for.
    Look,
}

/// Announces `op`, waits until the scheduler picks this task, and runs `effect` with no other task in
/// between. The whole engine stands on this function.
///
/// Inside an effect (a waker called by an opaque operation, say), and while the task unwinds, there is
/// no scheduling point: the accesses join the step that is running.
pub(crate) fn perform<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Plain, effect);
    go_on("code of other crates");
    result
}

/// [`perform`] for an operation that the caller has not finished when this returns.
pub(crate) fn perform_part<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    run(op, Kind::Plain, effect)
}

/// [`perform`] for code that is not ours: `effect` may touch more than `op` announces, and whatever it
/// wakes becomes part of the step.
pub(crate) fn perform_opaque<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Opaque, effect);
    go_on("code of other crates");
    result
}

/// [`perform`] for giving a lock back.
///
/// While a lock is held, all that others can do with it is wait. So a release commutes with everything
/// that can run between it and the step before, and needs no scheduling point, unless somebody looks
/// at locks without waiting (`try_lock`): the first who does starts the search again with that known.
pub(crate) fn perform_release<R>(op: Op, effect: impl FnOnce(&mut Step) -> R) -> R {
    let result = run(op, Kind::Release, effect);
    go_on("code of other crates");
    result
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Opaque,
    Release,
}

pub(super) fn run<R>(mut op: Op, kind: Kind, effect: impl FnOnce(&mut Step) -> R) -> R {
    if op.deadline.is_some() {
        with_kernel(|k| k.watch_clock(&mut op));
    }
    if kind == Kind::Opaque {
        op.extra = match with_kernel(|k| k.numbering.facts.nests_anything) {
            true => Extra::Anything,
            false => Extra::Wakes,
        };
    }
    let timed = op.deadline.is_some();
    let verb = op.verb;
    let location = op.location;
    let mut step = Step::of(&op);
    match announce(op, kind) {
        Entry::Step {
            tracing,
            digests,
            timed_out,
        } => {
            step.tracing = tracing;
            step.digests = digests;
            step.timed_out = timed_out;
            step.accesses.extend(with_kernel(|k| k.passes(&step.accesses)));
            // Leaves the effect when it panics, too: an opaque callee may.
            struct Leave;
            impl Drop for Leave {
                fn drop(&mut self) {
                    with_kernel(Kernel::break_step);
                }
            }
            let leave = Leave;
            let result = effect(&mut step);
            std::mem::forget(leave);
            with_kernel(|k| {
                k.nested -= 1;
                if timed {
                    k.watched_clock(&mut step.accesses);
                }
                if tracing {
                    finish_row(k, verb, location, &mut step);
                }
                if !step.too_early.is_empty() {
                    k.comes_too_early(std::mem::take(&mut step.too_early));
                }
                let accesses = std::mem::take(&mut step.accesses);
                k.finish_step(accesses, step.value, step.sync);
                k.note_how_things_stand();
            });
            result
        }
        Entry::Join { nested, forced } => {
            step.forced = forced;
            let result = effect(&mut step);
            with_kernel(|k| {
                if timed {
                    k.watched_clock(&mut step.accesses);
                }
                if nested {
                    k.nest(&step.accesses);
                } else {
                    k.join_step(&step.accesses, step.sync);
                }
            });
            result
        }
        Entry::Quiet { tracing } => {
            step.tracing = tracing;
            let result = effect(&mut step);
            with_kernel(|k| {
                if tracing {
                    finish_row(k, verb, location, &mut step);
                }
                k.join_step(&step.accesses, step.sync);
                k.note_how_things_stand();
            });
            result
        }
        Entry::Look => {
            step.forced = true;
            effect(&mut step)
        }
    }
}

/// Completes the row of the trace that the operation opened.
fn finish_row(k: &mut Kernel, verb: &str, location: &'static Location<'static>, step: &mut Step) {
    let text = step.text.take().unwrap_or_else(|| match step.accesses.first() {
        Some(a) => format!("{}.{verb}()", k.object_name(a.object)),
        None => verb.to_owned(),
    });
    let object = step.accesses.first().map(|a| a.object.0);
    if let Some(recorder) = &mut k.recorder {
        recorder.finish_step(text, object, location);
    }
}

fn announce(op: Op, kind: Kind) -> Entry {
    let unwinding = unwinds();
    pay();
    enum Next {
        Join { nested: bool },
        Quiet { tracing: bool },
        Blocked,
        Unwind,
        Endless,
        Switch,
    }
    let next = with_kernel(|k| {
        k.contacts += 1;
        if k.nested > 0 {
            return if k.admits_now(&op) {
                Next::Join { nested: true }
            } else {
                Next::Blocked
            };
        }
        if k.ending.is_some() && !unwinding {
            return Next::Unwind;
        }
        if k.ending.is_some() && !k.may_still_operate() {
            return Next::Endless;
        }
        // A release that keeps a share does not look.
        if kind != Kind::Release && op.accesses.iter().any(|a| a.class.tests_a_lock()) {
            k.learn(|facts| &mut facts.tests_locks);
        }
        k.operates(&op);
        k.will_wait_for(&op);
        if unwinding && k.admits_now(&op) {
            k.unwinds_through();
            return Next::Join { nested: false };
        }
        if kind == Kind::Release && !unwinding && k.releases_quietly() {
            let me = k.current;
            let tracing = match &mut k.recorder {
                Some(recorder) => {
                    recorder.begin_event(me);
                    true
                }
                None => false,
            };
            return Next::Quiet { tracing };
        }
        let me = k.current;
        let mut op = op;
        let pass = k.passes(&op.accesses);
        op.accesses.extend(pass);
        k.gate(&mut op);
        k.tasks[me].pending = Pending::Op(op);
        if let Some(mut recorder) = k.recorder.take() {
            if k.ending.is_none() && !k.is_clock(me) {
                k.show_waiting(me, &mut recorder);
            }
            k.recorder = Some(recorder);
        }
        Next::Switch
    });
    match next {
        Next::Join { nested } => return Entry::Join { nested, forced: false },
        Next::Quiet { tracing } => return Entry::Quiet { tracing },
        Next::Blocked => {
            if with_kernel(|k| k.ending.is_some()) {
                if unwinding {
                    return Entry::Join {
                        nested: true,
                        forced: true,
                    };
                }
                unwind();
            }
            panic!(
                "a blocking operation was called where the task cannot wait: inside an opaque operation, a waker, or \
                 a destructor run by one"
            )
        }
        Next::Unwind => unwind(),
        // It unwinds already, so this ends the run.
        Next::Endless => panic!("it waits for something that nobody will do any more"),
        Next::Switch => {}
    }
    if unwinding {
        // shuttle suspends a task that switches while it panics, and decides afterwards.
        switch();
    } else {
        give_way();
    }
    enum After {
        Step(Entry),
        Ended { admitted: bool },
        Look,
    }
    let after = with_kernel(|k| {
        if k.ending.is_none() {
            k.nested += 1;
            return After::Step(Entry::Step {
                tracing: k.recorder.is_some(),
                digests: k.compares_rounds(),
                timed_out: k.timed_out(),
            });
        }
        if k.repolling == Some(k.current) {
            return After::Look;
        }
        let me = k.current;
        match std::mem::replace(&mut k.tasks[me].pending, Pending::Running) {
            Pending::Op(op) => After::Ended {
                admitted: k.admits_now(&op),
            },
            _ => After::Ended { admitted: true },
        }
    });
    match after {
        After::Step(entry) => entry,
        After::Look => Entry::Look,
        After::Ended { admitted } if unwinding => Entry::Join {
            nested: false,
            forced: !admitted,
        },
        After::Ended { .. } => unwind(),
    }
}

/// Carries out the wake-ups that the current task owes, each as an operation. To be called before anything
/// that other tasks can see.
pub(crate) fn pay() {
    if with_kernel(|k| k.owed.is_empty()) {
        return;
    }
    // Others run in between, and owe and pay on their own account.
    for wakeup in with_kernel(|k| std::mem::take(&mut k.owed)) {
        set(wakeup);
    }
}

/// Sets the token of a task: the operation of its waker.
pub(super) fn set(wakeup: Wakeup) {
    let flag = with_kernel(|k| k.flag(wakeup.task, Flag::Wake));
    perform_part(Op::new("wake", flag, Class::Wake), |step| {
        let stale = with_kernel(|k| k.tasks[wakeup.task].poll != wakeup.poll);
        if stale {
            step.refine(0, Class::StaleWake);
        }
        step.tell(|| {
            let name = with_kernel(|k| k.task_name(wakeup.task));
            match stale {
                false => format!("wakes {name}"),
                true => format!("wakes {name} with the waker of an earlier poll ➜ nothing"),
            }
        });
    });
}

/// In a program that marks steps, a task that has begun, or has waited for an exit or the clock, goes on with a step, so that
/// it comes before or after what is marked; and where it may panic then, so that what it drops has a step to belong to.
#[track_caller]
pub(super) fn go_on_after_waiting(verb: &'static str) {
    let runs = with_kernel(|k| k.nested == 0 && k.ending.is_none()) && !unwinds();
    let (pass, alone) = with_kernel(|k| (k.passes(&[]), k.numbering.facts.unwinds_alone));
    let accesses: Accesses = pass.into_iter().collect();
    if !runs || accesses.is_empty() && !alone {
        return go_on("code of other crates");
    }
    let op = Op {
        verb,
        accesses,
        extra: Extra::Nothing,
        deadline: None,
        location: Location::caller(),
    };
    perform_part(op, |step| {
        step.sync(Sync::None);
        step.tell(|| verb.to_owned());
    });
}

/// In a program that runs futures of other crates, what a task does before its next operation may touch their
/// state, so it is a step of its own.
#[track_caller]
pub(crate) fn go_on(verb: &'static str) {
    let access = with_kernel(|k| k.touches_elsewhere().filter(|_| k.nested == 0 && k.ending.is_none()));
    if let Some(access) = access.filter(|_| !unwinds()) {
        perform_part(Op::new(verb, access.object, access.class), |step| {
            step.sync(Sync::None);
            step.tell(|| verb.to_owned());
        });
    }
}
