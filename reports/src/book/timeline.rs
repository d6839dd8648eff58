//! The timeline of a failure, or of an execution that passes, inside a page.

use maud::{Markup, Render as _, html};
use selvedge::Failure;
use selvedge::trace::Trace;

use crate::page::{Timeline, victim};

/// Lanes and rows that a reader can follow. Of a crowd the text says as much, and a table would be thousands of empty cells.
const LANES: usize = 12;
const ROWS: usize = 400;

/// How a program fails.
pub(super) fn failing(failure: &Failure, label: &str) -> Markup {
    let message = html! { p.message { (failure.message.trim_end()) } };
    frame(&failure.trace, label, victim(failure), &message)
}

/// How an execution of it goes that does not.
pub(super) fn passing(trace: &Trace, label: &str) -> Markup {
    frame(trace, label, None, &html! {})
}

fn frame(trace: &Trace, label: &str, victim: Option<usize>, message: &Markup) -> Markup {
    // The code stands beside it.
    let mut trace = trace.clone();
    trace.rows.iter_mut().for_each(|row| row.location = None);
    html! {
        figure.timeline-frame {
            figcaption { (label) }
            @if trace.columns().len() > LANES || trace.rows.len() > ROWS {
                pre.quoted tabindex="0" role="group" aria-label=(label) { (trace.timeline()) }
            } @else {
                (Timeline::new(label, &trace).victim(victim).render())
            }
            (message)
        }
    }
}
