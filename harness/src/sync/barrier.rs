//! [`Barrier`], as in `std::sync`.

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};

use crate::engine::any;
use crate::raw::RawBarrier;

/// Lets `n` tasks wait for each other, again and again.
///
/// ```
/// use selvedge::sync::{Arc, Barrier};
/// use selvedge::thread;
///
/// selvedge::check(|| {
///     let barrier = Arc::new(Barrier::new(2));
///     let other = Arc::clone(&barrier);
///     let task = thread::spawn(move || other.wait().is_leader());
///     let here = barrier.wait().is_leader();
///     assert_ne!(here, task.join().unwrap());
/// });
/// ```
pub struct Barrier {
    raw: any::Lazy<any::Barrier>,
}

/// What [`Barrier::wait`] returns; exactly one task of a generation is its leader.
pub struct BarrierWaitResult(bool);

impl BarrierWaitResult {
    /// Whether this task is the leader of its generation: in a check, who came last.
    pub fn is_leader(&self) -> bool {
        self.0
    }
}

impl Barrier {
    /// A barrier for `n` tasks. With 0 or 1 nobody ever waits.
    #[track_caller]
    pub const fn new(n: usize) -> Self {
        Barrier { raw: any::Lazy::new(n) }
    }

    #[track_caller]
    fn here(&self) -> &Self {
        any::here(self, &self.raw)
    }

    /// Its name in traces.
    pub fn named(mut self, name: &str) -> Self {
        self.raw.set_name(name);
        self
    }

    /// Waits until `n` tasks have arrived.
    #[track_caller]
    pub fn wait(&self) -> BarrierWaitResult {
        BarrierWaitResult(self.here().raw.wait())
    }
}

impl UnwindSafe for Barrier {}
impl RefUnwindSafe for Barrier {}

impl fmt::Debug for Barrier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Barrier").finish_non_exhaustive()
    }
}

impl fmt::Debug for BarrierWaitResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BarrierWaitResult")
            .field("is_leader", &self.is_leader())
            .finish()
    }
}
