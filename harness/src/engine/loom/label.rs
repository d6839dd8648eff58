//! What traces know an object of loom by, and the rows of its operations.

use std::panic::Location;

use super::session::{current_task, tracing, waits, with_iteration};
use crate::raw::{Origin, Value};
use crate::trace;

/// What traces know an object of loom by.
#[derive(Debug)]
pub(crate) struct Label {
    kind: &'static str,
    location: &'static Location<'static>,
    number: u32,
    name: Option<Box<str>>,
}

impl Label {
    /// The label of an object. `kind` is its type, for people: `Mutex`.
    pub(crate) fn of(kind: &'static str, origin: Origin) -> Self {
        let number = with_iteration(|i| {
            i.labels += 1;
            i.labels
        });
        Label {
            kind,
            location: origin.location,
            number: number.unwrap_or_default(),
            name: None,
        }
    }

    /// Gives the object a name, and a column for its value.
    pub(crate) fn set_name(&mut self, name: &str) {
        if tracing() {
            self.name = Some(trace::name(name).into());
        }
    }

    /// The name that it was given, while a trace is recorded.
    pub(crate) fn name(&self) -> Option<String> {
        self.name.as_deref().map(str::to_owned)
    }

    /// A row of the trace, right after the operation. `text` is given the object's name.
    #[track_caller]
    pub(crate) fn record(&self, text: impl FnOnce(&str) -> String) {
        if tracing() {
            self.row(text(&self.text()), None, Location::caller());
        }
    }

    /// [`record`](Self::record) for an operation after which the object has another value.
    #[track_caller]
    pub(crate) fn record_value(&self, text: impl FnOnce(&str) -> String, value: impl FnOnce() -> String) {
        if tracing() {
            self.row(text(&self.text()), Some(value()), Location::caller());
        }
    }

    /// [`record`](Self::record) for an operation after which somebody wants to see the value that the object
    /// protects.
    #[track_caller]
    pub(crate) fn record_shown(&self, text: impl FnOnce(&str) -> String, value: impl Value) {
        if tracing() {
            self.row(text(&self.text()), value(), Location::caller());
        }
    }

    /// The running thread is about to wait for the object.
    pub(crate) fn waits(&self) {
        if tracing() {
            waits(|_| format!("`{}`", self.text()));
        }
    }

    fn row(&self, text: String, value: Option<String>, location: &'static Location<'static>) {
        let me = current_task();
        with_iteration(|i| {
            i.waiting.remove(&me);
            i.recorder.begin_step(me, None);
            if let (Some(value), Some(name)) = (value, self.name.as_deref()) {
                i.recorder.value(self.number, || name.to_owned(), value);
            }
            i.recorder.finish_step(text, Some(self.number), location);
        });
    }

    fn text(&self) -> String {
        match &self.name {
            Some(name) => name.to_string(),
            None => {
                let file = self.location.file().rsplit(['/', '\\']).next().unwrap_or_default();
                format!("{}@{file}:{}", self.kind, self.location.line())
            }
        }
    }
}
