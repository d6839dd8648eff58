//! JUnit XML: a test suite per scenario, a test case per variant and strategy.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

use crate::document::{Document, Found};

/// The document as JUnit XML. A test case fails when its row is not as expected: a naive variant that is
/// caught has done what it should. The interleaving is in the body of the failure.
pub fn junit(document: &Document) -> String {
    let mut report = Report::new("selvedge");
    let mut suites: Vec<TestSuite> = Vec::new();
    for row in &document.rows {
        let mut status = match (row.as_expected, row.verdict) {
            (true, _) => TestCaseStatus::success(),
            (false, Found::Skipped) => TestCaseStatus::skipped(),
            (false, _) => TestCaseStatus::non_success(NonSuccessKind::Failure),
        };
        match (row.as_expected, row.verdict, &row.reason) {
            (true, ..) => {}
            (false, _, Some(reason)) => {
                status.set_message(reason.clone());
            }
            (false, ..) => {
                status.set_message(format!(
                    "expected {}, found {} ({})",
                    row.expected_words(),
                    row.found_words(),
                    row.basis
                ));
            }
        }
        if let Some(timeline) = &row.timeline {
            status.set_description(timeline.clone());
        }
        let mut case = TestCase::new(format!("{}/{}", row.variant, row.strategy), status);
        case.set_classname(row.scenario.clone());
        case.set_time(Duration::from_millis(row.elapsed_ms));
        if suites.last().is_none_or(|s| s.name.as_str() != row.scenario) {
            suites.push(TestSuite::new(row.scenario.clone()));
        }
        suites.last_mut().expect("one was pushed").add_test_case(case);
    }
    report.add_test_suites(suites);
    report.to_string().expect("XML into a string cannot fail")
}

#[cfg(test)]
mod tests {
    use crate::document::{Document, Found, tests::rows};

    #[test]
    fn a_row_not_as_expected_is_a_failure_and_a_caught_naive_variant_is_not() {
        insta::assert_snapshot!(super::junit(&Document::new(rows())));
    }

    #[test]
    fn the_interleaving_is_in_the_body_of_the_failure() {
        let failure = crate::grid::tests::failure();
        let mut row = rows()[2].clone();
        (row.verdict, row.as_expected) = (Found::Failed, false);
        row.failure_kind = Some(failure.kind);
        row.timeline = Some(crate::timeline(&failure));
        insta::assert_snapshot!(super::junit(&Document::new(vec![row])));
    }
}
