//! A running thread of loom.
//!
//! Its panic is caught before loom sees it, which would end the search there.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::thread::Thread;
use super::threads::{joining, spawning, thread_ended, thread_joined};
use crate::engine::panics::STACK;
use crate::raw::{Body, Payload, RawJoin, Slot};

/// loom's handle.
pub(crate) struct Join {
    /// loom's number of the thread.
    task: usize,
    handle: ::loom::thread::JoinHandle<()>,
    thread: Thread,
    /// Filled when the body has returned or panicked.
    end: Slot<Result<(), Payload>>,
}

impl RawJoin for Join {
    type Thread = Thread;

    fn spawn(name: Option<String>, stack_size: Option<usize>, body: Body) -> io::Result<Self> {
        let task = spawning(name.clone());
        let end = Slot::empty();
        let theirs = end.clone();
        // loom hands the size on to generators, which count words.
        let words = stack_size.unwrap_or_default().max(STACK) / size_of::<usize>();
        let thread = ::loom::thread::Builder::new().stack_size(words);
        let handle = thread.spawn(move || {
            let result = catch_unwind(AssertUnwindSafe(body));
            let failed = result.is_err();
            theirs.put(result);
            thread_ended(task, failed);
        })?;
        let thread = Thread::new(handle.thread().clone(), name);
        Ok(Join {
            task,
            handle,
            thread,
            end,
        })
    }

    fn thread(&self) -> Thread {
        self.thread.clone()
    }

    fn join(self) -> Result<(), Payload> {
        joining(self.task);
        self.handle.join()?;
        thread_joined(self.task);
        self.end
            .take()
            .unwrap_or_else(|| Err(Box::new("the thread left no result")))
    }

    fn is_finished(&self) -> bool {
        self.end.is_full()
    }
}
