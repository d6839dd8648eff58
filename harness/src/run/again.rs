//! The failing execution run once more.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;

use super::explain::failed;
use super::failure::Failure;
use super::share::Common;
use crate::engine::controlled::explore;
use crate::explore::replay::Replay;
use crate::kernel::{Kernel, MemoryModel, Numbering, Strategy};

/// Puts the memory model as the failure needs it, and says whether loads may see other stores than the latest.
pub(super) fn as_found(common: &mut Common, failure: &Failure) -> bool {
    let weak = common.check.memory_model == MemoryModel::Rust
        && common.check.preemption_bound.is_none()
        && failure.schedule.learned.orders_weakly;
    if !weak {
        common.see_the_latest();
    }
    weak
}

/// What there is to see at the end of the failing execution, with names and rows, and the numbering that its log is written in. None if
/// the program does something else now.
pub(super) fn again<T>(
    common: &Common,
    failure: &Failure,
    look: impl FnOnce(&mut Kernel) -> T,
) -> Option<(T, Numbering)> {
    let schedule = &failure.schedule;
    let mut replay = Replay::new(schedule.steps.clone(), !schedule.unfinished);
    if schedule.limits.memory_model == MemoryModel::SequentiallyConsistent {
        replay = replay.sees_the_latest();
    }
    let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(replay));
    let mut session = common.session(&[]);
    session.numbering.facts = schedule.learned;
    let (mut look, mut seen) = (Some(look), None);
    explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
        if failed(kernel)
            && let Some(look) = look.take()
        {
            seen = Some(look(kernel));
        }
        ControlFlow::Break(())
    });
    Some((seen?, session.numbering))
}
