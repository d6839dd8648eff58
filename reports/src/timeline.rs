//! A failure as text, and what it is called.

use std::collections::BTreeSet;

use selvedge::Failure;
use selvedge::trace::{Part, Trace};

use crate::paint::{BAD, FAINT, STRONG, TASKS, paint};

/// What sort of failure it is, in the words of the field: `lost wakeup`.
pub fn words(failure: &Failure) -> &'static str {
    failure.words()
}

/// The timeline with its heading, as the harness prints it.
pub fn timeline(failure: &Failure) -> String {
    failure.to_string()
}

/// The same for a terminal of so many columns: each task in a colour of its own, what went wrong, the switches, and the numbers of
/// the steps that decide.
pub fn painted_timeline(failure: &Failure, columns: usize) -> String {
    let decides = steps(failure);
    failure.painted_within(columns, &|part, text| painted(part, text, &decides))
}

/// A trace that need not fail, for a terminal of so many columns.
pub fn painted_trace(trace: &Trace, columns: usize) -> String {
    trace.painted_within(columns, &|part, text| painted(part, text, &BTreeSet::new()))
}

fn painted(part: Part, text: &str, decides: &BTreeSet<usize>) -> String {
    let style = match part {
        Part::Steps(first, last) if decides.range(first..=last).next().is_some() => STRONG,
        Part::Task(task) => TASKS[task % TASKS.len()],
        Part::Switch => FAINT,
        Part::Words => BAD,
        Part::Label => STRONG,
        _ => return text.to_owned(),
    };
    paint(style, text)
}

/// The numbers of the steps whose order decides.
fn steps(failure: &Failure) -> BTreeSet<usize> {
    let rows = crate::page::decides(failure).into_iter();
    rows.map(|row| failure.trace.number(row)).collect()
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
        let decides = painted_timeline(&failure, 80);
        assert_eq!(steps(&failure).len(), 4);
        for number in steps(&failure) {
            assert!(
                decides.contains(&format!("    {}  ", paint(STRONG, &number.to_string()))),
                "{decides}"
            );
        }
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
