//! Pages that need no network: executions as timelines that a reader steps through.
//!
//! A [`Timeline`] is a table, and stays one without scripts and on paper. With them it has buttons and keys, and says at
//! every step what has which value, who holds what, and what each task waits for. Many may stand on one [`Document`],
//! which holds one copy of the style and of the script, and forbids itself any network. A [`Game`] is played by its reader, who
//! picks who goes next.

mod cause;
mod data;
mod document;
mod execution;
mod lines;
mod play;
mod table;

use maud::{Markup, Render};
use selvedge::trace::Trace;

pub(crate) use cause::cause;
pub use document::{Document, SCRIPT, STYLE};
pub use execution::{Playable, failure, html, passing, played};
pub(crate) use execution::{decides, victim};
pub use play::{Game, PLAY, PLAY_STYLE};

/// The text of a source line, by its place: `src/queue.rs:31`.
pub type SourceLine<'a> = dyn Fn(&str) -> Option<String> + 'a;

/// An execution, or two beside each other, as a reader steps through them. [`Render`] makes the markup.
#[derive(Clone, Copy)]
pub struct Timeline<'a> {
    pub(crate) label: &'a str,
    pub(crate) sides: [Option<Side<'a>>; 2],
    pub(crate) aligned: &'a [(Option<usize>, Option<usize>)],
    pub(crate) parts_at: Option<usize>,
    pub(crate) source: Option<&'a SourceLine<'a>>,
}

/// One of the executions.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a> {
    pub(crate) trace: &'a Trace,
    pub(crate) heading: &'a str,
    pub(crate) marked: &'a [usize],
    pub(crate) victim: Option<usize>,
}

impl<'a> Timeline<'a> {
    /// The timeline of one execution. What it is called is what a screen reader says of it.
    pub fn new(label: &'a str, trace: &'a Trace) -> Self {
        let side = Side {
            trace,
            heading: "",
            marked: &[],
            victim: None,
        };
        Timeline {
            label,
            sides: [Some(side), None],
            aligned: &[],
            parts_at: None,
            source: None,
        }
    }

    /// Rows that decide, by their place in the trace.
    pub fn marked(mut self, rows: &'a [usize]) -> Self {
        self.each_side(0, |side| side.marked = rows);
        self
    }

    /// The task whose lane stays in sight on a narrow screen, by its place in [`Trace::tasks`].
    pub fn victim(mut self, task: Option<usize>) -> Self {
        self.each_side(0, |side| side.victim = task);
        self
    }

    /// Says what stands on each source line.
    pub fn source(mut self, line: &'a SourceLine<'a>) -> Self {
        self.source = Some(line);
        self
    }

    /// Another execution beside this one. `aligned` are the rows of both that stand beside each other, from top to bottom,
    /// and `parts_at` the first of these pairs from which on the two go different ways for good.
    pub fn beside(
        mut self,
        headings: [&'a str; 2],
        other: &'a Trace,
        marked: &'a [usize],
        aligned: &'a [(Option<usize>, Option<usize>)],
        parts_at: Option<usize>,
    ) -> Self {
        let victim = self.sides[0].and_then(|side| side.victim);
        self.each_side(0, |side| side.heading = headings[0]);
        self.sides[1] = Some(Side {
            trace: other,
            heading: headings[1],
            marked,
            victim,
        });
        self.aligned = aligned;
        self.parts_at = parts_at;
        self
    }

    fn each_side(&mut self, at: usize, change: impl FnOnce(&mut Side<'a>)) {
        if let Some(side) = &mut self.sides[at] {
            change(side);
        }
    }

    pub(crate) fn sides(&self) -> impl Iterator<Item = Side<'a>> {
        self.sides.into_iter().flatten()
    }
}

impl Render for Timeline<'_> {
    fn render(&self) -> Markup {
        table::markup(self)
    }
}
