//! One interleaving as rows.

use std::panic::Location;

use serde::{Deserialize, Serialize};

use super::standing::Standing;
use super::table::cut;

/// One interleaving, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trace {
    /// The names of the tasks, in the order they were spawned; the main task is first.
    pub tasks: Vec<String>,
    /// The names of the objects whose value is shown, in the order they were created; and last `still visible`, if loads of
    /// atomics may see other stores than the latest: what they may see who look later.
    pub objects: Vec<String>,
    /// What happened, in order.
    pub rows: Vec<Row>,
}

/// One row of a trace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Row {
    /// What sort of row it is.
    pub kind: RowKind,
    /// The task it belongs to, as an index into [`Trace::tasks`].
    pub task: usize,
    /// What the task did: `status = Complete`, `lock queue`, `sleeps`.
    pub text: String,
    /// Values that are new after this row: an index into [`Trace::objects`] and the value.
    pub values: Vec<(usize, String)>,
    /// Where in the source, as `file:line` relative to the crate. Part of the detailed view only.
    pub location: Option<String>,
    /// What has changed with this row in what tasks are about to do, and in locks, queues and tokens. Nothing, if nothing
    /// has, where the engine does not know, and in an execution of more than 1,000 rows or 64 tasks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub standing: Option<Box<Standing>>,
    /// The rows of other tasks, by their place in [`Trace::rows`], that this one had to come after, because of an object that
    /// both touch or because a task began or ended. Those before them are left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<usize>,
}

/// What sort of row a [`Row`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum RowKind {
    /// A visible operation: a scheduling point stood before it.
    Step,
    /// Something the task did without a scheduling point: a note, a `tracing` event, its exit.
    Event,
    /// The task cannot go on.
    Waits,
    /// The task could have gone on, and another one was chosen.
    Preempted,
    /// The virtual clock moved.
    Clock,
}

impl Row {
    /// Whether the timeline gives the row a number.
    pub fn numbered(&self) -> bool {
        matches!(self.kind, RowKind::Step | RowKind::Event | RowKind::Waits) && !self.text.is_empty()
            || self.kind == RowKind::Step
    }
}

/// Columns of the words of a panic that follows from another one.
const LATER_PANIC: usize = 40;

/// The row of a panic. A later one mostly says again what the first has said (`join().unwrap()`), and does not widen the
/// timeline by it.
pub(crate) fn panic_row(message: &str, first: bool) -> String {
    let line = message.lines().next().unwrap_or_default();
    match first {
        true => format!("panics: {line}"),
        false => format!("panics: {}", cut(line, LATER_PANIC)),
    }
}

/// A location without the path of the machine it was compiled on: from the last `src`, `tests`,
/// `benches` or `examples` on, or the file name.
pub(crate) fn relative(location: &Location<'_>) -> String {
    place(location.file(), location.line())
}

/// [`relative`] of a file and a line.
pub(crate) fn place(file: &str, line: u32) -> String {
    let path = file.replace('\\', "/");
    let parts: Vec<&str> = path.split('/').collect();
    let from = parts
        .iter()
        .rposition(|p| matches!(*p, "src" | "tests" | "benches" | "examples"))
        .unwrap_or(parts.len() - 1);
    format!("{}:{line}", parts[from..].join("/"))
}

/// Whether a location lies in this crate, where no program is: it is that of a destructor, which has no caller.
pub(crate) fn is_own(location: &Location<'_>) -> bool {
    let here = file!();
    let sources = &here[..here.len() - "trace/rows.rs".len()];
    let file = location.file();
    file.starts_with(sources) || file.starts_with(concat!(env!("CARGO_MANIFEST_DIR"), "/src/"))
}
