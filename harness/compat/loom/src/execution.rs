//! What an execution has besides the objects of the harness: values that end with its main thread, and allocations.
//!
//! All threads of an execution run on one thread of the operating system, so this is a thread local of std.

use std::alloc::Layout;
use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Default)]
struct Execution {
    /// Ends the values of statics, the last one first.
    ends: Vec<Box<dyn FnOnce()>>,
    /// The counts of what is allocated, by its address.
    allocated: BTreeMap<usize, *const ()>,
    /// Whether a thread has yielded.
    yielded: bool,
}

/// Memory that an execution has freed.
#[derive(Default)]
struct Freed(Vec<(*mut u8, Layout)>);

impl Drop for Freed {
    fn drop(&mut self) {
        for (pointer, layout) in self.0.drain(..) {
            // SAFETY: it was given to `dealloc`, whose caller says that it is of this layout and no longer used.
            unsafe { std::alloc::dealloc(pointer, layout) }
        }
    }
}

thread_local! {
    static EXECUTION: RefCell<Execution> = RefCell::default();
    static FREED: RefCell<Freed> = RefCell::default();
}

/// Runs the main thread of an execution. True if a thread has yielded by then.
pub(crate) fn run(main: impl FnOnce()) -> bool {
    // Of one that was ended by force. Its objects are gone, and its destructors must not run in this one.
    std::mem::forget(EXECUTION.take());
    drop(FREED.take());
    main();
    while let Some(end) = EXECUTION.with_borrow_mut(|execution| execution.ends.pop()) {
        end();
    }
    EXECUTION.with_borrow(|execution| execution.yielded)
}

/// A thread yields.
pub(crate) fn yields() {
    EXECUTION.with_borrow_mut(|execution| execution.yielded = true);
}

/// `end` is called when the main thread is done.
pub(crate) fn at_end(end: impl FnOnce() + 'static) {
    EXECUTION.with_borrow_mut(|execution| execution.ends.push(Box::new(end)));
}

/// Something is allocated at an address.
pub(crate) fn allocated(address: usize, count: *const ()) -> Option<*const ()> {
    EXECUTION.with_borrow_mut(|execution| execution.allocated.insert(address, count))
}

/// It is freed.
pub(crate) fn freed(address: usize) -> Option<*const ()> {
    EXECUTION.with_borrow_mut(|execution| execution.allocated.remove(&address))
}

/// Its memory goes back when the next execution begins.
pub(crate) fn free_later(pointer: *mut u8, layout: Layout) {
    FREED.with_borrow_mut(|freed| freed.0.push((pointer, layout)));
}
