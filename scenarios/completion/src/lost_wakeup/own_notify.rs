//! The same program on our own notify, once without a version and once with it: small enough for loom.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::{future, thread};
use selvedge_primitives::notify::{naive, versioned};

// code: own-without-version, own-with-version, own-with-relaxed-version
/// What the two have in common.
trait Notify: Default + Send + Sync + 'static {
    fn notified(&self) -> impl Future<Output = ()> + Send;
    fn notify_waiters(&self);
}

impl Notify for naive::Notify {
    fn notified(&self) -> impl Future<Output = ()> + Send {
        naive::Notify::notified(self)
    }
    fn notify_waiters(&self) {
        naive::Notify::notify_waiters(self);
    }
}

impl<const ORDERED: bool> Notify for versioned::Notify<ORDERED> {
    fn notified(&self) -> impl Future<Output = ()> + Send {
        versioned::Notify::notified(self)
    }
    fn notify_waiters(&self) {
        versioned::Notify::notify_waiters(self);
    }
}

/// The waiter asks first and then looks, which is right with tokio's notify.
fn create_then_check<N: Notify>() {
    let done = Arc::new(AtomicBool::new(false).named("done"));
    let notify = Arc::new(N::default());
    let worker = thread::Builder::new().name("worker").spawn({
        let (done, notify) = (done.clone(), notify.clone());
        move || {
            // Ordering: Relaxed; the version is what must make `done` visible, so nothing else may.
            done.store(true, Ordering::Relaxed);
            notify.notify_waiters();
        }
    });
    // The main task is the waiter: each further task multiplies what loom has to explore.
    future::block_on(async {
        loop {
            let notified = notify.notified();
            // Ordering: Relaxed, as above.
            if done.load(Ordering::Relaxed) {
                return;
            }
            notified.await;
        }
    });
    worker
        .expect("a thread can start")
        .join()
        .expect("the worker does not panic");
}
// end

// code: own-without-version
/// Without a version nothing connects the creation of the future with a later notification.
pub(super) fn without_version() {
    create_then_check::<naive::Notify>();
}
// end

// code: own-with-version
/// The version that the future captured tells its first poll that it is late.
pub(super) fn with_version() {
    create_then_check::<versioned::Notify>();
}
// end

// code: own-with-relaxed-version
/// A version that is raised and captured relaxed: it may be seen before the store it stands for.
pub(super) fn with_relaxed_version() {
    create_then_check::<versioned::Unordered>();
}
// end
