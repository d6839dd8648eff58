//! Why a program fails, as a paragraph: the words of the cause, a line each.

use maud::{Markup, html};
use selvedge::cause::Cause;

pub(crate) fn cause(cause: &Cause) -> Markup {
    let text = cause.to_string();
    html! {
        p.cause {
            @for line in text.lines() {
                span.line.more[line.starts_with(' ')] { (inline(line.trim())) }
            }
        }
    }
}

/// What stands between backquotes is code.
fn inline(text: &str) -> Markup {
    html! {
        @for (n, part) in text.split('`').enumerate() {
            @if n % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}
