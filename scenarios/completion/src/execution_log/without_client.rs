//! A server, for a build without its client: never there.

use super::flow::Error;
use super::storage::Storage;

const REASON: &str =
    "built without the clients of PostgreSQL and Redis: `just services`, or `--features services` after `cargo run`";

/// No log.
pub(super) fn open() -> Result<Box<dyn Storage>, Error> {
    Err(Error::Storage(REASON.to_owned()))
}

/// Why there is none.
pub(super) fn unavailable() -> Option<String> {
    Some(REASON.to_owned())
}
