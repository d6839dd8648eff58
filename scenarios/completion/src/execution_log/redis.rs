//! Redis, through the blocking client: a key for each flow, its status the value.
//!
//! The keys carry the number that the server gave the connection, so checks can run side by side. A key
//! expires after an hour: what a process that was killed leaves behind goes away by itself.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::time::Duration;

use redis::{Client, RedisResult, cmd};

use super::flow::{Error, FlowId, Status};
use super::pool::{Lease, Pool};
use super::storage::Storage;

/// Where `just services` starts it.
const DEFAULT: &str = "redis://127.0.0.1:63799/";

/// Longer than any check, in seconds.
const EXPIRES: u32 = 3600;

static POOL: Pool<Connection> = Pool::new();

/// A connection, its number, and the flows it has keys for.
struct Connection {
    redis: redis::Connection,
    number: u64,
    flows: BTreeSet<FlowId>,
}

impl Connection {
    fn key(&self, id: FlowId) -> String {
        format!("selvedge:{}:flow:{id}", self.number)
    }

    /// The log is empty again.
    fn clear(&mut self) -> RedisResult<()> {
        for id in std::mem::take(&mut self.flows) {
            cmd("DEL").arg(self.key(id)).exec(&mut self.redis)?;
        }
        Ok(())
    }

    /// Sets a key; `condition` is `NX` for one that is not there, `XX` for one that is. False if it does not hold.
    fn set(&mut self, id: FlowId, status: Status, condition: &str) -> RedisResult<bool> {
        let mut set = cmd("SET");
        set.arg(self.key(id)).arg(status.text()).arg(condition);
        let done: Option<String> = set.arg("EX").arg(EXPIRES).query(&mut self.redis)?;
        Ok(done.is_some())
    }
}

/// An empty log.
pub(super) fn open() -> Result<Box<dyn Storage>, Error> {
    let connection = POOL.take(connect)?;
    connection.with(Connection::clear)?;
    Ok(Box::new(Redis(connection)))
}

/// Why there is no log on Redis here and now. Asked once; the answer stays.
pub(super) fn unavailable() -> Option<String> {
    static ANSWER: OnceLock<Option<String>> = OnceLock::new();
    let answer = ANSWER.get_or_init(|| {
        let error = open().err()?;
        Some(format!(
            "Redis is not there ({error}): `just services`, or SELVEDGE_REDIS=redis://host:port/"
        ))
    });
    answer.clone()
}

fn connect() -> Result<Connection, Error> {
    let address = std::env::var("SELVEDGE_REDIS").unwrap_or_else(|_| DEFAULT.to_owned());
    let mut redis = Client::open(address)?.get_connection_with_timeout(Duration::from_secs(2))?;
    let number = cmd("CLIENT").arg("ID").query(&mut redis)?;
    Ok(Connection {
        redis,
        number,
        flows: BTreeSet::new(),
    })
}

struct Redis(Lease<Connection>);

impl Storage for Redis {
    fn insert(&self, id: FlowId, status: Status) -> Result<(), Error> {
        let inserted = self.0.with(|c| {
            c.flows.insert(id);
            c.set(id, status, "NX")
        })?;
        // The tables of the others have a primary key that says the same.
        let taken = || Error::Storage(format!("flow {id} is there already"));
        inserted.then_some(()).ok_or_else(taken)
    }

    fn update(&self, id: FlowId, status: Status) -> Result<bool, Error> {
        Ok(self.0.with(|c| c.set(id, status, "XX"))?)
    }

    fn select(&self, id: FlowId) -> Result<Option<Status>, Error> {
        let text: Option<String> = self.0.with(|c| cmd("GET").arg(c.key(id)).query(&mut c.redis))?;
        text.as_deref().map(Status::from_text).transpose()
    }
}

impl From<redis::RedisError> for Error {
    fn from(error: redis::RedisError) -> Self {
        Error::Storage(error.to_string())
    }
}
