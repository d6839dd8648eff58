//! A thread of the engine that runs.

use std::fmt;
use std::time::Duration;

use crate::engine::current::{Engine, current};
#[cfg(feature = "loom")]
use crate::engine::loom;
use crate::engine::{controlled, native};
use crate::raw::RawThread;

any_of! {
    /// A handle to a thread.
    #[derive(Clone, Debug)]
    Thread = native::Thread, controlled::Thread, loom::Thread
}

any_of! {
    /// Tells threads apart.
    #[derive(Clone, Copy, PartialEq, Eq, Hash)]
    ThreadId = <native::Thread as RawThread>::Id, <controlled::Thread as RawThread>::Id, <loom::Thread as RawThread>::Id
}

impl fmt::Debug for ThreadId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ThreadId::Native(raw) => raw.fmt(f),
            ThreadId::Controlled(number) => f.debug_tuple("ThreadId").field(number).finish(),
            #[cfg(feature = "loom")]
            ThreadId::Loom(raw) => raw.fmt(f),
        }
    }
}

/// What tells the current task from others in every execution, and is the same in all of them; nothing on real threads. loom has
/// nothing of the kind: there it is 0.
#[cfg(feature = "rand")]
pub(crate) fn number() -> Option<u64> {
    match current() {
        Engine::Native => None,
        Engine::Controlled => Some(controlled::Thread::current().id()),
        #[cfg(feature = "loom")]
        Engine::Loom => Some(0),
    }
}

impl RawThread for Thread {
    type Id = ThreadId;

    fn current() -> Self {
        make!(Thread, RawThread::current())
    }

    fn park() {
        match current() {
            Engine::Native => native::Thread::park(),
            Engine::Controlled => controlled::Thread::park(),
            #[cfg(feature = "loom")]
            Engine::Loom => loom::Thread::park(),
        }
    }

    fn park_timeout(duration: Duration) {
        match current() {
            Engine::Native => native::Thread::park_timeout(duration),
            Engine::Controlled => controlled::Thread::park_timeout(duration),
            #[cfg(feature = "loom")]
            Engine::Loom => loom::Thread::park_timeout(duration),
        }
    }

    fn unpark(&self) {
        each!(self, Thread(raw) => raw.unpark());
    }

    fn name(&self) -> Option<&str> {
        each!(self, Thread(raw) => raw.name())
    }

    fn id(&self) -> ThreadId {
        map_each!(self, Thread(raw) => ThreadId(raw.id()))
    }
}
