//! A failure as text, and what it is called.
//!
//! The harness knows a forbidden outcome only as the panic by which the catalog makes it fail. Nobody wrote that panic,
//! so the catalog's failures say in their message what they are, and everything here calls them by that.

use selvedge::{Failure, FailureKind};

use crate::document::FORBIDDEN;
use crate::paint::{BAD, FAINT, paint};

/// What sort of failure it is, in the words of the field: `lost wakeup`.
pub fn words(failure: &Failure) -> &'static str {
    match failure.kind {
        FailureKind::Panic if failure.message.starts_with(FORBIDDEN) => FORBIDDEN,
        kind => kind.words(),
    }
}

/// The timeline with its heading, as the harness prints it.
pub fn timeline(failure: &Failure) -> String {
    headed(failure, &failure.to_string(), words(failure))
}

/// The same for a terminal of so many columns: what went wrong and the switches in colours.
pub fn painted_timeline(failure: &Failure, columns: usize) -> String {
    let text = headed(failure, &failure.within(columns), &paint(BAD, words(failure)));
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        match line.find("── ") {
            Some(at) if line.ends_with("──") => {
                out.push_str(&line[..at]);
                out.push_str(&paint(FAINT, &line[at..]));
            }
            _ => out.push_str(line),
        }
        out.push('\n');
    }
    out
}

fn headed(failure: &Failure, text: &str, words: &str) -> String {
    text.replacen(&format!(": FAILED, {}", failure.kind), &format!(": FAILED, {words}"), 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::tests::failure;

    #[test]
    fn a_forbidden_outcome_is_not_called_a_panic() {
        let mut failure = failure();
        assert_eq!(timeline(&failure), failure.to_string());
        assert!(painted_timeline(&failure, 80).contains("\u{1b}[2m── preempted ──\u{1b}[0m\n"));
        failure.message = "forbidden outcome 1: an increment is lost".to_owned();
        let text = timeline(&failure);
        let heading = text.lines().next().unwrap_or_default();
        assert!(heading.contains("FAILED, forbidden outcome (interleaving"), "{heading}");
    }
}
