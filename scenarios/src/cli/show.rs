//! `selvedge show`: a lesson, or a variant with its interleaving.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use selvedge::{Failure, Verdict};

use super::args::{ShowArgs, ShowFormat};
use super::{Outcome, output, plan};
use crate::catalog::{Scenario, Table, Variant};

pub(crate) fn show(args: &ShowArgs) -> Result<Outcome> {
    let catalog = crate::catalog();
    let (name, variant) = match args.name.split_once('/') {
        Some((scenario, variant)) => (scenario, Some(variant)),
        None => (args.name.as_str(), None),
    };
    let found = catalog.iter().find(|s| s.name == name);
    let wanted = |s: &Scenario| variant.map(|name| s.variants.iter().position(|v| v.name == name));
    match found.map(|s| (s, wanted(s))) {
        Some((scenario, None)) => show_scenario(scenario, args.format),
        Some((scenario, Some(Some(at)))) => show_variant(scenario, &scenario.variants[at], args.format),
        Some((_, Some(None))) | None => bail!("{}", plan::unknown(&catalog, &args.name)),
    }
}

fn show_scenario(scenario: &Scenario, format: ShowFormat) -> Result<Outcome> {
    if matches!(format, ShowFormat::Html | ShowFormat::Svg) {
        bail!(
            "a picture is of one variant; name it, as in `selvedge show {}/{}`",
            scenario.name,
            scenario.variants.first().map_or("", |v| v.name)
        );
    }
    let mut out = format!("{}\n\nSource: {}\n\n", scenario.lesson.trim_end(), scenario.source);
    if format == ShowFormat::Md {
        out.push_str("| variant | | expected | |\n| --- | --- | --- | --- |\n");
        for v in &scenario.variants {
            let _ = writeln!(out, "| {} | {} | {} | {} |", v.name, kind(v), v.expected, v.summary);
        }
        for v in &scenario.variants {
            if let Some(failure) = failure_of(scenario, v) {
                let _ = write!(out, "\n{}", selvedge_reports::markdown(&failure));
            }
            if let Some(table) = outcomes_of(scenario, v) {
                let _ = write!(out, "\nOutcomes of `{}`:\n\n```text\n{table}```\n", v.name);
            }
        }
    } else {
        out.push_str("Variants:\n");
        for v in &scenario.variants {
            let _ = writeln!(
                out,
                "  {}/{} ({}, {}): {}",
                scenario.name,
                v.name,
                kind(v),
                v.expected,
                v.summary
            );
            if let Some(table) = outcomes_of(scenario, v) {
                for line in table.to_string().lines() {
                    let _ = writeln!(out, "    {line}");
                }
            }
        }
    }
    output::print(&out)?;
    Ok(Outcome::AsExpected)
}

fn show_variant(scenario: &Scenario, variant: &Variant, format: ShowFormat) -> Result<Outcome> {
    if format != ShowFormat::Text {
        let Some(failure) = failure_of(scenario, variant) else {
            bail!("{}/{} has no failing interleaving to draw", scenario.name, variant.name);
        };
        output::print(&match format {
            ShowFormat::Html => selvedge_reports::html(&failure),
            ShowFormat::Svg => selvedge_reports::svg(&failure),
            _ => selvedge_reports::markdown(&failure),
        })?;
        return Ok(Outcome::AsExpected);
    }
    let mut out = format!(
        "{}/{} ({}): {}\nexpected: {}\n",
        scenario.name,
        variant.name,
        kind(variant),
        variant.summary,
        variant.expected
    );
    for run in variant.runs.iter().filter(|r| r.expected != variant.expected) {
        let _ = writeln!(out, "under {}: {}", run.strategy.name(), run.expected);
    }
    if let Some(note) = variant.note {
        let _ = writeln!(out, "note: {note}");
    }
    if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
        let _ = writeln!(out, "not run: {reason}");
        output::print(&out)?;
        return Ok(Outcome::AsExpected);
    }
    let mut met = true;
    if let Some(run) = variant
        .runs
        .iter()
        .find(|r| r.expected == variant.expected)
        .or(variant.runs.first())
    {
        let report = variant.run(variant.check(scenario.name, &run.strategy));
        met = run.expected.met_by(&report);
        let _ = write!(out, "\n{report}");
        if report.verdict != Verdict::Failed {
            let _ = writeln!(
                out,
                " in {} executions under {}",
                report.executions,
                run.strategy.name()
            );
        }
    }
    if let Some(table) = outcomes_of(scenario, variant) {
        let _ = write!(out, "\n{table}");
    }
    output::print(&out)?;
    Ok(if met {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    })
}

/// How often each outcome occurs, if the catalog says what they mean.
fn outcomes_of(scenario: &Scenario, variant: &Variant) -> Option<Table> {
    if variant.outcomes.is_empty() || variant.skipped.and_then(|reason| reason()).is_some() {
        return None;
    }
    Some(Table::of(scenario, variant))
}

fn kind(variant: &Variant) -> &'static str {
    if variant.control {
        "control"
    } else {
        variant.kind.name()
    }
}

/// The failure of the first run that is expected to fail.
fn failure_of(scenario: &Scenario, variant: &Variant) -> Option<Failure> {
    if variant.skipped.and_then(|reason| reason()).is_some() {
        return None;
    }
    let run = variant
        .runs
        .iter()
        .find(|r| matches!(r.expected, crate::catalog::Expected::Fails(_)))?;
    variant.run(variant.check(scenario.name, &run.strategy)).failure
}
