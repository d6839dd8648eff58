//! `notify_one` keeps one permit for a waiter that is not there yet. Who takes it, and what if nobody uses it?

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::Poll;

use selvedge::note;
use selvedge::sync::Arc;
use selvedge::tokio::sync::Notify;

use super::engine::{Engine, Status, join, task};

// code: younger-takes-permit, enable-before-check, notified-then-dropped
/// Polls a future once and says whether it was ready: what a `select!` does that then takes another arm.
async fn poll_once(mut future: Pin<&mut impl Future<Output = ()>>) -> bool {
    poll_fn(|cx| Poll::Ready(future.as_mut().poll(cx).is_ready())).await
}
// end

// code: younger-takes-permit, enable-before-check
/// A waiter, a passer-by who polls the same notify once and goes away, and a worker.
fn waiter_and_passer_by<W>(wait_for_completion: impl FnOnce(Arc<Engine>) -> W) -> Status
where
    W: Future<Output = Status> + Send + 'static,
{
    let engine = Engine::with_tasks(1);
    let waiter = task("waiter", wait_for_completion(engine.clone()));
    let passer_by = task("passer-by", {
        let engine = engine.clone();
        async move {
            poll_once(pin!(engine.status_notify.notified())).await;
        }
    });
    let worker = task("worker", async move { engine.complete_notifying_one(1) });
    let seen = join(waiter);
    join(passer_by);
    join(worker);
    seen
}
// end

// code: younger-takes-permit
/// The waiter's future is older, but the passer-by polls first and takes the permit.
pub(super) fn younger_takes_the_permit() -> Status {
    async fn wait_for_completion(engine: Arc<Engine>) -> Status {
        loop {
            let notified = engine.status_notify.notified();
            let status = engine.storage.status(1).expect("it was submitted");
            if status.is_terminal() {
                return status;
            }
            notified.await;
        }
    }
    waiter_and_passer_by(wait_for_completion)
}
// end

// code: enable-before-check
/// `enable()` registers without polling: from here on the permit is the waiter's.
pub(super) fn enable_before_check() -> Status {
    async fn wait_for_completion(engine: Arc<Engine>) -> Status {
        loop {
            let mut notified = pin!(engine.status_notify.notified());
            notified.as_mut().enable();
            let status = engine.storage.status(1).expect("it was submitted");
            if status.is_terminal() {
                return status;
            }
            notified.await;
        }
    }
    waiter_and_passer_by(wait_for_completion)
}
// end

// code: enable-then-drop, enable-is-an-answer, notified-then-dropped
/// The signal itself is the news here: no status beside it says the same.
fn signal_once<W>(wait: impl FnOnce(Arc<Notify>) -> W)
where
    W: Future<Output = ()> + Send + 'static,
{
    let start = Arc::new(Notify::new().named("start"));
    let waiter = task("waiter", wait(start.clone()));
    let worker = task("worker", async move { start.notify_one() });
    join(waiter);
    join(worker);
}
// end

// code: enable-then-drop
/// Gives up the first attempt after `enable()`. If that had taken the permit, it is gone.
pub(super) fn enable_then_drop() {
    signal_once(|start| async move {
        {
            let mut first_attempt = pin!(start.notified());
            first_attempt.as_mut().enable();
            note!("drops the first attempt");
        }
        start.notified().await;
    });
}
// end

// code: enable-is-an-answer
/// Looks at what `enable()` says: true is the notification, and must be used as one.
pub(super) fn enable_is_an_answer() {
    signal_once(|start| async move {
        {
            let mut first_attempt = pin!(start.notified());
            if first_attempt.as_mut().enable() {
                return;
            }
        }
        start.notified().await;
    });
}
// end

// code: notified-then-dropped
/// A future that waits, is notified, and is dropped before it is polled again passes the notification on.
pub(super) fn notified_then_dropped() {
    signal_once(|start| async move {
        if poll_once(pin!(start.notified())).await {
            return;
        }
        start.notified().await;
    });
}
// end

/// The same without looking at what the poll said: it may have taken the permit.
pub(super) fn polled_then_dropped() {
    signal_once(|start| async move {
        poll_once(pin!(start.notified())).await;
        start.notified().await;
    });
}
