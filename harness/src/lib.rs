//! placeholder

pub mod cell;
pub mod check;
pub mod future;
pub mod time;
pub mod tokio;
pub mod error;
pub mod sync;
pub mod thread;
pub mod hint;
pub mod trace;
pub mod schedule;
mod engine;
mod explain;
mod explore;
mod search;
mod shrink;

pub use check::{Check, Failure, FailureKind, Report, Strategy, Verdict, check};
pub use error::Error;
pub use schedule::Schedule;

/// Adds a row to the trace of the running task. [`note!`](crate::note!) is the usual way.
#[doc(hidden)]
pub fn note(text: std::fmt::Arguments<'_>) {
    if engine::tracing() {
        let text = text.to_string();
        engine::with_kernel(|k| {
            let me = k.current;
            if let Some(recorder) = &mut k.recorder {
                recorder.event(me, text, None);
            }
        });
    }
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
/// When `n` is 0, and under loom, which knows no such branch.
pub fn choose(n: usize) -> usize {
    assert!(n > 0, "choose(0) has no arm to take");
    match engine::current() {
        engine::Engine::Native => 0,
        engine::Engine::Controlled => engine::controlled::choose(n),
        engine::Engine::Loom => engine::loom::unsupported("choose()"),
    }
}

/// A call into code that is not ours, as one operation on an object of that name: a SQL statement, a
/// method of a crate that knows nothing about this one. No other task runs in between, and two calls
/// under one name are never independent, so the search tries them in every order.
///
/// What `f` wakes belongs to the operation. On real threads and under loom this just calls `f`.
///
/// # Panics
/// When `f` blocks on something of this crate: it cannot wait, because no other task can run.
#[track_caller]
pub fn opaque<R>(name: &str, f: impl FnOnce() -> R) -> R {
    use engine::op::{Class, Op};
    if engine::current() != engine::Engine::Controlled {
        return f();
    }
    let object = engine::with_kernel(|k| k.shared(name));
    engine::perform_opaque(Op::new("call", object, Class::Write), |step| {
        step.tell(|| name.to_owned());
        f()
    })
}
