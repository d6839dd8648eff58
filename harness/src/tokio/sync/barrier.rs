//! [`Barrier`]: the real `tokio::sync::Barrier`.

use std::fmt;
use std::future::Future;

use tokio::sync::BarrierWaitResult;

use crate::tokio::opaque::{Object, future};

/// Lets `n` tasks go on together; the real `tokio::sync::Barrier`.
pub struct Barrier {
    inner: tokio::sync::Barrier,
    object: Object,
}

impl Barrier {
    /// A barrier for `n` tasks; 0 means 1.
    ///
    /// # Panics
    /// Under loom.
    #[track_caller]
    pub fn new(n: usize) -> Self {
        Barrier {
            inner: tokio::sync::Barrier::new(n),
            object: Object::new("Barrier"),
        }
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        self.object.set_name(name);
        self
    }

    /// Waits until `n` tasks wait. Exactly one of them is told to be the leader.
    #[track_caller]
    pub fn wait(&self) -> impl Future<Output = BarrierWaitResult> + Send {
        // A task that has arrived stays arrived, even if its future is dropped.
        future(self.object, "wait", self.inner.wait()).leaves_no_traces()
    }
}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}
