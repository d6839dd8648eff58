//! `wait_for_completion`, six ways: where the future is created decides.

use std::pin::pin;

use selvedge::sync::Arc;

use super::engine::{Engine, Status, TaskId, UnknownTask, join, task};

/// The task everybody waits for.
const TASK: TaskId = 1;

// code: check-then-create, create-then-check, pinned-after-check, async-block-before-check
/// A waiter and a worker that completes the task: the program of most variants.
fn waiter_and_worker<W>(wait_for_completion: impl FnOnce(Arc<Engine>) -> W) -> Status
where
    W: Future<Output = Status> + Send + 'static,
{
    let engine = Engine::with_tasks(1);
    let waiter = task("waiter", wait_for_completion(engine.clone()));
    let worker = task("worker", async move { engine.complete(TASK) });
    let seen = join(waiter);
    join(worker);
    seen
}
// end

// code: check-then-create
/// Looks first, then asks to be notified. The notification may fall between the two.
pub(super) fn check_then_create() -> Status {
    async fn wait_for_completion(engine: Arc<Engine>) -> Status {
        loop {
            let status = engine.storage.status(TASK).expect("it was submitted");
            if status.is_terminal() {
                return status;
            }
            engine.status_notify.notified().await;
        }
    }
    waiter_and_worker(wait_for_completion)
}
// end

// code: create-then-check
/// Asks first, then looks: a notification after `notified()` counts, polled or not.
pub(super) fn create_then_check() -> Status {
    waiter_and_worker(create_then_check_loop)
}
// end

// code: create-then-check, notify-before-store, notify-one-two-waiters, notify-one-permit
async fn create_then_check_loop(engine: Arc<Engine>) -> Status {
    loop {
        let notified = engine.status_notify.notified();
        let status = engine.storage.status(TASK).expect("it was submitted");
        if status.is_terminal() {
            return status;
        }
        notified.await;
    }
}
// end

// code: pinned-after-check
/// Pins the future, as people do who have heard that it must be registered. Pinning registers nothing.
pub(super) fn pinned_after_check() -> Status {
    async fn wait_for_completion(engine: Arc<Engine>) -> Status {
        loop {
            let status = engine.storage.status(TASK).expect("it was submitted");
            if status.is_terminal() {
                return status;
            }
            let notified = pin!(engine.status_notify.notified());
            notified.await;
        }
    }
    waiter_and_worker(wait_for_completion)
}
// end

// code: async-block-before-check
/// Wraps the call in an async block before the check. The block creates nothing until it is polled.
pub(super) fn async_block_before_check() -> Status {
    async fn wait_for_completion(engine: Arc<Engine>) -> Status {
        loop {
            let notified = async { engine.status_notify.notified().await };
            let status = engine.storage.status(TASK).expect("it was submitted");
            if status.is_terminal() {
                return status;
            }
            notified.await;
        }
    }
    waiter_and_worker(wait_for_completion)
}
// end

// code: notify-before-store
/// The waiter is right and the worker is wrong: it notifies before there is anything to see.
pub(super) fn notify_before_store() -> Status {
    let engine = Engine::with_tasks(1);
    let worker = task("worker", {
        let engine = engine.clone();
        async move {
            engine.status_notify.notify_waiters();
            engine.storage.store(TASK, Status::Complete);
        }
    });
    let waiter = task("waiter", create_then_check_loop(engine));
    join(worker);
    join(waiter)
}
// end

// code: notify-one-permit
/// One waiter, one `notify_one`: the permit is stored until the waiter comes.
pub(super) fn notify_one_permit() -> Status {
    let engine = Engine::with_tasks(1);
    let waiter = task("waiter", create_then_check_loop(engine.clone()));
    let worker = task("worker", async move { engine.complete_notifying_one(TASK) });
    let seen = join(waiter);
    join(worker);
    seen
}
// end

// code: notify-one-two-waiters
/// Two waiters, one `notify_one`: somebody is forgotten.
pub(super) fn notify_one_two_waiters() -> [Status; 2] {
    let engine = Engine::with_tasks(1);
    let waiters = ["first waiter", "second waiter"].map(|name| task(name, create_then_check_loop(engine.clone())));
    let worker = task("worker", async move { engine.complete_notifying_one(TASK) });
    let seen = waiters.map(join);
    join(worker);
    seen
}
// end

// code: no-loop
/// Takes being woken for being complete. The notify is shared, so the wake-up may be about another task.
pub(super) fn no_loop() {
    async fn wait_for_completion(engine: Arc<Engine>, id: TaskId) -> Status {
        let notified = engine.status_notify.notified();
        let status = engine.storage.status(id).expect("it was submitted");
        if status.is_terminal() {
            return status;
        }
        notified.await;
        engine.storage.status(id).expect("it was submitted")
    }
    let engine = Engine::with_tasks(2);
    let waiter = task("waiter", wait_for_completion(engine.clone(), 1));
    let worker = task("worker", async move {
        engine.complete(2);
        engine.complete(1);
    });
    let seen = join(waiter);
    join(worker);
    assert!(seen.is_terminal(), "task 1 was reported done while {seen:?}");
}
// end

// code: wait-for-all
/// All of several tasks, one after the other: no order of completion can hurt.
pub(super) fn wait_for_all() -> Vec<Status> {
    all_of(wait_for)
}
// end

/// The same with the look first.
pub(super) fn wait_for_all_looking_first() -> Vec<Status> {
    async fn look_first(engine: Arc<Engine>, id: TaskId) -> Result<Status, UnknownTask> {
        loop {
            let status = engine.storage.status(id)?;
            if status.is_terminal() {
                return Ok(status);
            }
            engine.status_notify.notified().await;
        }
    }
    all_of(look_first)
}

// code: wait-for-all
fn all_of<W>(wait_for: impl Fn(Arc<Engine>, TaskId) -> W + Send + 'static) -> Vec<Status>
where
    W: Future<Output = Result<Status, UnknownTask>> + Send,
{
    let engine = Engine::with_tasks(2);
    let waiter = task("waiter", {
        let engine = engine.clone();
        async move {
            let mut seen = Vec::new();
            for id in [1, 2] {
                seen.push(wait_for(engine.clone(), id).await.expect("it was submitted"));
            }
            seen
        }
    });
    let workers = [1, 2].map(|id| {
        let engine = engine.clone();
        task(&format!("worker {id}"), async move { engine.complete(id) })
    });
    let seen = join(waiter);
    for worker in workers {
        join(worker);
    }
    seen
}
// end

// code: unknown-task
/// A task nobody submitted is an error at once; waiting for it would never end.
pub(super) fn unknown_task() -> Result<Status, UnknownTask> {
    ask_for_unknown(wait_for)
}
// end

/// Takes a task nobody submitted for one that is not done yet.
pub(super) fn unknown_task_as_pending() -> Result<Status, UnknownTask> {
    async fn wait_for_any(engine: Arc<Engine>, id: TaskId) -> Result<Status, UnknownTask> {
        loop {
            let notified = engine.status_notify.notified();
            let status = engine.storage.status(id).unwrap_or(Status::Pending);
            if status.is_terminal() {
                return Ok(status);
            }
            notified.await;
        }
    }
    ask_for_unknown(wait_for_any)
}

// code: unknown-task
fn ask_for_unknown<W>(wait_for: impl FnOnce(Arc<Engine>, TaskId) -> W) -> Result<Status, UnknownTask>
where
    W: Future<Output = Result<Status, UnknownTask>> + Send + 'static,
{
    let engine = Engine::with_tasks(1);
    let waiter = task("waiter", wait_for(engine.clone(), 7));
    let worker = task("worker", async move { engine.complete(TASK) });
    let seen = join(waiter);
    join(worker);
    assert_eq!(seen, Err(UnknownTask(7)));
    seen
}
// end

// code: wait-for-all, unknown-task
/// The repaired loop in full: create, check, then wait.
async fn wait_for(engine: Arc<Engine>, id: TaskId) -> Result<Status, UnknownTask> {
    loop {
        let notified = engine.status_notify.notified();
        let status = engine.storage.status(id)?;
        if status.is_terminal() {
            return Ok(status);
        }
        notified.await;
    }
}
// end
