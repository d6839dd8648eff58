//! A flow as the log knows it, in every database: its number, its status, and what can go wrong.

use std::fmt;

/// The number of a flow.
pub(super) type FlowId = i32;

/// How far a flow is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Scheduled,
    Complete,
    Failed,
}

impl Status {
    const ALL: [Status; 3] = [Status::Scheduled, Status::Complete, Status::Failed];

    /// Whether nothing comes after it.
    pub(super) fn is_terminal(self) -> bool {
        self != Status::Scheduled
    }

    /// What databases store.
    pub(super) fn text(self) -> &'static str {
        match self {
            Status::Scheduled => "Scheduled",
            Status::Complete => "Complete",
            Status::Failed => "Failed",
        }
    }

    /// The status that is stored as `text`.
    pub(super) fn from_text(text: &str) -> Result<Self, Error> {
        let found = Status::ALL.into_iter().find(|status| status.text() == text);
        found.ok_or_else(|| Error::Storage(format!("no status is stored as {text:?}")))
    }
}

/// A row of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScheduledFlow {
    pub(super) id: FlowId,
    pub(super) status: Status,
}

/// Why a call of the log failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Error {
    /// Nobody has scheduled a flow of this number. There is nothing to wait for.
    ScheduledFlowNotFound(FlowId),
    /// The database said no, in its own words.
    Storage(String),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::ScheduledFlowNotFound(id) => write!(f, "flow {id} was never scheduled"),
            Error::Storage(reason) => f.write_str(reason),
        }
    }
}
