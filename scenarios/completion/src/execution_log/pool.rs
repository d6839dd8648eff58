//! Connections that are kept. Each execution starts with an empty log, and there are thousands of executions, so a
//! connection is handed from one execution to the next.

use std::sync::{Mutex, PoisonError};

use super::flow::Error;

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
