//! A failure as text, and what it is called.

use std::collections::BTreeSet;

use selvedge::Failure;

use crate::paint::{BAD, FAINT, STRONG, paint};

/// What sort of failure it is, in the words of the field: `lost wakeup`.
pub fn words(failure: &Failure) -> &'static str {
    failure.words()
}

/// The timeline with its heading, as the harness prints it.
pub fn timeline(failure: &Failure) -> String {
    failure.to_string()
}

/// The same for a terminal of so many columns: what went wrong, the switches, and the numbers of the steps that decide in colours.
pub fn painted_timeline(failure: &Failure, columns: usize) -> String {
    let words = failure.words();
    let text = failure.within(columns);
    let text = text.replacen(
        &format!(": FAILED, {words}"),
        &format!(": FAILED, {}", paint(BAD, words)),
        1,
    );
    let mut out = String::with_capacity(text.len());
    let mut decides = steps(failure);
    for line in text.lines() {
        let number = line.split_whitespace().next().and_then(|word| word.parse().ok());
        match line.find("── ") {
            // Each number comes once; what is said below has others.
            _ if number.is_some_and(|number| decides.remove(&number)) => {
                let at = line.len() - line.trim_start().len();
                let end = line[at..].find(' ').map_or(line.len(), |length| at + length);
                out.push_str(&format!(
                    "{}{}{}",
                    &line[..at],
                    paint(STRONG, &line[at..end]),
                    &line[end..]
                ));
            }
            Some(at) if line.ends_with("──") => {
                out.push_str(&line[..at]);
                out.push_str(&paint(FAINT, &line[at..]));
            }
            _ => match LABELS.iter().find(|label| line.starts_with(**label)) {
                Some(label) => out.push_str(&format!("{}{}", paint(STRONG, label), &line[label.len()..])),
                None => out.push_str(line),
            },
        }
        out.push('\n');
    }
    out
}

/// How lines begin that tell why.
const LABELS: [&str; 2] = [" cause:", " repaired:"];

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
