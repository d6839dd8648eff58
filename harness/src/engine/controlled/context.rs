//! The kernel and the strategy of the controlled execution that runs on this OS thread.

use std::cell::RefCell;
use std::panic::Location;
use std::rc::Rc;

use crate::engine::current::{Engine, current};
use crate::engine::overflow::{self, Lent};
use crate::kernel::{Kernel, ObjectId, Strategy, is_outside};

/// A strategy, which whoever started the search still holds.
pub(crate) type SharedStrategy = Rc<RefCell<dyn Strategy>>;

thread_local! {
    static KERNEL: RefCell<Option<Box<Kernel>>> = const { RefCell::new(None) };
    static STRATEGY: RefCell<Option<SharedStrategy>> = const { RefCell::new(None) };
}

/// Lets another OS thread have the kernel of this one, once this one can do nothing any more.
pub(super) fn lend() {
    overflow::lend(Lent {
        at: KERNEL.with(|cell| std::ptr::from_ref(cell).cast()),
        adopt,
    });
}

/// Takes a kernel over for one call, unless its OS thread was just changing it.
///
/// # Safety
/// `at` comes from [`lend`], and nobody else uses what is there.
unsafe fn adopt(at: *const (), call: &dyn Fn()) {
    // SAFETY: it is the place that `lend` has named, and stays because its OS thread does.
    let theirs: &RefCell<Option<Box<Kernel>>> = unsafe { &*at.cast() };
    let kernel = theirs.try_borrow_mut().ok().and_then(|mut kernel| kernel.take());
    KERNEL.set(kernel);
    call();
    // What it holds belongs to an OS thread that is left behind.
    std::mem::forget(KERNEL.take());
}

/// Access to the kernel of the controlled execution on this OS thread. `f` must not call user code.
pub(crate) fn with_kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> R {
    KERNEL.with_borrow_mut(|k| f(k.as_mut().expect("a controlled execution is running")))
}

/// Whether a controlled execution's kernel can be reached: not after the run, and not from code that
/// the kernel itself calls.
pub(crate) fn try_with_kernel<R>(f: impl FnOnce(&mut Kernel) -> R) -> Option<R> {
    KERNEL
        .try_with(|cell| cell.try_borrow_mut().ok().and_then(|mut k| k.as_mut().map(|k| f(k))))
        .ok()
        .flatten()
}

/// Whether the code that runs on this OS thread is the kernel's or the strategy's: neither calls the program's.
pub(crate) fn is_inside() -> bool {
    if is_outside() {
        return false;
    }
    let kernel = KERNEL.try_with(|kernel| kernel.try_borrow_mut().is_err());
    let strategy = STRATEGY.try_with(|strategy| match strategy.try_borrow() {
        Ok(strategy) => strategy
            .as_ref()
            .is_some_and(|strategy| strategy.try_borrow_mut().is_err()),
        Err(_) => true,
    });
    kernel.unwrap_or(false) || strategy.unwrap_or(false)
}

/// Puts a kernel and its strategy in place of those that are there, which are returned.
pub(crate) fn install(
    kernel: Option<Box<Kernel>>,
    strategy: Option<SharedStrategy>,
) -> (Option<Box<Kernel>>, Option<SharedStrategy>) {
    (KERNEL.replace(kernel), STRATEGY.replace(strategy))
}

/// Whether the current task unwinds. `std::thread::panicking` cannot tell: all tasks share one OS thread, and the
/// destructors of one that unwinds may let others run.
pub(crate) fn unwinds() -> bool {
    let panicking = std::thread::panicking();
    try_with_kernel(|k| {
        if !panicking {
            k.unwinder = None;
            return false;
        }
        let me = k.current;
        k.is_told_to_unwind() || *k.unwinder.get_or_insert(me) == me
    })
    .unwrap_or(panicking)
}

/// Asks the strategy of the running search. `f` must not call user code.
pub(crate) fn ask<R>(f: impl FnOnce(&mut dyn Strategy) -> R) -> R {
    STRATEGY.with_borrow(|s| f(&mut *s.as_ref().expect("a controlled execution is running").borrow_mut()))
}

/// Shows the value of an object in its own column from here on, if the object has a name. What destructors
/// do to it when the execution is over is not part of the story.
pub(crate) fn show_value(object: ObjectId, value: String) {
    with_kernel(|k| {
        if k.ending.is_none()
            && let Some(name) = k.object(object).name.clone()
            && let Some(recorder) = &mut k.recorder
        {
            recorder.value(object.0, || name, value);
        }
    });
}

/// What the store of this number has left in a named atomic.
pub(super) fn show_store(object: ObjectId, nth: usize, value: impl FnOnce() -> String) {
    if !tracing() || with_kernel(|k| k.object(object).name.is_none()) {
        return;
    }
    let value = value();
    with_kernel(|k| {
        if let Some(recorder) = &mut k.recorder {
            recorder.stored(object.0, nth, value);
        }
    });
}

/// Whether a trace is being recorded.
pub(crate) fn tracing() -> bool {
    current() == Engine::Controlled && try_with_kernel(|k| k.recorder.is_some()).unwrap_or(false)
}

/// The current task is here in the program.
pub(super) fn seen_at(location: &'static Location<'static>) {
    with_kernel(|k| {
        let me = k.current;
        if let Some(recorder) = &mut k.recorder {
            recorder.seen(me, location);
        }
    });
}

/// The name of an object, for a text of the trace.
pub(crate) fn name_of(object: ObjectId) -> String {
    with_kernel(|k| k.object_name(object))
}

/// Adds a row to the trace of the running task, if a trace is being recorded.
pub(crate) fn add_row(text: std::fmt::Arguments<'_>, place: Option<String>) {
    if tracing() {
        let text = text.to_string();
        with_kernel(|k| {
            let me = k.current;
            if let Some(recorder) = &mut k.recorder {
                recorder.event_at(me, text, place);
            }
        });
    }
}
