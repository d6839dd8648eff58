//! The threads of a scope, each with a flag that loom knows.

use std::any::Any;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex};

use super::join::Join;
use super::threads::told_by_scope;
use crate::raw::{Body, RawJoin, RawScope};

/// The flags of the threads.
pub(crate) struct Scope(Mutex<Vec<Arc<Done>>>);

/// Set by a thread when it is done.
struct Done {
    done: ::loom::sync::Mutex<bool>,
    changed: ::loom::sync::Condvar,
}

impl RawScope for Scope {
    type Join = Join;

    fn new() -> Self {
        Scope(Mutex::default())
    }

    fn spawn(&self, name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Join> {
        let done = Arc::new(Done {
            done: ::loom::sync::Mutex::new(false),
            changed: ::loom::sync::Condvar::new(),
        });
        self.0
            .lock()
            .expect("no panic happens under this lock")
            .push(Arc::clone(&done));
        let body = move || {
            let result = catch_unwind(AssertUnwindSafe(body));
            *done.done.lock().expect("loom mutexes are not poisoned here") = true;
            done.changed.notify_all();
            result.unwrap_or_else(|payload| resume_unwind(payload));
        };
        Join::spawn(name, stack_size, Box::new(body))
    }

    fn raises(_: &(dyn Any + Send)) -> bool {
        told_by_scope();
        true
    }

    fn wait(&self) {
        for each in std::mem::take(&mut *self.0.lock().expect("no panic happens under this lock")) {
            let mut done = each.done.lock().expect("loom mutexes are not poisoned here");
            while !*done {
                done = each.changed.wait(done).expect("loom mutexes are not poisoned here");
            }
        }
    }
}
