//! One way a program fails, and its text.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::against::found::Tried;
use super::cause::found::{Cause, Nearest};
use super::error::Error;
use super::files::file_name;
use super::schedule::Schedule;
use crate::kernel::FailureKind;
use crate::trace::{self, Trace};

/// One way the program fails. `Display` is the timeline.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The name of the check.
    pub name: String,
    /// What sort of failure it is.
    pub kind: FailureKind,
    /// What happened, in a sentence or two.
    pub message: String,
    /// How to see it again.
    pub schedule: Schedule,
    /// The interleaving.
    pub trace: Trace,
    /// The outcome that made the execution fail, where somebody judges outcomes and forbids it. The check itself knows only
    /// the panic by which it was told so; whoever judges says here that the program has not panicked.
    pub forbidden_outcome: Option<String>,
    /// The number of the execution that failed, counting from 1.
    pub interleaving: u64,
    /// Why: the orders of operations that decide, if they were asked for and could be found. See [`Check::cause`](crate::Check::cause).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<Cause>,
    /// The execution that passes and is most like this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nearest: Option<Nearest>,
    /// Its order of operations tried on another program, if one was given: see [`Check::against`](crate::Check::against).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tried: Option<Tried>,
    /// The command or code that replays it, once the schedule is saved.
    pub replay: Option<String>,
}

impl Failure {
    /// Saves the schedule in `folder`, as `scenario.variant.json`, and returns the path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(file_name(&self.name));
        self.schedule.save(&path)?;
        Ok(path)
    }

    /// What sort of failure it is, in the words of the field: `lost wakeup`.
    pub fn words(&self) -> &'static str {
        match &self.forbidden_outcome {
            Some(_) => "forbidden outcome",
            None => self.kind.words(),
        }
    }

    fn heading(&self) -> String {
        let preemptions = self.trace.preemptions();
        format!(
            "{}: FAILED, {} (interleaving {}, {preemptions} preemption{})",
            trace::name(&self.name).replacen('/', " / ", 1),
            self.words(),
            self.interleaving,
            if preemptions == 1 { "" } else { "s" }
        )
    }

    /// The failure with source locations.
    pub fn detailed(&self) -> String {
        self.text(&self.trace.detailed())
    }

    /// The text of the failure for a terminal of so many columns; `Display` has 160.
    pub fn within(&self, columns: usize) -> String {
        self.text(&self.trace.timeline_within(columns))
    }

    fn text(&self, timeline: &str) -> String {
        let mut text = format!("{}\n\n{timeline}", self.heading());
        for line in self.message.lines() {
            text.push_str(&format!(" {line}\n"));
        }
        let why = self.cause.as_ref().map(ToString::to_string);
        let repaired = self.tried.as_ref().map(ToString::to_string);
        for line in why.iter().chain(&repaired).flat_map(|told| told.lines()) {
            text.push_str(&format!(" {line}\n"));
        }
        if let Some(replay) = &self.replay {
            text.push_str(&format!(" replay: {replay}\n"));
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&self.trace.timeline()))
    }
}
