//! The timeline of a failure, or of an execution that passes, inside a page.

use maud::{Markup, html};
use selvedge::Failure;
use selvedge::trace::Trace;

/// How a program fails.
pub(super) fn failing(failure: &Failure, label: &str) -> Markup {
    frame(&failure.trace, label, Some(failure))
}

/// How an execution of it goes that does not.
pub(super) fn passing(trace: &Trace, label: &str) -> Markup {
    frame(trace, label, None)
}

fn frame(trace: &Trace, label: &str, failure: Option<&Failure>) -> Markup {
    html! {
        figure.timeline-frame {
            figcaption { (label) " " button.full type="button" hidden { "Full screen" } }
            pre.timeline tabindex="0" role="group" aria-label=(label) { (trace.timeline()) }
            @if let Some(failure) = failure {
                p.message { (failure.message.trim_end()) }
            }
        }
    }
}
