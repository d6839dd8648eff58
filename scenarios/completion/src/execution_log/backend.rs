//! Which databases there are.

use super::flow::Error;
use super::storage::Storage;
#[cfg(not(feature = "services"))]
use super::without_client::{self as postgres, self as redis};
use super::{memory, sqlite};
#[cfg(feature = "services")]
use super::{postgres, redis};

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
        match self {
            Backend::Memory => Ok(memory::open()),
            Backend::Sqlite => sqlite::open(),
            Backend::Postgres => postgres::open(),
            Backend::Redis => redis::open(),
        }
    }

    /// What says why it cannot be opened here and now; `None` for what is inside the process.
    pub(super) fn unavailable(self) -> Option<fn() -> Option<String>> {
        match self {
            Backend::Memory | Backend::Sqlite => None,
            Backend::Postgres => Some(postgres::unavailable),
            Backend::Redis => Some(redis::unavailable),
        }
    }
}
