//! Other ways to wait for one completion. What they have in common: the news stays until it is read.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicBool, Ordering};
use selvedge::tokio::sync::{Notify, oneshot, watch};

use super::engine::{Status, join, task};

// code: flag-beside-notify
/// An atomic flag says what happened, the notify only when to look; the future is created before the look.
pub(super) fn flag_beside_notify() {
    flag_and_notify(|done, notify| {
        // Ordering: Release; pairs with the waiter's load.
        done.store(true, Ordering::Release);
        notify.notify_waiters();
    });
}
// end

/// The wake-up comes before the news.
pub(super) fn flag_after_notify() {
    flag_and_notify(|done, notify| {
        notify.notify_waiters();
        // Ordering: Release, as above.
        done.store(true, Ordering::Release);
    });
}

// code: flag-beside-notify
fn flag_and_notify(finish: fn(&AtomicBool, &Notify)) {
    let done = Arc::new(AtomicBool::new(false).named("done"));
    let notify = Arc::new(Notify::new().named("notify"));
    let waiter = task("waiter", {
        let (done, notify) = (done.clone(), notify.clone());
        async move {
            loop {
                let notified = notify.notified();
                // Ordering: Acquire; pairs with the worker's store.
                if done.load(Ordering::Acquire) {
                    return;
                }
                notified.await;
            }
        }
    });
    let worker = task("worker", async move { finish(&done, &notify) });
    join(waiter);
    join(worker);
}
// end

// code: oneshot-channel
/// A oneshot channel: one completion, one waiter, no condition to look at.
pub(super) fn oneshot_channel() -> Status {
    let (completed, completion) = oneshot::channel();
    let completed = completed.named("completion");
    let waiter = task("waiter", async move {
        completion.await.expect("the worker sends before it goes")
    });
    let worker = task("worker", async move {
        completed.send(Status::Complete).expect("the waiter is there");
    });
    let seen = join(waiter);
    join(worker);
    seen
}
// end

// code: watch-channel
/// A watch channel: the status and its version in one, for any number of waiters.
pub(super) fn watch_channel() -> [Status; 2] {
    let (status, watched) = watch::channel(Status::Pending);
    let status = status.named("status");
    let waiters = ["first waiter", "second waiter"].map(|name| {
        let mut watched = watched.clone();
        task(name, async move {
            let seen = watched.wait_for(|status| status.is_terminal()).await;
            *seen.expect("the worker sends before it goes")
        })
    });
    let worker = task("worker", async move {
        status.send(Status::Complete).expect("somebody watches");
    });
    let seen = waiters.map(join);
    join(worker);
    seen
}
// end

/// Looks, then marks what is there as seen: it may be newer than what was looked at.
pub(super) fn watch_marked_after_the_look() -> Status {
    let (status, mut watched) = watch::channel(Status::Pending);
    let status = Arc::new(status.named("status"));
    let waiter = task("waiter", async move {
        loop {
            let seen = *watched.borrow();
            if seen.is_terminal() {
                return seen;
            }
            watched.mark_unchanged();
            watched.changed().await.expect("the sender is there");
        }
    });
    let worker = task("worker", {
        let status = status.clone();
        async move { status.send(Status::Complete).expect("somebody watches") }
    });
    let seen = join(waiter);
    join(worker);
    seen
}
