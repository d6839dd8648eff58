//! What a database has to do for the log.
//!
//! None of them knows of the harness: they are called as a program would call them, by their ordinary blocking
//! clients.

use super::flow::{Error, FlowId, Status};

/// The statements of the log. Each is atomic on its own, as a statement that is its own transaction is.
pub(super) trait Storage: Send + Sync {
    /// Enters a row.
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error>;

    /// Changes a row; false if there is none.
    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error>;

    /// The status in a row, if there is one.
    fn select(&self, id: FlowId) -> Result<Option<Status>, Error>;
}
