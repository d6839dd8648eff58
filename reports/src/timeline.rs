//! A failure as text, and what it is called.

use selvedge::Failure;

use crate::paint::{BAD, FAINT, paint};

/// What sort of failure it is, in the words of the field: `lost wakeup`.
pub fn words(failure: &Failure) -> &'static str {
    failure.words()
}

/// The timeline with its heading, as the harness prints it.
pub fn timeline(failure: &Failure) -> String {
    failure.to_string()
}

/// The same for a terminal of so many columns: what went wrong and the switches in colours.
pub fn painted_timeline(failure: &Failure, columns: usize) -> String {
    let words = failure.words();
    let text = failure.within(columns);
    let text = text.replacen(
        &format!(": FAILED, {words}"),
        &format!(": FAILED, {}", paint(BAD, words)),
        1,
    );
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grid::tests::failure;

    #[test]
    fn a_forbidden_outcome_is_not_called_a_panic() {
        let mut failure = failure();
        assert_eq!(timeline(&failure), failure.to_string());
        assert!(painted_timeline(&failure, 80).contains("\u{1b}[2m── preempted ──\u{1b}[0m\n"));
        assert_eq!(words(&failure), "panic");
        // What the message says does not matter.
        failure.message = "forbidden outcome 1: an increment is lost".to_owned();
        assert_eq!(words(&failure), "panic");
        failure.forbidden_outcome = Some("1".to_owned());
        let text = timeline(&failure);
        let heading = text.lines().next().unwrap_or_default();
        assert!(heading.contains("FAILED, forbidden outcome (interleaving"), "{heading}");
    }
}
