//! The timeline of a failure, or of an execution that passes, inside a page.

use std::collections::BTreeMap;

use maud::{Markup, Render as _, html};
use selvedge::Failure;
use selvedge::trace::Trace;

use crate::page::{self, Timeline, decides, victim};

/// Lanes and rows that a reader can follow. Of a crowd the text says as much, and a table would be thousands of empty cells.
const LANES: usize = 12;
const ROWS: usize = 400;

/// What stands on the lines that the timelines name.
pub(super) type Lines = BTreeMap<String, String>;

/// How a program fails, and why.
pub(super) fn failing(failure: &Failure, label: &str, lines: &Lines) -> Markup {
    let decides = decides(failure);
    let line = |place: &str| lines.get(place).cloned();
    let timeline = Timeline::new(label, &failure.trace)
        .victim(victim(failure))
        .marked(&decides)
        .source(&line);
    let below = html! {
        p.message { (failure.message.trim_end()) }
        @if let Some(cause) = &failure.cause { (page::cause(cause)) }
    };
    frame(label, &failure.trace, &timeline, &below)
}

/// The same beside the execution that passes and is most like it.
pub(super) fn beside(failure: &Failure, label: &str, lines: &Lines) -> Markup {
    let Some(nearest) = failure
        .nearest
        .as_ref()
        .filter(|nearest| fits(&nearest.trace) && fits(&failure.trace))
    else {
        return html! {};
    };
    let decides = decides(failure);
    let line = |place: &str| lines.get(place).cloned();
    html! {
        details.nearest {
            summary { "The execution that passes and is most like it" }
            (Timeline::new(label, &failure.trace)
                .victim(victim(failure))
                .marked(&decides)
                .source(&line)
                .beside(["failing", "passing"], &nearest.trace, &[], &nearest.aligned, nearest.parts_at)
                .render())
        }
    }
}

/// How an execution of it goes that does not.
pub(super) fn passing(trace: &Trace, label: &str, lines: &Lines) -> Markup {
    let line = |place: &str| lines.get(place).cloned();
    frame(label, trace, &Timeline::new(label, trace).source(&line), &html! {})
}

fn frame(label: &str, trace: &Trace, timeline: &Timeline<'_>, below: &Markup) -> Markup {
    html! {
        figure.timeline-frame {
            figcaption { (label) }
            @if fits(trace) {
                (timeline.render())
            } @else {
                pre.quoted tabindex="0" role="group" aria-label=(label) { (trace.timeline()) }
            }
            (below)
        }
    }
}

fn fits(trace: &Trace) -> bool {
    trace.columns().len() <= LANES && trace.rows.len() <= ROWS
}
