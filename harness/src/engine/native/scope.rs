//! The threads of a scope, counted.

use std::any::Any;
use std::io;
use std::sync::{Arc, Condvar, Mutex};

use super::execution::told_by_scope;
use super::join::Join;
use crate::raw::{Body, RawJoin, RawScope};

/// How many threads have not finished.
pub(crate) struct Scope(Arc<Running>);

struct Running {
    count: Mutex<usize>,
    changed: Condvar,
}

impl RawScope for Scope {
    type Join = Join;

    fn new() -> Self {
        Scope(Arc::new(Running {
            count: Mutex::new(0),
            changed: Condvar::new(),
        }))
    }

    fn spawn(&self, name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Join> {
        *self.0.count.lock().expect("no panic happens under this lock") += 1;
        let guard = CountDown(Arc::clone(&self.0));
        let body = move || {
            // Dropped when the body is gone, and with it all that it borrows.
            let _guard = guard;
            body();
        };
        Join::spawn(name, stack_size, Box::new(body))
    }

    fn raises(_: &(dyn Any + Send)) -> bool {
        told_by_scope();
        true
    }

    fn wait(&self) {
        let mut count = self.0.count.lock().expect("no panic happens under this lock");
        while *count > 0 {
            count = self.0.changed.wait(count).expect("no panic happens under this lock");
        }
    }
}

/// Counts a thread as finished when it is dropped.
struct CountDown(Arc<Running>);

impl Drop for CountDown {
    fn drop(&mut self) {
        *self.0.count.lock().expect("no panic happens under this lock") -= 1;
        self.0.changed.notify_all();
    }
}
