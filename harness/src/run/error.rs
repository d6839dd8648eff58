//! What can go wrong with a request, as opposed to with the program under test.

use std::path::PathBuf;

/// Bad input, I/O, or a schedule that does not fit the program. What a run *finds* is never an error.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file could not be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}; free some space or choose another folder", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is JSON of a schedule, but broken or cut short.
    #[error("{} is damaged or cut short ({source}); record the schedule again", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where it stops making sense.
        source: serde_json::Error,
    },
    /// The file is something else.
    #[error("{} is not a schedule of Selvedge; give a file that a failing run has saved", path.display())]
    NotASchedule {
        /// The file.
        path: PathBuf,
    },
    /// The file is of another format version.
    #[error(
        "{} has schedule format version {found}, and this build reads version {supported}; \
         use the build that wrote it, or record the schedule again",
        path.display()
    )]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// Ours.
        supported: u32,
    },
    /// The file holds no search that could be gone on with.
    #[error("{} holds no saved search: {why}; search from the start", path.display())]
    State {
        /// The file.
        path: PathBuf,
        /// What it holds.
        why: String,
    },
    /// The program took another path than the schedule says.
    #[error("{message}; the program changed since the schedule was recorded, record it again")]
    Diverged {
        /// The first step that differs.
        message: String,
    },
    /// A variable of the environment says what nobody understands.
    #[error("{variable}={value}: {why}")]
    Variable {
        /// Its name.
        variable: &'static str,
        /// What it says.
        value: String,
        /// What to give instead.
        why: String,
    },
    /// The program has more states than were asked for.
    #[error("the program has more than {most} states; look at it live, with Check::play, or raise Check::max_states")]
    TooManyStates {
        /// How many were asked for.
        most: usize,
    },
    /// The engine cannot run this program or option.
    #[error("{message}")]
    Unsupported {
        /// What it cannot do, and what to use instead.
        message: String,
    },
}
