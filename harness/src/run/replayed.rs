//! What came of a replay, as a file: from the process of a test to whoever has asked it for one.
//!
//! ```json
//! { "format": "selvedge-replayed", "version": 1, "reproduced": true, "basis": "one recorded schedule", "failure": { .. }, "error": null }
//! ```

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::failure::Failure;
use super::files;
use super::report::Report;
use super::strategy::Strategy;

/// The format version this build reads and writes.
const VERSION: u32 = 1;

const FORMAT: &str = "selvedge-replayed";

/// What came of a replay in another process, which was started with `SELVEDGE_REPLAY` and, for this file, `SELVEDGE_REPLAY_OUT`. The
/// file is empty if the process has ended in the execution.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Replayed {
    format: String,
    version: u32,
    /// Whether it has failed as recorded.
    pub reproduced: bool,
    /// [`Report::basis`]: also says how it differs.
    pub basis: String,
    /// How it failed.
    pub failure: Option<Failure>,
    /// Why the schedule could not be followed.
    pub error: Option<String>,
}

impl Replayed {
    pub(crate) fn of(report: &Report) -> Self {
        let recorded = match &report.strategy {
            Strategy::Replay(schedule) => Some(schedule.failure.kind),
            _ => None,
        };
        Replayed {
            format: FORMAT.to_owned(),
            version: VERSION,
            reproduced: report
                .failure
                .as_ref()
                .is_some_and(|failure| Some(failure.kind) == recorded),
            basis: report.basis.clone(),
            failure: report.failure.clone(),
            error: report.error.as_ref().map(ToString::to_string),
        }
    }

    pub(crate) fn save(&self, path: &Path) -> Result<(), Error> {
        files::write(path, || serde_json::to_string(self))
    }

    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, is not complete, or was written by a version of this crate that has another format.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        #[derive(Deserialize)]
        struct Head {
            format: String,
            version: u32,
        }
        let path = path.as_ref();
        let malformed = |source| Error::Malformed {
            path: path.to_owned(),
            source,
        };
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        let head: Head = serde_json::from_str(&text).map_err(malformed)?;
        match head {
            Head { format, .. } if format != FORMAT => Err(Error::NotASchedule { path: path.to_owned() }),
            Head { version, .. } if version != VERSION => Err(Error::Version {
                path: path.to_owned(),
                found: version,
                supported: VERSION,
            }),
            _ => serde_json::from_str(&text).map_err(malformed),
        }
    }
}
