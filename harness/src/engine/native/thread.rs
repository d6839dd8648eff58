//! A thread of std.

use std::time::Duration;

use crate::raw::RawThread;

/// std's handle.
#[derive(Clone, Debug)]
pub(crate) struct Thread(pub(super) std::thread::Thread);

impl RawThread for Thread {
    type Id = std::thread::ThreadId;

    fn current() -> Self {
        Thread(std::thread::current())
    }

    fn park() {
        std::thread::park();
    }

    fn park_timeout(duration: Duration) {
        std::thread::park_timeout(duration);
    }

    fn unpark(&self) {
        self.0.unpark();
    }

    fn name(&self) -> Option<&str> {
        self.0.name()
    }

    fn id(&self) -> Self::Id {
        self.0.id()
    }
}
