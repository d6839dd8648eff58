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

use super::kernel::Flag;
use super::op::{Class, Op};
use super::{Engine, current, perform_part, try_with_kernel, with_kernel};

/// Wakes one task of one execution. It may outlive that and travel to other OS threads; there it does
/// nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Wakeup {
    pub(crate) task: usize,
    pub(crate) epoch: u64,
    /// With [`fresh_wakers`](crate::Check::fresh_wakers), the number of the poll it was made for.
    pub(crate) poll: u64,
}

impl Wakeup {
    /// A waker, and the count of its clones.
    pub(crate) fn waker(self) -> (Waker, Arc<Wakeup>) {
        let shared = Arc::new(self);
        let raw = RawWaker::new(Arc::into_raw(Arc::clone(&shared)).cast(), &VTABLE);
        // SAFETY: every function of the table takes the pointer for what it is, an `Arc<Wakeup>` whose
        // count includes the waker, and a `Wakeup` may be used from any OS thread.
        (unsafe { Waker::from_raw(raw) }, shared)
    }

    fn wake(self) {
        if current() != Engine::Controlled || try_with_kernel(|k| k.epoch == self.epoch) != Some(true) {
            return;
        }
        let now = std::thread::panicking() || with_kernel(|k| k.nested > 0);
        if now {
            self.set();
        } else {
            with_kernel(|k| k.owed.push(self));
        }
    }

    /// The operation.
    fn set(self) {
        let flag = with_kernel(|k| k.flag(self.task, Flag::Wake));
        perform_part(Op::new("wake", flag, Class::Wake), |step| {
            let stale = with_kernel(|k| k.tasks[self.task].poll != self.poll);
            if stale {
                step.refine(0, Class::StaleWake);
            }
            step.tell(|| {
                let name = with_kernel(|k| k.task_name(self.task));
                match stale {
                    false => format!("wakes {name}"),
                    true => format!("wakes {name} with the waker of an earlier poll ➜ nothing"),
                }
            });
        });
    }
}

/// Carries out the wake-ups that the current task owes, each as an operation. To be called before anything
/// that other tasks can see.
pub(crate) fn pay() {
    if with_kernel(|k| k.owed.is_empty()) {
        return;
    }
    // Others run in between, and owe and pay on their own account.
    for wakeup in with_kernel(|k| std::mem::take(&mut k.owed)) {
        wakeup.set();
    }
}

static VTABLE: RawWakerVTable = RawWakerVTable::new(clone, wake, wake_by_ref, drop_waker);

// The contract of each of the four is that of `RawWakerVTable`, with the pointer made by `Wakeup::waker`.

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
    wakeup.wake();
}

unsafe fn wake_by_ref(pointer: *const ()) {
    // SAFETY: the waker keeps its reference, so this one is not dropped.
    let wakeup = ManuallyDrop::new(unsafe { Arc::from_raw(pointer.cast::<Wakeup>()) });
    wakeup.wake();
}

unsafe fn drop_waker(pointer: *const ()) {
    // SAFETY: the waker is gone after this call, and its reference is this one.
    drop(unsafe { Arc::from_raw(pointer.cast::<Wakeup>()) });
}
