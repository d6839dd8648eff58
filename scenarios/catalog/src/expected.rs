//! What a run must find, as data that a report meets or does not.

use std::fmt;

use selvedge::orderings::Tried;
use selvedge::{FailureKind, Report, Verdict};

/// What a run must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every interleaving was explored and none fails.
    Verified,
    /// No explored interleaving fails; there may be others.
    Passed,
    /// An interleaving fails in this way.
    Fails(FailureKind),
    /// Either: the program fails in this way, and a sample of its interleavings may miss it.
    MayFail(FailureKind),
}

/// [`Expected::Verified`].
pub fn verified() -> Expected {
    Expected::Verified
}

/// [`Expected::Passed`].
pub fn passed() -> Expected {
    Expected::Passed
}

/// [`Expected::Fails`].
pub fn fails(kind: FailureKind) -> Expected {
    Expected::Fails(kind)
}

impl Expected {
    /// Whether a report is as expected. One of a shard is, as long as the others may still make it so.
    pub fn met_by(self, report: &Report) -> bool {
        if report.error.is_some() {
            return false;
        }
        let kind = report.failure.as_ref().map(|f| f.kind);
        if report.shard.as_ref().is_some_and(|shard| shard.of > 1) {
            return match self {
                Expected::Verified | Expected::Passed => kind.is_none(),
                // It may fail in more than one way, and this part may hold only one of the others.
                Expected::Fails(_) | Expected::MayFail(_) => true,
            };
        }
        match self {
            Expected::Verified => report.verdict == Verdict::Verified && report.complete,
            Expected::Passed => report.verdict != Verdict::Failed,
            Expected::Fails(expected) => kind == Some(expected),
            Expected::MayFail(expected) => kind.is_none_or(|k| k == expected),
        }
    }

    /// Whether a search of all executions has come to what is expected. One that was not decided has not.
    pub fn met_by_all(self, tried: &Tried) -> bool {
        match self {
            Expected::Verified | Expected::Passed => tried.is_verified(),
            Expected::Fails(kind) => tried.failure().is_some_and(|failure| failure.kind == kind),
            Expected::MayFail(kind) => {
                tried.is_verified() || tried.failure().is_some_and(|failure| failure.kind == kind)
            }
        }
    }
}

/// As in JSON: `Verified`, `Passed`, or the failure kind: `LostWakeup`.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Verified => f.write_str("Verified"),
            Expected::Passed => f.write_str("Passed"),
            Expected::Fails(kind) => write!(f, "{kind:?}"),
            Expected::MayFail(kind) => write!(f, "Passed|{kind:?}"),
        }
    }
}
