//! The catalog against the engines: a test for each variant under each strategy it lists, one for each table of
//! outcomes, and a few about the catalog itself.

use std::collections::BTreeSet;

use libtest_mimic::{Arguments, Failed, Trial};
use selvedge::{Strategy, Verdict};
use selvedge_scenarios::catalog::{Expected, Grade, Run, Scenario, Table, Variant, section_title};

fn main() {
    let mut trials = vec![
        Trial::test("names_are_unique_and_fit_for_a_command_line", names),
        Trial::test("every_scenario_has_a_lesson_a_source_and_a_section", prose),
    ];
    for scenario in selvedge_scenarios::catalog() {
        for variant in &scenario.variants {
            for run in &variant.runs {
                let name = format!("{}/{}/{}", scenario.name, variant.name, run.strategy.name());
                let (scenario, variant, run) = (scenario.name, variant.clone(), run.clone());
                let skipped = is_skipped(&variant);
                let trial = Trial::test(name, move || expectation(scenario, &variant, &run));
                trials.push(trial.with_ignored_flag(skipped));
            }
            let (scenario, variant) = (scenario.name, variant.clone());
            let skipped = is_skipped(&variant);
            if variant.expected == Expected::Verified {
                let name = format!("{scenario}/{}/whatever-wakers-polls-and-timers-do", variant.name);
                let trial = Trial::test(name, move || adversary(scenario, &variant));
                trials.push(trial.with_ignored_flag(skipped));
            }
        }
        if scenario.variants.iter().any(|v| !v.outcomes.is_empty()) {
            trials.push(Trial::test(format!("{}/outcomes", scenario.name), move || {
                outcomes(&scenario)
            }));
        }
    }
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn is_skipped(variant: &Variant) -> bool {
    variant.skipped.and_then(|reason| reason()).is_some()
}

/// The variant comes out as expected.
fn expectation(scenario: &str, variant: &Variant, run: &Run) -> Result<(), Failed> {
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        return Err(reason.into());
    }
    let report = variant.run(variant.check(scenario, &run.strategy).cause(false));
    if run.expected.met_by(&report) {
        return Ok(());
    }
    Err(format!("expected {}, found:\n{report}", run.expected).into())
}

/// What these promise is a time, which nobody can keep when the clock moves while tasks could go on.
const PROMISES_A_TIME: [(&str, &str); 3] = [
    ("batch-flush", "notify-one"),
    ("batch-flush", "created-before-flush"),
    ("check-then-act", "slow-work-outside-lock"),
];

/// What is verified stays so when each poll has a waker of its own, when every task may be polled once without
/// having been woken, and when timers fire early.
fn adversary(scenario: &str, variant: &Variant) -> Result<(), Failed> {
    let check = variant.check(scenario, &Strategy::Exhaustive).fresh_wakers(true);
    let report = variant.run(check);
    if report.verdict == Verdict::Failed {
        return Err(format!("with fresh wakers:\n{report}").into());
    }
    // There are many more interleavings, so only some of them.
    let report = variant.run(
        variant
            .check(scenario, &Strategy::Pos)
            .spurious_polls(1)
            .max_executions(500),
    );
    if report.verdict == Verdict::Failed {
        return Err(format!("with a spurious poll:\n{report}").into());
    }
    if PROMISES_A_TIME.contains(&(scenario, variant.name)) {
        return Ok(());
    }
    let report = variant.run(
        variant
            .check(scenario, &Strategy::Pos)
            .early_timers(2)
            .max_executions(500),
    );
    if report.verdict == Verdict::Failed {
        return Err(format!("with early timers:\n{report}").into());
    }
    Ok(())
}

/// The table names exactly the outcomes there are: each one that occurs is graded, each graded one occurs, and the
/// forbidden ones do so in broken variants only.
fn outcomes(scenario: &Scenario) -> Result<(), Failed> {
    let mut wrong = String::new();
    let mut unseen: BTreeSet<&str> = BTreeSet::new();
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for variant in scenario
        .variants
        .iter()
        .filter(|v| !v.outcomes.is_empty() && !is_skipped(v))
    {
        unseen.extend(variant.outcomes.iter().map(|g| g.outcome));
        let table = Table::of(scenario, variant);
        for row in &table.rows {
            let occurs = row.counts.iter().any(|&count| count > 0);
            if occurs {
                seen.insert(row.outcome.clone());
            }
            let problem = match row.graded {
                None => "is not graded",
                Some(graded)
                    if occurs && graded.grade == Grade::Forbidden && variant.expected == Expected::Verified =>
                {
                    "is forbidden, and the variant counts as right"
                }
                Some(_) => continue,
            };
            wrong.push_str(&format!("{}: outcome {} {problem}\n{table}", variant.name, row.outcome));
        }
        // Some failures end a search: a data race, and any deadlock under loom.
        if variant.expected == Expected::Verified && table.columns.iter().any(|column| !column.complete) {
            wrong.push_str(&format!("{}: not everything was explored\n{table}", variant.name));
        }
    }
    for outcome in unseen.into_iter().filter(|o| !seen.contains(*o)) {
        wrong.push_str(&format!("outcome {outcome} is graded, and no variant has it\n"));
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.into()) }
}

fn names() -> Result<(), Failed> {
    let mut names = BTreeSet::new();
    let fit = |name: &str| {
        !name.is_empty()
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    };
    for scenario in selvedge_scenarios::catalog() {
        if !fit(scenario.name) || !names.insert(scenario.name.to_owned()) {
            return Err(format!("the scenario name {:?} is taken or unfit", scenario.name).into());
        }
        for variant in &scenario.variants {
            let full = format!("{}/{}", scenario.name, variant.name);
            if !fit(variant.name) || !names.insert(full.clone()) {
                return Err(format!("the variant name {full:?} is taken or unfit").into());
            }
        }
    }
    Ok(())
}

fn prose() -> Result<(), Failed> {
    for scenario in selvedge_scenarios::catalog() {
        let lesson = scenario.lesson.trim();
        if !lesson.starts_with("# ") || lesson.lines().count() < 5 {
            return Err(format!("{} has no lesson", scenario.name).into());
        }
        if scenario.source.is_empty() || section_title(scenario.section) == "Others" || scenario.variants.is_empty() {
            return Err(format!("{} lacks a source, a section or variants", scenario.name).into());
        }
        if let Some(variant) = scenario.variants.iter().find(|v| v.summary.is_empty()) {
            return Err(format!("{}/{} has no summary", scenario.name, variant.name).into());
        }
    }
    Ok(())
}
