//! What an execution has besides the objects of the harness: values that end with its main thread, and allocations.
//!
//! All threads of an execution run on one thread of the operating system, so this is a thread local of std.

use std::cell::RefCell;
use std::collections::BTreeMap;

#[derive(Default)]
struct Execution {
    /// Ends the values of statics, the last one first.
    ends: Vec<Box<dyn FnOnce()>>,
    /// The counts of what is allocated, by its address.
    allocated: BTreeMap<usize, *const ()>,
}

thread_local! {
    static EXECUTION: RefCell<Execution> = RefCell::default();
}

/// Runs the main thread of an execution.
pub(crate) fn run(main: impl FnOnce()) {
    // Of one that was ended by force. Its objects are gone, and its destructors must not run in this one.
    std::mem::forget(EXECUTION.take());
    main();
    while let Some(end) = EXECUTION.with_borrow_mut(|execution| execution.ends.pop()) {
        end();
    }
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
