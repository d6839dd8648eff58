//! Futures: [`block_on`] and [`AtomicWaker`].

use std::task::Waker;

use selvedge::sync::Mutex;

pub use selvedge::future::block_on;

/// A waker that one task registers and others wake.
#[derive(Debug, Default)]
pub struct AtomicWaker(Mutex<Option<Waker>>);

impl AtomicWaker {
    /// No waker yet.
    pub fn new() -> AtomicWaker {
        AtomicWaker::default()
    }

    /// Registers a waker in place of the one before.
    #[track_caller]
    pub fn register(&self, waker: Waker) {
        let before = self.slot().replace(waker);
        drop(before);
    }

    /// [`register`](Self::register) of a clone.
    #[track_caller]
    pub fn register_by_ref(&self, waker: &Waker) {
        self.register(waker.clone());
    }

    /// Wakes the last waker that was registered, if it has not been woken.
    #[track_caller]
    pub fn wake(&self) {
        if let Some(waker) = self.take_waker() {
            waker.wake();
        }
    }

    /// Takes the last waker that was registered.
    #[track_caller]
    pub fn take_waker(&self) -> Option<Waker> {
        self.slot().take()
    }

    #[track_caller]
    fn slot(&self) -> selvedge::sync::MutexGuard<'_, Option<Waker>> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
