//! The schedule file: one interleaving, in JSON, that can be replayed.
//!
//! ```json
//! {
//!   "format": "selvedge-schedule",
//!   "version": 1,
//!   "scenario": "lost-wakeup",
//!   "variant": "check-then-create",
//!   "engine": "controlled",
//!   "strategy": "exhaustive",
//!   "seed": 0,
//!   "steps": [
//!     { "task": "waiter", "op": "load", "object": "status" },
//!     { "choose": 1, "of": 3 }
//!   ],
//!   "failure": { "kind": "lost-wakeup", "message": ".." },
//!   "fingerprint": "8c7f0a53b1d2e4f6"
//! }
//! ```

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::Error;
pub use super::passed::passed_since;
pub use super::recorded::Test;
use super::{files, passed};
pub use crate::explore::ScheduleStep;
pub use crate::kernel::ScheduleLimits;
use crate::kernel::{Facts, FailureKind};

/// The format version this build reads and writes.
pub const VERSION: u32 = 1;

const FORMAT: &str = "selvedge-schedule";

/// One recorded interleaving. See the [module documentation](self) for the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Schedule {
    format: String,
    version: u32,
    /// The part of the check's name before the first `/`.
    pub scenario: String,
    /// The part of the check's name after the first `/`; may be empty.
    pub variant: String,
    /// `controlled` or `loom`.
    pub engine: String,
    /// The strategy that found it.
    pub strategy: String,
    /// The seed of that strategy.
    pub seed: u64,
    /// The number of the execution that failed, counting from 1.
    #[serde(default)]
    pub interleaving: u64,
    /// Every choice, in order. Empty under loom.
    #[serde(default)]
    pub steps: Vec<ScheduleStep>,
    /// The execution never came back, so nobody knows all of its steps.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) unfinished: bool,
    /// loom's own path of choices, for a schedule found by loom.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loom: Option<serde_json::Value>,
    /// A digest of that path: loom itself goes on where a path was cut short.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) loom_digest: Option<String>,
    /// The limits it was found under.
    #[serde(default)]
    pub limits: ScheduleLimits,
    /// What the program was known to use: its steps depend on it.
    #[serde(default)]
    pub(crate) learned: Facts,
    /// The test that has recorded it, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test: Option<Test>,
    /// What it leads to.
    pub failure: ExpectedFailure,
    /// A digest of the trace.
    pub fingerprint: String,
}

/// What a schedule leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ExpectedFailure {
    /// The kind.
    pub kind: FailureKind,
    /// The message, for people; a replay does not compare it.
    pub message: String,
}

impl Schedule {
    pub(crate) fn new(name: &str, engine: &str, strategy: &str, seed: u64, kind: FailureKind, message: &str) -> Self {
        let (scenario, variant) = name.split_once('/').unwrap_or((name, ""));
        Schedule {
            format: FORMAT.to_owned(),
            version: VERSION,
            scenario: scenario.to_owned(),
            variant: variant.to_owned(),
            engine: engine.to_owned(),
            strategy: strategy.to_owned(),
            seed,
            interleaving: 0,
            steps: Vec::new(),
            unfinished: false,
            loom: None,
            loom_digest: None,
            limits: ScheduleLimits::default(),
            learned: Facts::default(),
            test: None,
            failure: ExpectedFailure {
                kind,
                message: message.to_owned(),
            },
            fingerprint: String::new(),
        }
    }

    /// Reads a schedule file.
    ///
    /// # Errors
    /// When the file cannot be read, is not a complete schedule, or has another format version.
    pub fn load(path: impl AsRef<Path>) -> Result<Self, Error> {
        let path = path.as_ref();
        let text = std::fs::read_to_string(path).map_err(|source| Error::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).map_err(|error| match error {
            ParseError::Json(source) => Error::Malformed {
                path: path.to_owned(),
                source,
            },
            ParseError::Version(found) => Error::Version {
                path: path.to_owned(),
                found,
                supported: VERSION,
            },
            ParseError::Format => Error::NotASchedule { path: path.to_owned() },
        })
    }

    /// Writes a schedule file, and the folders above it. The file appears whole or not at all.
    ///
    /// # Errors
    /// When the folder or the file cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), Error> {
        files::write(path.as_ref(), || serde_json::to_string_pretty(self))?;
        passed::fails(path.as_ref());
        Ok(())
    }

    /// Takes loom's path, and its digest.
    #[cfg(feature = "loom")]
    pub(crate) fn set_loom(&mut self, path: serde_json::Value) {
        self.loom_digest = Some(fingerprint(&path.to_string()));
        self.loom = Some(path);
    }

    /// Whether loom's path is the one that was recorded.
    #[cfg(feature = "loom")]
    pub(crate) fn is_loom_whole(&self) -> bool {
        match (&self.loom, &self.loom_digest) {
            (Some(path), Some(digest)) => fingerprint(&path.to_string()) == *digest,
            _ => false,
        }
    }

    /// The name of the check it belongs to: `scenario/variant`.
    pub fn name(&self) -> String {
        if self.variant.is_empty() {
            self.scenario.clone()
        } else {
            format!("{}/{}", self.scenario, self.variant)
        }
    }

    fn parse(text: &str) -> Result<Self, ParseError> {
        #[derive(Deserialize)]
        struct Head {
            format: Option<String>,
            version: Option<u32>,
        }
        let head: Head = serde_json::from_str(text).map_err(ParseError::Json)?;
        if head.format.as_deref() != Some(FORMAT) {
            return Err(ParseError::Format);
        }
        match head.version {
            Some(VERSION) => serde_json::from_str(text).map_err(ParseError::Json),
            Some(other) => Err(ParseError::Version(other)),
            None => Err(ParseError::Format),
        }
    }
}

enum ParseError {
    Json(serde_json::Error),
    Version(u32),
    Format,
}

/// The folder `selvedge` of the target folder of the build that this process belongs to: `CARGO_TARGET_DIR`, or the one that
/// its binary lies in, or the one of the workspace. Given relative to the current folder where both lie in one workspace.
pub fn folder() -> PathBuf {
    files::shown(files::target_folder().join("selvedge"))
}

/// Writes a file as [`Schedule::save`] does: whole or not at all, through links and into devices, and not to a pipe.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    files::replace(path, bytes)
}

/// FNV-1a, which is the same on every machine and in every build. Each byte is taken in by a bijection of what came
/// before it, so texts that differ in one byte never have the same digest.
pub(crate) fn fingerprint(text: &str) -> String {
    let digest = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    format!("{digest:016x}")
}
