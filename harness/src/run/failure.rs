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
use crate::trace::{self, Paint, Part, Trace};

/// What a failure is called where the program has returned what it must not, and nobody wrote a panic.
pub(crate) const FORBIDDEN: &str = "forbidden outcome";

/// Columns where there is no terminal.
const WIDTH: usize = 160;

/// The line as it is told in so many columns.
fn fitted(line: &str, columns: usize) -> Vec<String> {
    match columns {
        0..WIDTH => trace::wrapped(line, columns),
        // Where nobody looks at a terminal somebody may look for words.
        _ => vec![line.to_owned()],
    }
}

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

    /// Whether the whole execution can be run once more, step by step.
    pub(super) fn can_be_run_again(&self) -> bool {
        self.schedule.engine == "controlled" && self.kind != FailureKind::Nondeterminism && !self.schedule.unfinished
    }

    /// What sort of failure it is, in the words of the field: `lost wakeup`.
    pub fn words(&self) -> &'static str {
        match &self.forbidden_outcome {
            Some(_) => FORBIDDEN,
            None => self.kind.words(),
        }
    }

    fn heading(&self, columns: usize, paint: Paint<'_>) -> String {
        let preemptions = self.trace.preemptions();
        // What sort of failure it is stays on one line, so that it can be painted, and is not taken for a part of the name.
        let verdict = format!("FAILED, {}", self.words()).replace(' ', "\u{a0}");
        let heading = format!(
            "{}: {verdict} (interleaving {}, {preemptions} preemption{})",
            trace::name(&self.name).replacen('/', " / ", 1),
            self.interleaving,
            if preemptions == 1 { "" } else { "s" }
        );
        // It begins at the margin, unlike what is below the timeline.
        let heading = fitted(&heading, columns + 1).join("\n");
        heading.replacen(&verdict, &format!("FAILED, {}", paint(Part::Words, self.words())), 1)
    }

    /// The failure with a row for every step and its source location.
    pub fn detailed(&self) -> String {
        self.detailed_within(WIDTH)
    }

    /// [`detailed`](Self::detailed) for a terminal of so many columns.
    pub fn detailed_within(&self, columns: usize) -> String {
        self.text(&self.trace.detailed_within(columns), columns, &trace::plain)
    }

    /// The text of the failure for a terminal of so many columns; `Display` has 160, and does not break what is said of it into lines.
    pub fn within(&self, columns: usize) -> String {
        self.painted_within(columns, &trace::plain)
    }

    /// [`within`](Self::within) with each part printed as `paint` says, which must not make it wider: codes of a terminal's colours
    /// take no room.
    pub fn painted_within(&self, columns: usize, paint: Paint<'_>) -> String {
        self.text(&self.trace.painted_within(columns, paint), columns, paint)
    }

    fn text(&self, timeline: &str, columns: usize, paint: Paint<'_>) -> String {
        let mut text = format!("{}\n\n{timeline}", self.heading(columns, paint));
        let mut say = |told: &str, label: &str| {
            let lines = told.lines().flat_map(|line| fitted(line, columns));
            for (at, line) in lines.enumerate() {
                match line.strip_prefix(label) {
                    Some(rest) if at == 0 && !label.is_empty() => {
                        text.push_str(&format!(" {}{rest}\n", paint(Part::Label, label)));
                    }
                    _ => text.push_str(&format!(" {line}\n")),
                }
            }
        };
        say(&self.message, "");
        if let Some(cause) = &self.cause {
            say(&cause.to_string(), "cause:");
        }
        if let Some(tried) = &self.tried {
            say(&tried.to_string(), &tried.label());
        }
        if let Some(replay) = &self.replay {
            text.push_str(&format!(" replay: {replay}\n"));
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.within(WIDTH))
    }
}
