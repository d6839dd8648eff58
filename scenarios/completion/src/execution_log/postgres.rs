//! PostgreSQL, through the blocking client.
//!
//! The table is a temporary one: each connection has its own, so checks can run side by side, and the server
//! drops it with the connection.

use std::sync::OnceLock;
use std::time::Duration;

use postgres::{Client, Config, NoTls, Statement};

use super::flow::{Error, FlowId, Status};
use super::pool::{Lease, Pool};
use super::storage::Storage;

/// Where `just services` starts it.
const DEFAULT: &str = "host=127.0.0.1 port=54329 user=selvedge dbname=postgres";

static POOL: Pool<Connection> = Pool::new();

/// A client with the statements it has prepared.
struct Connection {
    client: Client,
    delete: Statement,
    insert: Statement,
    update: Statement,
    select: Statement,
}

/// An empty log.
pub(super) fn open() -> Result<Box<dyn Storage>, Error> {
    let connection = POOL.take(connect)?;
    connection.with(|c| c.client.execute(&c.delete, &[]))?;
    Ok(Box::new(Postgres(connection)))
}

/// Why there is no log on PostgreSQL here and now. Asked once; the answer stays.
pub(super) fn unavailable() -> Option<String> {
    static ANSWER: OnceLock<Option<String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let error = open().err()?;
        Some(format!(
            "PostgreSQL is not there ({error}): `just services`, or SELVEDGE_POSTGRES=\"host=.. port=.. user=..\""
        ))
    });
    answer.clone()
}

fn connect() -> Result<Connection, Error> {
    let address = std::env::var("SELVEDGE_POSTGRES").unwrap_or_else(|_| DEFAULT.to_owned());
    let mut config: Config = address.parse()?;
    config.connect_timeout(Duration::from_secs(2));
    let mut client = config.connect(NoTls)?;
    client.batch_execute("CREATE TEMPORARY TABLE flows (id INTEGER PRIMARY KEY, status TEXT NOT NULL)")?;
    Ok(Connection {
        delete: client.prepare("DELETE FROM flows")?,
        insert: client.prepare("INSERT INTO flows (id, status) VALUES ($1, $2)")?,
        update: client.prepare("UPDATE flows SET status = $2 WHERE id = $1")?,
        select: client.prepare("SELECT status FROM flows WHERE id = $1")?,
        client,
    })
}

struct Postgres(Lease<Connection>);

impl Storage for Postgres {
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error> {
        self.0.with(|c| c.client.execute(&c.insert, &[&id, &status.text()]))?;
        Ok(())
    }

    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error> {
        let changed = self.0.with(|c| c.client.execute(&c.update, &[&id, &status.text()]))?;
        Ok(changed == 1)
    }

    fn select(&self, id: FlowId) -> Result<Option<Status>, Error> {
        let row = self.0.with(|c| c.client.query_opt(&c.select, &[&id]))?;
        row.map(|row| Status::from_text(row.get(0))).transpose()
    }
}

impl From<postgres::Error> for Error {
    fn from(error: postgres::Error) -> Self {
        // The client's own words are a category; the reason is its source.
        let reason = std::error::Error::source(&error).map_or_else(|| error.to_string(), ToString::to_string);
        Error::Storage(reason)
    }
}
