//! Tasks that go round and round until another one changes something.

use std::panic::Location;

use super::context::{unwinds, with_kernel};
use super::perform::{pay, perform};
use super::polling::learn;
use super::switch::unwind;
use crate::kernel::{End, Sync};

/// `yield_now` and `spin_loop`. `at_once`: the caller is known to spin.
#[track_caller]
pub(crate) fn yield_now(at_once: bool) {
    let location = Location::caller();
    yield_at(location, location, at_once);
}

/// [`yield_now`] at a site that tells one loop from another, for what the program has at `place`.
pub(super) fn yield_at(site: &'static Location<'static>, place: &'static Location<'static>, at_once: bool) {
    pay();
    if with_kernel(|k| k.nested == 0 && k.ending.is_none()) {
        learn(|n| &mut n.spins);
    }
    end_if_idle();
    if let Some(mut op) = with_kernel(|k| if k.nested > 0 { None } else { k.spin(site, at_once) }) {
        op.location = place;
        perform(op, |step| {
            step.sync(Sync::None);
            step.tell(|| "spins".to_owned());
        });
    }
}

/// Ends the execution if the current task only yields, or only looks at the clock, over and over.
pub(crate) fn end_if_idle() {
    let ends = with_kernel(|k| {
        let ends = k.idles() && k.ending.is_none();
        if ends {
            let name = k.task_name(k.current);
            k.end(End::Livelock(format!(
                "{name} goes round and round without an operation of selvedge: what it waits for cannot change meanwhile, and \
                 the clock moves only when no task can go on"
            )));
        }
        ends
    });
    if ends && !unwinds() {
        unwind();
    }
}
