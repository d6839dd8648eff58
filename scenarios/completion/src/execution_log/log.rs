//! The engine's log of flows: what is scheduled, how it ended, and the two ways to wait for that.
//!
//! | call | statements | then |
//! |---|---|---|
//! | `schedule` | one insert | |
//! | `complete`, `fail` | one update | wakes all who wait |
//! | `get_scheduled_flow` | one select | |
//! | `wait_for_completion` | one select for each look | sleeps between two looks |
//!
//! Each statement is one operation of the schedule, whatever the database does inside. There is one database in a
//! program, so all its statements carry one name, and no two of them count as independent.

use selvedge::tokio::sync::Notify;
use selvedge::{note, opaque};

use super::backend::Backend;
use super::flow::{Error, FlowId, ScheduledFlow, Status};
use super::storage::Storage;

/// What the rest of the engine sees of the log.
pub(super) trait ExecutionLog {
    /// Enters a flow.
    fn schedule(&self, id: FlowId) -> Result<(), Error>;

    /// Marks a flow as done and wakes those who wait.
    fn complete(&self, id: FlowId) -> Result<(), Error>;

    /// Marks a flow as failed and wakes those who wait: it has ended, too.
    fn fail(&self, id: FlowId) -> Result<(), Error>;

    /// The row of a flow.
    fn get_scheduled_flow(&self, id: FlowId) -> Result<ScheduledFlow, Error>;

    /// Waits until a flow has ended; says how.
    fn wait_for_completion(&self, id: FlowId) -> impl Future<Output = Result<Status, Error>> + Send;

    /// Waits until each of several flows has ended; says how, in the order of `ids`.
    fn wait_for_all(&self, ids: &[FlowId]) -> impl Future<Output = Result<Vec<Status>, Error>> + Send;
}

/// What a broken variant does wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mistake {
    /// Asks to be notified after the look at the log.
    LooksFirst,
    /// A failed flow wakes nobody.
    FailsInSilence,
    /// A flow that nobody scheduled is taken for one that has not ended.
    WaitsForUnknown,
}

/// The log, on any database.
pub(super) struct Log {
    storage: Box<dyn Storage>,
    /// The name of the database in traces.
    name: &'static str,
    status_notify: Notify,
    mistake: Option<Mistake>,
}

impl Log {
    /// An empty log.
    ///
    /// # Panics
    /// When the database cannot be reached; variants that need a server are skipped without it.
    pub(super) fn open(backend: Backend, mistake: Option<Mistake>) -> Self {
        let storage = backend
            .open()
            .unwrap_or_else(|error| panic!("{}: {error}", backend.name()));
        Log {
            storage,
            name: backend.name(),
            status_notify: Notify::new().named("status_notify"),
            mistake,
        }
    }

    fn has(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    // code
    fn end(&self, id: FlowId, status: Status) -> Result<(), Error> {
        let found = opaque(self.name, || self.storage.update(id, status))?;
        note!("UPDATE flow {id}: {status:?}");
        if !found {
            return Err(Error::ScheduledFlowNotFound(id));
        }
        // After the update: whoever is woken looks, and must see it.
        if !(status == Status::Failed && self.has(Mistake::FailsInSilence)) {
            self.status_notify.notify_waiters();
        }
        Ok(())
    }
    // end
}

impl ExecutionLog for Log {
    fn schedule(&self, id: FlowId) -> Result<(), Error> {
        opaque(self.name, || self.storage.insert(id, Status::Scheduled))?;
        note!("INSERT flow {id}: Scheduled");
        Ok(())
    }

    fn complete(&self, id: FlowId) -> Result<(), Error> {
        self.end(id, Status::Complete)
    }

    fn fail(&self, id: FlowId) -> Result<(), Error> {
        self.end(id, Status::Failed)
    }

    // code: *-unknown-flow
    fn get_scheduled_flow(&self, id: FlowId) -> Result<ScheduledFlow, Error> {
        let status = opaque(self.name, || self.storage.select(id))?;
        note!("SELECT flow {id} ➜ {}", status.map_or("no row", Status::text));
        let status = match status {
            None if self.has(Mistake::WaitsForUnknown) => Status::Scheduled,
            None => return Err(Error::ScheduledFlowNotFound(id)),
            Some(status) => status,
        };
        Ok(ScheduledFlow { id, status })
    }
    // end

    // code
    async fn wait_for_completion(&self, id: FlowId) -> Result<Status, Error> {
        loop {
            // `notified()` counts from the call, so it must come before the look: what is completed after the look
            // is then announced to it.
            let before = (!self.has(Mistake::LooksFirst)).then(|| self.status_notify.notified());
            let flow = self.get_scheduled_flow(id)?;
            if flow.status.is_terminal() {
                return Ok(flow.status);
            }
            before.unwrap_or_else(|| self.status_notify.notified()).await;
        }
    }
    // end

    // code: *-wait-for-all
    async fn wait_for_all(&self, ids: &[FlowId]) -> Result<Vec<Status>, Error> {
        // One after the other is enough: a flow that has ended stays ended.
        let mut ended = Vec::with_capacity(ids.len());
        for &id in ids {
            ended.push(self.wait_for_completion(id).await?);
        }
        Ok(ended)
    }
    // end
}
