//! Events of the `tracing` crate become rows of the task that emitted them.
//!
//! The subscriber is installed only around an execution whose trace is recorded, and only for the OS
//! thread that runs it. Spans are accepted and ignored: a row says what happened, not where in a tree.

use std::fmt::{self, Write as _};

use super::context::add_row;
use crate::trace::place;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Runs `f` with `tracing` events recorded as rows.
pub(crate) fn recording(f: impl FnOnce()) {
    tracing::subscriber::with_default(Rows, f);
}

struct Rows;

impl Subscriber for Rows {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && !metadata.target().starts_with("shuttle")
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut text = Text::default();
        event.record(&mut text);
        let level = event.metadata().level().as_str().to_lowercase();
        // The event may come from code that holds a lock, so no scheduling point here.
        let at = event.metadata();
        let place = at.file().zip(at.line()).map(|(file, line)| place(file, line));
        add_row(format_args!("{level}: {}{}", text.message, text.fields), place);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
}

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = if field.name() == "message" {
            write!(self.message, "{value:?}")
        } else {
            write!(self.fields, " {}={value:?}", field.name())
        };
    }
}
