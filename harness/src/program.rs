//! What a program under test can say to the engine: rows of its own, branches of its own, and calls into code
//! that is not ours.

use std::fmt::Arguments;

use crate::engine::any;
use crate::kernel::Class;

/// Adds a row to the trace of the running task. [`note!`](crate::note!) is the usual way.
#[doc(hidden)]
#[track_caller]
pub fn note(text: Arguments<'_>) {
    any::note(text);
}

/// Adds a row to the trace: `note!("cache miss for {key}")`. The arguments are formatted only while a
/// trace is recorded, so they must not change what the program does.
#[macro_export]
macro_rules! note {
    ($($argument:tt)+) => {
        $crate::note(::core::format_args!($($argument)+))
    };
}

/// One of the numbers below `n`: a branch of the program itself. Exhaustive strategies take every
/// arm, randomized ones pick one. On real threads and outside a check it is 0.
///
/// # Panics
/// When `n` is 0, when it is more than 1,048,576 under the controlled engine, and under loom, which knows no such branch.
#[track_caller]
pub fn choose(n: usize) -> usize {
    assert!(n > 0, "choose(0) has no arm to take");
    any::choose(n)
}

/// Steps that the execution has taken so far, all tasks together; 0 outside of a check and on real threads. What a program does with
/// it must not change what it does.
pub fn steps() -> usize {
    any::steps()
}

/// A call into code that is not ours, as one operation on an object of that name: a SQL statement, a
/// method of a crate that knows nothing about this one. No other task runs in between, and two calls
/// under one name are never independent, so the search tries them in every order.
///
/// What `f` wakes belongs to the operation. On real threads and under loom this just calls `f`.
///
/// # Panics
/// When `f` blocks on something of this crate: it cannot wait, because no other task can run.
/// [`opaque_call`] says besides which call it is.
#[track_caller]
pub fn opaque<R>(name: &str, f: impl FnOnce() -> R) -> R {
    call(name, "call", || name.to_owned(), f)
}

/// [`opaque`] with a verb: `opaque_call("channel", "close", || sender.close())` has the row `channel.close()` where
/// `opaque` has `channel`. The verb tells calls apart, for readers and in schedules; the name alone says what they touch.
#[track_caller]
pub fn opaque_call<R>(name: &str, verb: &'static str, f: impl FnOnce() -> R) -> R {
    call(name, verb, || format!("{name}.{verb}()"), f)
}

#[track_caller]
fn call<R>(name: &str, verb: &'static str, row: impl FnOnce() -> String, f: impl FnOnce() -> R) -> R {
    let Some(object) = any::Opaque::shared(name) else {
        return f();
    };
    object.step(verb, Class::Write, |step| {
        if let Some(step) = step {
            step.tell(row);
        }
        f()
    })
}
