//! Sections F and G: the trace of every broken variant is what its snapshot says, and every lesson quotes real traces and real
//! numbers. `UPDATE_LESSONS=1 cargo test -p selvedge-scenarios --test classics` writes them into the lessons.

use std::path::Path;

use selvedge::Strategy;
use selvedge_scenarios::catalog::{Expected, Scenario, Variant};

fn classics() -> impl Iterator<Item = Scenario> {
    selvedge_scenarios::catalog()
        .into_iter()
        .filter(|s| matches!(s.section, "F" | "G"))
}

/// The trace of the first run that is expected to fail.
fn trace(scenario: &Scenario, variant: &Variant) -> Option<String> {
    let run = variant
        .runs
        .iter()
        .find(|run| matches!(run.expected, Expected::Fails(_)))?;
    let report = variant.run(variant.check(scenario.name, &run.strategy));
    let failure = report
        .failure
        .unwrap_or_else(|| panic!("{}/{} fails", scenario.name, variant.name));
    // Rows are padded to their columns; editors and diffs want the padding at the end gone.
    Some(
        failure
            .to_string()
            .lines()
            .map(|line| format!("{}\n", line.trim_end()))
            .collect(),
    )
}

#[test]
fn the_traces_of_what_fails() {
    for scenario in classics() {
        for variant in &scenario.variants {
            let Some(trace) = trace(&scenario, variant) else {
                continue;
            };
            let name = format!("{}__{}", scenario.name, variant.name).replace('-', "_");
            insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
                insta::assert_snapshot!(name, trace);
            });
        }
    }
}

/// The lesson with every quoted trace and every number as it is now.
fn refreshed(scenario: &Scenario) -> String {
    let mut lesson = String::new();
    let mut lines = scenario.lesson.lines();
    while let Some(line) = lines.next() {
        if line == "```text" {
            let heading = lines.next().expect("a block has a line");
            let of = |v: &&Variant| heading.starts_with(&format!("{} / {}:", scenario.name, v.name));
            let variant = scenario.variants.iter().find(of);
            let variant = variant.unwrap_or_else(|| panic!("{}: {heading} is the trace of no variant", scenario.name));
            let trace = trace(scenario, variant).expect("the variant fails");
            lesson.push_str(&format!("```text\n{}\n```\n", trace.trim_end()));
            lines.find(|line| *line == "```");
            continue;
        }
        let row = scenario
            .variants
            .iter()
            .find(|v| line.starts_with(&format!("| `{}` |", v.name)));
        match row {
            Some(variant) => {
                let report = variant.observe(variant.check(scenario.name, &Strategy::Exhaustive));
                let failing = match variant.run(variant.check(scenario.name, &Strategy::Exhaustive)).failure {
                    Some(_) => "fails".to_owned(),
                    None => (report.executions - report.blocked_executions).to_string(),
                };
                let rest = line.splitn(4, '|').nth(3).expect("a row has three cells");
                lesson.push_str(&format!("| `{}` | {failing} |{rest}\n", variant.name));
            }
            None => lesson.push_str(&format!("{line}\n")),
        }
    }
    lesson
}

#[test]
fn every_lesson_quotes_real_traces_and_real_numbers() {
    let mut stale = Vec::new();
    for scenario in classics() {
        assert!(
            scenario.lesson.contains("```text\n"),
            "{} shows no trace",
            scenario.name
        );
        for variant in scenario.variants.iter().filter(|v| v.expected == Expected::Verified) {
            let row = format!("\n| `{}` |", variant.name);
            assert!(
                scenario.lesson.contains(&row),
                "{} has no row for {}",
                scenario.name,
                variant.name
            );
        }
        let lesson = refreshed(&scenario);
        if lesson != scenario.lesson {
            stale.push(scenario.name);
            if std::env::var_os("UPDATE_LESSONS").is_some() {
                let section = if scenario.section == "F" { "classics" } else { "field" };
                let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join(section)
                    .join("src")
                    .join(scenario.name.replace('-', "_"));
                std::fs::write(folder.join("lesson.md"), lesson).expect("the lesson can be written");
            }
        }
    }
    assert!(
        stale.is_empty(),
        "stale: {}; refresh with UPDATE_LESSONS=1, and read the diff",
        stale.join(", ")
    );
}
