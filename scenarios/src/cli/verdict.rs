//! What became of a variant here and now, for the commands that show one.

use selvedge::{Failure, Report};
use selvedge_reports::paint::{BAD, GOOD, SKIPPED, STRONG, paint};

use crate::catalog::{Expected, Run, Scenario, Table, Variant};

/// What became of a variant here and now.
pub(super) enum Verdict<'a> {
    Skipped(String),
    Ran(&'a Run, Box<Report>),
}

impl<'a> Verdict<'a> {
    /// Runs the variant under the strategy that shows what is true of it.
    pub(super) fn of(scenario: &Scenario, variant: &'a Variant) -> Self {
        if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
            return Verdict::Skipped(reason);
        }
        let typical = variant.runs.iter().find(|r| r.expected == variant.expected);
        match typical.or(variant.runs.first()) {
            Some(run) => {
                let report = scenario.run(variant, scenario.check(variant, &run.strategy));
                Verdict::Ran(run, Box::new(report))
            }
            None => Verdict::Skipped("the catalog lists no strategy for it".to_owned()),
        }
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        match self {
            Verdict::Ran(_, report) => report.failure.as_ref(),
            Verdict::Skipped(_) => None,
        }
    }

    pub(super) fn found(&self) -> String {
        match self {
            Verdict::Skipped(_) => "skipped".to_owned(),
            Verdict::Ran(_, report) => match &report.failure {
                Some(failure) => selvedge_reports::words(failure).to_owned(),
                None if report.error.is_some() => "not run".to_owned(),
                None => format!("{:?}", report.verdict).to_lowercase(),
            },
        }
    }

    pub(super) fn executions(&self) -> Option<String> {
        match self {
            Verdict::Ran(_, report) if report.error.is_none() => {
                // As the lesson counts them: what only led nowhere is no interleaving.
                Some((report.executions - report.blocked_executions).to_string())
            }
            _ => None,
        }
    }

    /// Whether it is as expected; what was not run is not unexpected.
    pub(super) fn met(&self) -> bool {
        match self {
            Verdict::Ran(run, report) => run.expected.met_by(report),
            Verdict::Skipped(_) => true,
        }
    }

    /// `Found: forbidden outcome, in execution 2 under exhaustive, as expected.`
    pub(super) fn sentence(&self, variant: &Variant) -> String {
        let (run, report) = match self {
            Verdict::Skipped(reason) => return format!("{} {reason}", paint(SKIPPED, "Not run:")),
            Verdict::Ran(run, report) => (run, report),
        };
        if let Some(error) = &report.error {
            return format!("{} {error}", paint(BAD, "Not run:"));
        }
        let strategy = run.strategy.name();
        let executions = match (&report.failure, report.executions) {
            (Some(_), n) => format!("in execution {n}"),
            (None, 1) => "in 1 execution".to_owned(),
            (None, n) => format!("in {n} executions"),
        };
        let found = paint(STRONG, &self.found());
        let judged = if self.met() {
            paint(GOOD, "as expected")
        } else {
            let expected = format!("{} was expected", expected_words(variant.expected));
            paint(BAD, &expected)
        };
        format!("Found: {found}, {executions} under {strategy}; {judged}.")
    }
}

pub(super) fn expected_words(expected: Expected) -> String {
    match expected {
        Expected::Verified => "verified".to_owned(),
        Expected::Passed => "passed".to_owned(),
        Expected::Fails(kind) => kind.to_string(),
        Expected::MayFail(kind) => format!("passed or {kind}"),
    }
}

/// How often each outcome occurs, if the catalog says what they mean.
pub(super) fn outcomes_of(scenario: &Scenario, variant: &Variant) -> Option<Table> {
    if variant.outcomes.is_empty() || variant.skipped.and_then(|reason| reason()).is_some() {
        return None;
    }
    Some(Table::of(scenario, variant))
}
