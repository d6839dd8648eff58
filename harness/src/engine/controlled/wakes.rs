//! The wakers of async tasks.
//!
//! A waker sets the wake-up token of its task, which is a visible operation. It can be called from
//! anywhere, though: code of another crate may call it while it holds a lock of `std`, and if another
//! task ran in the middle of that call and came to the same lock, the only OS thread there is would wait
//! for itself. So a waker only notes what is *owed*, and the task pays before it does anything else that
//! others can see. What lies in between is invisible to the kernel, so nothing is lost by the delay.
//!
//! | called | the token is set |
//! |---|---|
//! | by a task between two operations | by an operation of its own, before the task's next one |
//! | inside an operation (a tokio type, a timer) | at once, as a part of that step |
//! | while the task unwinds | at once, as a part of the last step |
//! | outside the execution, or after it | never |

use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::task::{RawWaker, RawWakerVTable, Waker};

use super::context::{try_with_kernel, unwinds, with_kernel};
use super::perform::set;
use crate::engine::current::{Engine, current};
use crate::kernel::Wakeup;

/// A waker, and the count of its clones.
pub(super) fn waker_of(wakeup: Wakeup) -> (Waker, Arc<Wakeup>) {
    let shared = Arc::new(wakeup);
    let raw = RawWaker::new(Arc::into_raw(Arc::clone(&shared)).cast(), &VTABLE);
    // SAFETY: every function of the table takes the pointer for what it is, an `Arc<Wakeup>` whose
    // count includes the waker, and a `Wakeup` may be used from any OS thread.
    (unsafe { Waker::from_raw(raw) }, shared)
}

fn wake_up(wakeup: Wakeup) {
    if current() != Engine::Controlled || try_with_kernel(|k| k.epoch == wakeup.epoch) != Some(true) {
        return;
    }
    let now = unwinds() || with_kernel(|k| k.nested > 0);
    if now {
        set(wakeup);
    } else {
        with_kernel(|k| k.owed.push(wakeup));
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

// The contract of each of the four is that of `RawWakerVTable`, with the pointer made by `waker_of`.

unsafe fn clone(pointer: *const ()) -> RawWaker {
    let pointer: *const Wakeup = pointer.cast();
    // SAFETY: the waker that is cloned holds a reference, so the count is not zero.
    unsafe { Arc::increment_strong_count(pointer) };
    // SAFETY: as above.
    let wakeup = unsafe { *pointer };
    note_clone(wakeup);
    RawWaker::new(pointer.cast(), &VTABLE)
}

/// A clone that is made between two operations of the polled task, and after which the task touches
/// nothing the kernel knows, was stored where the kernel cannot see it.
fn note_clone(wakeup: Wakeup) {
    try_with_kernel(|k| {
        if k.epoch == wakeup.epoch && k.current == wakeup.task && k.nested == 0 {
            k.cloned_at = Some(k.contacts);
        }
    });
}

unsafe fn wake(pointer: *const ()) {
    // SAFETY: the waker is gone after this call, and its reference is this one.
    let wakeup = unsafe { Arc::from_raw(pointer.cast::<Wakeup>()) };
    wake_up(*wakeup);
}

unsafe fn wake_by_ref(pointer: *const ()) {
    // SAFETY: the waker keeps its reference, so this one is not dropped.
    let wakeup = ManuallyDrop::new(unsafe { Arc::from_raw(pointer.cast::<Wakeup>()) });
    wake_up(**wakeup);
}

unsafe fn drop_waker(pointer: *const ()) {
    // SAFETY: the waker is gone after this call, and its reference is this one.
    drop(unsafe { Arc::from_raw(pointer.cast::<Wakeup>()) });
}
