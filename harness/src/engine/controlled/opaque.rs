//! Code of other crates, as operations on an object that has the name the program has given it.

use std::panic::Location;

use super::context::{try_with_kernel, with_kernel};
use super::perform::perform_opaque;
use crate::kernel::{Class, Op};

/// Runs `body` as one operation on the object of that name. `told` makes the row of the trace.
pub(crate) fn opaque<R>(
    verb: &'static str,
    name: &str,
    location: &'static Location<'static>,
    body: impl FnOnce() -> R,
    told: impl FnOnce(&R) -> String,
) -> R {
    let object = with_kernel(|k| k.shared(name));
    let mut op = Op::new(verb, object, Class::Write);
    op.location = location;
    perform_opaque(op, |step| {
        let result = body();
        step.tell(|| told(&result));
        result
    })
}

/// What an execution has left behind is dropped when it has no tasks any more: that is no operation.
pub(crate) fn has_tasks() -> bool {
    try_with_kernel(|k| !k.tasks.is_empty()) == Some(true)
}
