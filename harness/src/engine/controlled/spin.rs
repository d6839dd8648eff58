//! Tasks that go round and round until another one changes something.

use std::panic::Location;

use super::choose::{branch, goes_round_for_no_reason, way};
use super::context::{unwinds, with_kernel};
use super::perform::{pay, perform, perform_part};
use super::polling::learn;
use super::switch::unwind;
use crate::kernel::{Class, End, Sync, Yield, goes_round_and_round};

/// `yield_now` and `spin_loop`. `at_once`: the caller is known to spin.
#[track_caller]
pub(crate) fn yield_now(at_once: bool) {
    yield_at(Location::caller(), at_once);
}

/// [`yield_now`] at a place of the program.
pub(super) fn yield_at(location: &'static Location<'static>, at_once: bool) {
    pay();
    if with_kernel(|k| k.nested == 0 && k.ending.is_none()) {
        learn(|n| &mut n.spins);
    }
    end_if_idle();
    if with_kernel(|k| k.nested > 0) {
        return;
    }
    // Whoever keeps the waker of the poll that yields is noticed all the same.
    let cloned = with_kernel(|k| k.cloned_at == Some(k.contacts));
    match with_kernel(|k| k.spin(location, at_once)) {
        Yield::Nothing => return,
        Yield::Spins(_) if goes_round_for_no_reason(location) => {}
        Yield::Spins(mut op) => {
            let looks = op.accesses.iter().filter(|a| a.class == Class::Changed).count();
            if looks > 1 && with_kernel(|k| k.numbering.facts.looks_at_one && k.ending.is_none()) {
                let looked = branch(looks as u32) as usize;
                let one = op.accesses[looked];
                op.accesses.retain(|a| a.class != Class::Changed);
                op.accesses.insert(0, one);
            }
            let waits = op.accesses.clone();
            perform(op, |step| {
                step.sync(Sync::None);
                if !with_kernel(|k| k.happens_before.is_weak()) {
                    return step.tell(|| "spins".to_owned());
                }
                // Whoever waits for a store sees it next.
                let awaited = with_kernel(|k| k.awaited(&waits));
                let found = match awaited.len() {
                    0 | 1 => awaited.first(),
                    several => awaited.get(branch(several as u32) as usize),
                };
                if let Some((object, seen)) = found.copied().flatten() {
                    let later = with_kernel(|k| k.happens_before.later(k.current, object, seen));
                    let way = way(object, &later);
                    with_kernel(|k| k.happens_before.awaits(k.current, object, way));
                }
                step.tell(|| "spins".to_owned());
            })
        }
        Yield::Marks(op) => perform_part(op, |step| {
            step.sync(Sync::None);
            step.tell(|| "yields".to_owned());
        }),
    }
    with_kernel(|k| k.cloned_at = cloned.then_some(k.contacts));
}

/// Ends the execution if the current task only yields, or only looks at the clock, over and over.
pub(crate) fn end_if_idle() {
    let ends = with_kernel(|k| {
        let ends = k.idles() && k.ending.is_none();
        if ends {
            let name = k.task_name(k.current);
            k.end(End::Livelock(goes_round_and_round(&name)));
        }
        ends
    });
    if ends && !unwinds() {
        unwind();
    }
}
