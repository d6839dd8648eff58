//! What a database has to do for the log, and which databases there are.
//!
//! None of them knows of the harness: they are called as a program would call them, by their ordinary blocking
//! clients. Each execution starts with an empty log, and there are thousands of executions, so connections
//! are kept and handed from one execution to the next (see [`Pool`]).

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use super::log::{Error, FlowId, Status};
use super::{postgres, redis, sqlite};

/// The statements of the log. Each is atomic on its own, as a statement that is its own transaction is.
pub(super) trait Storage: Send + Sync {
    /// Enters a row.
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error>;

    /// Changes a row; false if there is none.
    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error>;

    /// The status in a row, if there is one.
    fn select(&self, id: FlowId) -> Result<Option<Status>, Error>;
}

/// Where the log is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    Memory,
    Sqlite,
    Postgres,
    Redis,
}

impl Backend {
    /// Its name in traces.
    pub(super) fn name(self) -> &'static str {
        match self {
            Backend::Memory => "memory",
            Backend::Sqlite => "sqlite",
            Backend::Postgres => "postgres",
            Backend::Redis => "redis",
        }
    }

    /// An empty log.
    pub(super) fn open(self) -> Result<Box<dyn Storage>, Error> {
        Ok(match self {
            Backend::Memory => Box::new(Memory(Mutex::new(BTreeMap::new()))),
            Backend::Sqlite => Box::new(sqlite::open()?),
            Backend::Postgres => Box::new(postgres::open()?),
            Backend::Redis => Box::new(redis::open()?),
        })
    }
}

/// The log of an engine that forgets everything when it stops.
struct Memory(Mutex<BTreeMap<FlowId, Status>>);

impl Storage for Memory {
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error> {
        self.0.lock().expect("no holder panics").insert(id, status);
        Ok(())
    }

    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error> {
        let mut rows = self.0.lock().expect("no holder panics");
        Ok(rows.get_mut(&id).map(|row| *row = status).is_some())
    }

    fn select(&self, id: FlowId) -> Result<Option<Status>, Error> {
        Ok(self.0.lock().expect("no holder panics").get(&id).copied())
    }
}

/// Connections that no execution uses at the moment. A `static`, so they are never dropped: the process ends
/// and the server sees that they are closed.
pub(super) struct Pool<C: 'static>(Mutex<Vec<C>>);

impl<C> Pool<C> {
    pub(super) const fn new() -> Self {
        Pool(Mutex::new(Vec::new()))
    }

    /// An idle connection, or a new one.
    pub(super) fn take(&'static self, connect: fn() -> Result<C, Error>) -> Result<Lease<C>, Error> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(connect, Ok)?;
        Ok(Lease {
            pool: self,
            connection: Mutex::new(Some(connection)),
        })
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<C>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that one execution uses. It goes back when that is over, even if it was unwound.
pub(super) struct Lease<C: 'static> {
    pool: &'static Pool<C>,
    /// `None` only while it is dropped. Locked for one statement at a time, inside one step, so that the lock is
    /// never waited for in a controlled execution.
    connection: Mutex<Option<C>>,
}

impl<C> Lease<C> {
    /// Runs a statement.
    pub(super) fn with<R>(&self, statement: impl FnOnce(&mut C) -> R) -> R {
        let mut connection = self.connection.lock().expect("no statement panics");
        statement(connection.as_mut().expect("it is not dropped yet"))
    }
}

impl<C> Drop for Lease<C> {
    fn drop(&mut self) {
        // A statement that panicked may have left the connection in the middle of something: let that one go.
        if let Ok(connection) = self.connection.get_mut() {
            self.pool.idle().extend(connection.take());
        }
    }
}
