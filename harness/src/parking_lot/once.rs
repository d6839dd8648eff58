//! [`Once`], as in `parking_lot`.

use crate::sync;

/// An initialization that runs once.
#[derive(Debug)]
pub struct Once(sync::Once);

impl Once {
    /// An initialization that has not run.
    #[track_caller]
    pub const fn new() -> Self {
        Once(sync::Once::new())
    }

    /// Its name in traces.
    pub fn named(self, name: &str) -> Self {
        Once(self.0.named(name))
    }

    /// Runs `f` if no call has, and waits for a call that is running.
    ///
    /// # Panics
    /// When an earlier call panicked.
    #[track_caller]
    pub fn call_once(&self, f: impl FnOnce()) {
        self.0.call_once(f);
    }
}

impl Default for Once {
    #[track_caller]
    fn default() -> Self {
        Once::new()
    }
}
