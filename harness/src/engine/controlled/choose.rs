//! A branch of the program itself, and what a platform may do for no reason.

use std::panic::Location;

use super::context::{ask, unwinds, with_kernel};
use super::perform::{go_on_after_waiting, pay};
use super::switch::unwind;
use crate::kernel::{End, Entry, Kernel, ObjectId, Question, Way, Ways};

/// A branch of the program: the strategy picks one of `n` arms, and a row says which.
///
/// # Panics
/// When there are more than a strategy could ever take.
pub(crate) fn choose(question: Question, n: usize, location: &'static Location<'static>) -> usize {
    choose_told(question, n, location, |_, arm| question.answer(arm as u32, n as u32))
}

/// [`choose`] with other words in the row.
pub(super) fn choose_told(
    question: Question,
    n: usize,
    location: &'static Location<'static>,
    told: impl FnOnce(&Kernel, usize) -> String,
) -> usize {
    let arm = arm(question, n);
    tell(location, |k| told(k, arm));
    arm
}

/// A row for the branch that has just been taken.
fn tell(location: &'static Location<'static>, told: impl FnOnce(&Kernel) -> String) {
    with_kernel(|k| {
        let me = k.current;
        // What is decided at the end of an execution is no part of it.
        if k.ending.is_none()
            && let Some(mut recorder) = k.recorder.take()
        {
            recorder.event(me, told(k), Some(location));
            if let Some(Entry::Choice { asked: Some(_), .. }) = k.log.last() {
                recorder.is_entry(k.log.len() - 1);
            }
            k.recorder = Some(recorder);
        }
    });
}

/// Whether a loop that waits goes round once more although nobody has changed what it looks at.
pub(super) fn goes_round_for_no_reason(location: &'static Location<'static>) -> bool {
    let goes = happens_for_no_reason("goes round");
    if goes {
        tell(location, |_| "goes round again, though nothing has changed".to_owned());
    }
    goes
}

/// Whether something happens that a platform may do without a reason, once more: `wakes`. The row of the operation tells.
pub(crate) fn happens_for_no_reason(what: &'static str) -> bool {
    happens(what, Kernel::may_wake_spuriously, Kernel::spend_spurious_wakeup)
}

/// Whether the current task is polled although nobody has woken it, once more.
pub(crate) fn is_polled_for_no_reason() -> bool {
    happens("is polled", Kernel::may_poll_spuriously, Kernel::spend_spurious_poll)
}

fn happens(what: &'static str, may: impl FnOnce(&Kernel) -> bool, spend: impl FnOnce(&mut Kernel)) -> bool {
    let may = with_kernel(|k| may(k) && k.nested == 0 && k.ending.is_none());
    let happens = may && arm(Question::NoReason(what), 2) == 1;
    if happens {
        with_kernel(spend);
    }
    happens
}

/// Which of the ways the operation that runs goes on in. The first is taken where there is nobody to ask.
pub(super) fn way(object: ObjectId, ways: &Ways) -> Way {
    let asks = |k: &Kernel| k.ending.is_none() && k.drain.is_none() && !k.firing && !k.takes_turns();
    if !with_kernel(|k| asks(k)) {
        return ways.open[0];
    }
    let all = ways.open.len() as u32;
    let task = with_kernel(|k| k.tasks[k.current].id);
    let end = match with_kernel(|k| ask(|strategy| strategy.way(k, task, object, ways))) {
        Ok(Some(at)) => {
            let way = ways.open[at as usize];
            if all > 1 {
                with_kernel(|k| {
                    let sees = k
                        .recorder
                        .as_ref()
                        .and_then(|_| k.happens_before.store_name(object, way.store));
                    k.log_way(all, at, sees);
                });
            }
            return way;
        }
        Ok(None) => End::Redundant,
        Err(why) => End::Diverged(why),
    };
    with_kernel(|k| k.end(end));
    unwind()
}

/// A branch that is the engine's own, between two operations.
pub(super) fn branch(arms: u32) -> u32 {
    let asks = |k: &Kernel| k.ending.is_none() && k.drain.is_none() && !k.takes_turns();
    if !with_kernel(|k| asks(k)) {
        return 0;
    }
    let arm = asked(arms);
    with_kernel(|k| k.log_way(arms, arm, None));
    arm
}

/// The arm that the strategy picks.
fn asked(arms: u32) -> u32 {
    let task = with_kernel(|k| k.tasks[k.current].id);
    match with_kernel(|k| ask(|strategy| strategy.arm(k, task, arms))) {
        Ok(arm) => arm,
        Err(why) => {
            with_kernel(|k| k.end(End::Diverged(why)));
            unwind()
        }
    }
}

/// Arms that an execution can choose among.
const MOST_ARMS: usize = 1 << 20;

fn arm(question: Question, n: usize) -> usize {
    assert!(
        n <= MOST_ARMS,
        "choose({n}) has more arms than could ever be explored: {MOST_ARMS} at most"
    );
    pay();
    if with_kernel(|k| k.ending.is_some()) {
        if unwinds() {
            return 0;
        }
        unwind();
    }
    if with_kernel(|k| k.drain.is_some()) {
        return 0;
    }
    if with_kernel(Kernel::ends_at_its_limit) {
        if unwinds() {
            return 0;
        }
        unwind();
    }
    let arms = u32::try_from(n).expect("there are few arms");
    if with_kernel(|k| k.takes_turns()) {
        with_kernel(|k| k.log_choice(question, arms, 0));
        return 0;
    }
    let arm = asked(arms);
    with_kernel(|k| k.log_choice(question, arms, arm));
    if with_kernel(|k| k.numbering.facts.unwinds_alone) {
        go_on_after_waiting("goes on");
    }
    arm as usize
}
