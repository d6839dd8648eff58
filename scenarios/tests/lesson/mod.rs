//! What the tests of a scenario have in common: expectations, snapshots of traces, and lessons that say
//! what the runs say.

use std::fmt::Write as _;

use selvedge::{Report, Strategy};
use selvedge_scenarios::catalog::{Expected, Scenario, Variant};

/// A scenario of the catalog.
pub(crate) fn scenario(name: &str) -> Scenario {
    let found = selvedge_scenarios::catalog().into_iter().find(|s| s.name == name);
    found.unwrap_or_else(|| panic!("{name} is in the catalog"))
}

/// Runs every variant under every strategy it lists.
#[track_caller]
pub(crate) fn assert_expectations(scenario: &Scenario) {
    let mut unmet = String::new();
    for variant in &scenario.variants {
        for run in &variant.runs {
            let report = variant.run(variant.check(scenario.name, &run.strategy));
            if !run.expected.met_by(&report) {
                let strategy = run.strategy.name();
                let _ = writeln!(
                    unmet,
                    "{} under {strategy}: expected {}\n{report}",
                    variant.name, run.expected
                );
            }
        }
    }
    assert!(unmet.is_empty(), "{unmet}");
}

/// Compares the trace of every variant that fails with its snapshot.
pub(crate) fn assert_traces(scenario: &Scenario) {
    for variant in &scenario.variants {
        if let Expected::Fails(_) = variant.expected_under(&Strategy::Exhaustive) {
            let name = format!("{}__{}", scenario.name, variant.name).replace('-', "_");
            insta::with_settings!({
                snapshot_path => "../snapshots",
                prepend_module_to_snapshot => false,
                omit_expression => true,
            }, {
                insta::assert_snapshot!(name, trace(scenario, variant));
            });
        }
    }
}

/// The lesson quotes the trace of each of `traced` in full, and has a row with the number of
/// interleavings for each variant that is verified.
#[track_caller]
pub(crate) fn assert_lesson(scenario: &Scenario, traced: &[&str]) {
    let mut missing = String::new();
    for name in traced {
        let variant = scenario.variants.iter().find(|v| v.name == *name);
        let trace = trace(scenario, variant.expect("the variant exists"));
        let block = format!("```text\n{}\n```\n", trace.trim_end());
        if !scenario.lesson.contains(&block) {
            missing.push_str(&block);
        }
    }
    for variant in &scenario.variants {
        if variant.expected == Expected::Verified {
            let interleavings = exhaustive(scenario, variant).executions;
            let row = format!("| `{}` | {interleavings} |", variant.name);
            if !scenario.lesson.contains(&row) {
                let _ = writeln!(missing, "{row}");
            }
        }
    }
    assert!(
        missing.is_empty(),
        "lesson.md of {} has to say:\n{missing}",
        scenario.name
    );
}

fn exhaustive(scenario: &Scenario, variant: &Variant) -> Report {
    variant.run(variant.check(scenario.name, &Strategy::Exhaustive))
}

fn trace(scenario: &Scenario, variant: &Variant) -> String {
    let report = exhaustive(scenario, variant);
    let failure = report.failure.unwrap_or_else(|| panic!("{} fails", variant.name));
    // Rows are padded to their columns; editors and diffs want the padding at the end gone.
    selvedge_reports::timeline(&failure)
        .lines()
        .map(|line| format!("{}\n", line.trim_end()))
        .collect()
}
