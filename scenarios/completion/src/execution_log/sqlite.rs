//! SQLite, inside the process: the engine's default.

use rusqlite::{Connection, OptionalExtension, params};

use super::flow::{Error, FlowId, Status};
use super::pool::{Lease, Pool};
use super::storage::Storage;

static POOL: Pool<Connection> = Pool::new();

/// An empty log. The database is in memory, and nobody else's.
pub(super) fn open() -> Result<Box<dyn Storage>, Error> {
    let connection = POOL.take(connect)?;
    connection.with(|sqlite| sqlite.prepare_cached("DELETE FROM flows")?.execute([]))?;
    Ok(Box::new(Sqlite(connection)))
}

fn connect() -> Result<Connection, Error> {
    let sqlite = Connection::open_in_memory()?;
    sqlite.execute_batch("CREATE TABLE flows (id INTEGER PRIMARY KEY, status TEXT NOT NULL)")?;
    Ok(sqlite)
}

struct Sqlite(Lease<Connection>);

impl Storage for Sqlite {
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error> {
        self.0.with(|sqlite| {
            let mut insert = sqlite.prepare_cached("INSERT INTO flows (id, status) VALUES (?1, ?2)")?;
            insert.execute(params![id, status.text()])?;
            Ok(())
        })
    }

    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error> {
        self.0.with(|sqlite| {
            let mut update = sqlite.prepare_cached("UPDATE flows SET status = ?2 WHERE id = ?1")?;
            Ok(update.execute(params![id, status.text()])? == 1)
        })
    }

    fn select(&self, id: FlowId) -> Result<Option<Status>, Error> {
        self.0.with(|sqlite| {
            let mut select = sqlite.prepare_cached("SELECT status FROM flows WHERE id = ?1")?;
            let text: Option<String> = select.query_row([id], |row| row.get(0)).optional()?;
            text.as_deref().map(Status::from_text).transpose()
        })
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        Error::Storage(error.to_string())
    }
}
