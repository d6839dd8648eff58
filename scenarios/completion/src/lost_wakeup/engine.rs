//! The system under test: a small workflow engine whose clients wait for their tasks.

use std::collections::BTreeMap;

use selvedge::future;
use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU8, Ordering};
use selvedge::tokio::sync::Notify;

/// The number of a task of the workflow.
pub(super) type TaskId = u32;

/// How far a task of the workflow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Status {
    Pending,
    Complete,
}

impl Status {
    pub(super) fn is_terminal(self) -> bool {
        self == Status::Complete
    }

    fn from_byte(byte: u8) -> Self {
        if byte == Status::Complete as u8 {
            Status::Complete
        } else {
            Status::Pending
        }
    }
}

/// Nobody has submitted a task of this number. An error, not a reason to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct UnknownTask(pub(super) TaskId);

/// The status of every submitted task, in memory.
pub(super) struct Storage(BTreeMap<TaskId, AtomicU8>);

impl Storage {
    /// Tasks 1 to `n`, all pending.
    pub(super) fn with_tasks(n: TaskId) -> Self {
        let pending = |id| {
            let name = if n == 1 {
                "status".to_owned()
            } else {
                format!("status {id}")
            };
            AtomicU8::new(Status::Pending as u8)
                .showing(|byte| format!("{:?}", Status::from_byte(byte)))
                .named(&name)
        };
        Storage((1..=n).map(|id| (id, pending(id))).collect())
    }

    #[track_caller]
    pub(super) fn status(&self, id: TaskId) -> Result<Status, UnknownTask> {
        let status = self.0.get(&id).ok_or(UnknownTask(id))?;
        // Ordering: Acquire; pairs with the store, so whoever sees Complete sees the result of the task.
        Ok(Status::from_byte(status.load(Ordering::Acquire)))
    }

    #[track_caller]
    pub(super) fn store(&self, id: TaskId, status: Status) {
        // Ordering: Release; pairs with the load in `status`.
        self.0[&id].store(status as u8, Ordering::Release);
    }
}

/// A workflow engine: what is stored, and a notify for those who wait.
pub(super) struct Engine {
    pub(super) storage: Storage,
    pub(super) status_notify: Notify,
}

impl Engine {
    /// An engine with tasks 1 to `n`, all pending.
    pub(super) fn with_tasks(n: TaskId) -> Arc<Self> {
        Arc::new(Engine {
            storage: Storage::with_tasks(n),
            status_notify: Notify::new().named("status_notify"),
        })
    }

    // code: check-then-create, create-then-check, pinned-after-check, async-block-before-check, no-loop, wait-for-all
    /// What a worker does at the end of a task.
    pub(super) fn complete(&self, id: TaskId) {
        self.storage.store(id, Status::Complete);
        self.status_notify.notify_waiters();
    }
    // end

    // code: notify-one-*
    /// The same with one wake-up instead of one for all.
    pub(super) fn complete_notifying_one(&self, id: TaskId) {
        self.storage.store(id, Status::Complete);
        self.status_notify.notify_one();
    }
    // end
}

/// Starts an async task with a name.
pub(super) fn task<T: Send + 'static>(
    name: &str,
    future: impl Future<Output = T> + Send + 'static,
) -> future::JoinHandle<T> {
    future::Builder::new().name(name).spawn(future)
}

/// Waits for a task of the program, so that an execution ends when all of them have.
pub(super) fn join<T>(task: future::JoinHandle<T>) -> T {
    future::block_on(task).expect("no task of the program panics")
}
