//! Blocking inside a future: what a task polls waits, and so does the task.
//!
//! A task has one wake-up token. A loop inside its loop would take the token that was set for the other one, so what
//! `block_on` runs in such a place is polled by a task of its own, which has the thread locals of the one that waits.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::rc::Rc;

use super::context::{try_with_kernel, with_kernel};
use super::drive::drive;
use super::polling::with_tasks;
use super::tasks::{spawn, wait_for_exit};
use crate::raw::Job;

/// Runs `f`, which may block, inside a future.
pub(crate) fn block_in_place<R>(f: impl FnOnce() -> R) -> R {
    /// The outermost such place of its task.
    struct Leave(usize);
    impl Drop for Leave {
        fn drop(&mut self) {
            if try_with_kernel(|_| ()).is_some() {
                with_tasks(|t| t.in_place.remove(&self.0));
            }
        }
    }
    let me = with_kernel(|k| k.current);
    let polls = with_tasks(|t| t.polling.contains_key(&me) && t.in_place.insert(me));
    let _leave = polls.then(|| Leave(me));
    f()
}

/// Whether the current task is in such a place.
pub(super) fn is_in_place() -> bool {
    let me = with_kernel(|k| k.current);
    with_tasks(|t| t.in_place.contains(&me))
}

/// Runs a job on a task of its own, and waits for it.
#[track_caller]
pub(super) fn block_on_beside(job: Pin<&mut dyn Job>) {
    type Locals = BTreeMap<usize, Rc<dyn std::any::Any>>;
    /// Hands the thread locals back, however the job ends.
    struct Back(Rc<RefCell<Locals>>);
    impl Drop for Back {
        fn drop(&mut self) {
            self.0.replace(exchange(Locals::new()));
        }
    }
    fn exchange(locals: Locals) -> Locals {
        with_kernel(|k| {
            let me = k.current;
            std::mem::replace(&mut k.tasks[me].locals, locals)
        })
    }
    // SAFETY: only the lifetimes change. The task is waited for, and if this one unwinds because the execution is over,
    // it has unwound before, as younger tasks do.
    let mut job = unsafe { std::mem::transmute::<Pin<&mut dyn Job>, Pin<&'static mut (dyn Job + 'static)>>(job) };
    let locals = Rc::new(RefCell::new(exchange(Locals::new())));
    let theirs = Rc::clone(&locals);
    let body = move || {
        drop(exchange(theirs.take()));
        let _back = Back(theirs);
        let done = drive(job.as_mut());
        assert!(done, "only spawned tasks are aborted");
        job.finish();
    };
    let task = spawn(None, false, 0, Box::new(body));
    wait_for_exit(task);
    drop(exchange(locals.take()));
    if let Some(payload) = with_kernel(|k| k.tasks[task].panic.take()) {
        resume_unwind(payload);
    }
}
