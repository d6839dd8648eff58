//! The exit of a task as an operation that others can see.

use std::task::{Context, Waker};

use super::context::with_kernel;
use super::perform::{perform, perform_opaque};
use super::polling::{learn, with_polling, with_tasks};
use crate::kernel::{Class, Flag, Op, Pending, Sync};

/// Whether a task of the controlled engine has announced its exit.
#[track_caller]
pub(super) fn is_finished(task: usize) -> bool {
    exits_are_visible();
    let (flag, is_async) = with_kernel(|k| (k.flag(task, Flag::Exit), k.tasks[task].is_async));
    perform(Op::new("is_finished", flag, Class::Read), |step| {
        // tokio's look at its task acquires, std's at a thread does not.
        if !is_async {
            step.sync(Sync::None);
        }
        let finished = with_kernel(|k| k.object(flag).gate.token());
        step.tell(|| format!("{} is_finished ➜ {finished}", with_kernel(|k| k.task_name(task))));
        finished
    })
}

/// Makes the end of a task visible to [`is_finished`].
pub(super) fn announce_exit(task: usize) {
    let flag = with_kernel(|k| k.flag(task, Flag::Exit));
    perform_opaque(Op::new("exit", flag, Class::Wake), |step| {
        wake_joiner(task);
        step.tell(|| "finishes".to_owned());
    });
}

/// Polls for the exit of a task.
pub(super) fn exited(target: usize, cx: &Context<'_>, asked: &mut bool) -> bool {
    let is_over = || with_kernel(|k| matches!(k.tasks[target].pending, Pending::Exited));
    let (visible, nested, ends) = with_kernel(|k| (k.numbering.facts.observes_exit, k.nested > 0, k.ending.is_some()));
    if ends {
        return is_over();
    }
    if nested && !visible {
        exits_are_visible();
        return is_over();
    }
    if visible {
        let flag = with_kernel(|k| k.flag(target, Flag::Exit));
        return perform(Op::new("join", flag, Class::Read), |step| {
            let over = with_kernel(|k| k.object(flag).gate.token());
            if !over {
                joins(target, cx.waker());
            }
            step.tell(|| {
                let name = with_kernel(|k| k.task_name(target));
                format!("join {name} ➜ {}", if over { "finished" } else { "pending" })
            });
            over
        });
    }
    if std::mem::replace(asked, true) && is_over() {
        return true;
    }
    let awaited = with_polling(|polling| polling.awaits(target, cx.waker()));
    if awaited != Some(true) {
        exits_are_visible();
        joins(target, cx.waker());
    }
    false
}

/// Whoever this wakes awaits the exit of a task.
fn joins(target: usize, waker: &Waker) {
    with_kernel(|k| {
        let me = k.current;
        k.tasks[me].awaits_exit = true;
    });
    drop(with_tasks(|t| t.joiners.insert(target, waker.clone())));
}

/// Makes the exits of tasks visible to one that has to be woken for it.
pub(super) fn exit_wakes(target: usize, waker: &Waker) {
    exits_are_visible();
    match with_kernel(|k| matches!(k.tasks[target].pending, Pending::Exited)) {
        true => waker.wake_by_ref(),
        false => joins(target, waker),
    }
}

/// Makes exits visible operations. False if they were not, see [`Kernel::learn`](crate::kernel::Kernel::learn).
pub(super) fn exits_are_visible() -> bool {
    let known = learn(|n| &mut n.observes_exit);
    if !known {
        with_kernel(|k| {
            for task in 0..k.tasks.len() {
                if let Pending::Exited = k.tasks[task].pending {
                    let flag = k.flag(task, Flag::Exit);
                    k.object_mut(flag).gate.apply(Class::Wake);
                }
            }
        });
    }
    known
}

/// Wakes whoever awaits a task that exits. Where exits are visible it is called inside that step.
pub(super) fn wake_joiner(task: usize) {
    let waker = with_tasks(|t| t.joiners.remove(&task));
    if let Some(waker) = waker {
        waker.wake();
    }
}
