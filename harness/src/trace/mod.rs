//! What happened in one interleaving: events as rows, and the timeline a person reads.
//!
//! A [`Trace`] is made only while a schedule is replayed to be told to somebody. The search itself
//! records no names, values or locations.

mod timeline;
pub(crate) mod tracing_events;

use std::panic::Location;

use serde::{Deserialize, Serialize};

/// One interleaving, ready to be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Trace {
    /// The names of the tasks, in the order they were spawned; the main task is first.
    pub tasks: Vec<String>,
    /// The names of the objects whose value is shown, in the order they were created.
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
}

/// What sort of row a [`Row`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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

/// Collects the rows while an execution runs.
#[derive(Debug, Default)]
pub(crate) struct Recorder {
    rows: Vec<Row>,
    objects: Vec<crate::engine::op::ObjectId>,
    names: Vec<String>,
    /// The row of the step that is running.
    open: Option<usize>,
}

impl Recorder {
    /// The number of rows a reader counts so far: switches are not numbered.
    pub(crate) fn events(&self) -> usize {
        self.rows.iter().filter(|r| r.numbered()).count()
    }

    /// A step of `task`; `preempted` is the task that could have gone on instead.
    pub(crate) fn begin_step(&mut self, task: usize, preempted: Option<usize>) {
        if let Some(previous) = preempted {
            self.push(RowKind::Preempted, previous, "preempted".to_owned(), None);
        }
        self.push(RowKind::Step, task, String::new(), None);
        self.open = Some(self.rows.len() - 1);
    }

    /// Something `task` does as part of its last step.
    pub(crate) fn begin_event(&mut self, task: usize) {
        self.push(RowKind::Event, task, String::new(), None);
        self.open = Some(self.rows.len() - 1);
    }

    pub(crate) fn finish_step(&mut self, text: String, location: &'static Location<'static>) {
        if let Some(open) = self.open.take() {
            self.rows[open].text = text;
            self.rows[open].location = Some(relative(location));
        }
    }

    pub(crate) fn event(&mut self, task: usize, text: String, location: Option<&'static Location<'static>>) {
        self.push(RowKind::Event, task, text, location);
    }

    pub(crate) fn waits(&mut self, task: usize, text: String, location: &'static Location<'static>) {
        self.push(RowKind::Waits, task, text, Some(location));
    }

    pub(crate) fn clock(&mut self, now: u64) {
        self.push(
            RowKind::Clock,
            0,
            format!("{:?}", std::time::Duration::from_nanos(now)),
            None,
        );
    }

    /// The value of a named object from the current row on.
    pub(crate) fn value(&mut self, object: crate::engine::op::ObjectId, name: impl FnOnce() -> String, value: String) {
        let column = self.objects.iter().position(|o| *o == object).unwrap_or_else(|| {
            self.objects.push(object);
            self.names.push(name());
            self.objects.len() - 1
        });
        match self.open.or_else(|| self.rows.len().checked_sub(1)) {
            Some(row) => {
                self.rows[row].values.retain(|(c, _)| *c != column);
                self.rows[row].values.push((column, value));
            }
            // Its first value, before anything has happened.
            None => {
                self.push(RowKind::Event, 0, String::new(), None);
                self.rows[0].values.push((column, value));
            }
        }
    }

    fn push(&mut self, kind: RowKind, task: usize, text: String, location: Option<&'static Location<'static>>) {
        self.rows.push(Row {
            kind,
            task,
            text,
            values: Vec::new(),
            location: location.map(relative),
        });
    }

    pub(crate) fn into_trace(self, tasks: Vec<String>) -> Trace {
        Trace {
            tasks,
            objects: self.names,
            rows: self.rows,
        }
    }
}

impl Row {
    /// Whether the timeline gives the row a number.
    pub fn numbered(&self) -> bool {
        matches!(self.kind, RowKind::Step | RowKind::Event | RowKind::Waits) && !self.text.is_empty()
            || self.kind == RowKind::Step
    }
}

/// A location without the path of the machine it was compiled on: from the last `src`, `tests`,
/// `benches` or `examples` on, or the file name.
pub(crate) fn relative(location: &'static Location<'static>) -> String {
    let path = location.file().replace('\\', "/");
    let parts: Vec<&str> = path.split('/').collect();
    let from = parts
        .iter()
        .rposition(|p| matches!(*p, "src" | "tests" | "benches" | "examples"))
        .unwrap_or(parts.len() - 1);
    format!("{}:{}", parts[from..].join("/"), location.line())
}
