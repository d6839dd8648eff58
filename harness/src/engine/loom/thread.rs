//! A thread of loom.

use std::time::Duration;

use super::session::{current_task, with_iteration};
use crate::raw::RawThread;

/// loom's handle, and the name that it does not know.
#[derive(Clone, Debug)]
pub(crate) struct Thread(::loom::thread::Thread, Option<String>);

impl Thread {
    pub(super) fn new(thread: ::loom::thread::Thread, name: Option<String>) -> Self {
        Thread(thread, name)
    }
}

impl RawThread for Thread {
    type Id = ::loom::thread::ThreadId;

    fn current() -> Self {
        let me = current_task();
        let name = with_iteration(|i| i.threads.get(me).cloned().flatten());
        Thread(::loom::thread::current(), name.flatten())
    }

    fn park() {
        ::loom::thread::park();
    }

    /// There is no time, so it may be over at once.
    fn park_timeout(_: Duration) {
        ::loom::thread::yield_now();
    }

    fn unpark(&self) {
        self.0.unpark();
    }

    fn name(&self) -> Option<&str> {
        self.1.as_deref()
    }

    fn id(&self) -> Self::Id {
        self.0.id()
    }
}
