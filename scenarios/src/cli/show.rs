//! `selvedge show`: a lesson with the verdicts, or a variant with its code and its interleaving.

use std::fmt::Write as _;

use anyhow::{Result, bail};
use selvedge::{Error, Strategy};
use selvedge_reports::page::{self, Playable};
use selvedge_reports::paint::{CODE, FAINT, STRONG, paint, wrap};
use selvedge_reports::{columns, lesson, painted_timeline};

use super::args::{ShowArgs, ShowFormat};
use super::verdict::{Verdict, expected_words, outcomes_of};
use super::{Outcome, output, plan};
use crate::catalog::{Kind, Scenario, Table, Variant};

pub(crate) fn show(args: &ShowArgs) -> Result<Outcome> {
    let catalog = crate::catalog();
    let (name, variant) = match args.name.split_once('/') {
        Some((scenario, variant)) => (scenario, Some(variant)),
        None => (args.name.as_str(), None),
    };
    let found = catalog.iter().find(|s| s.name == name);
    let wanted = |s: &Scenario| variant.map(|name| s.variants.iter().position(|v| v.name == name));
    match (found.map(|s| (s, wanted(s))), args.format) {
        (Some((scenario, None)), ShowFormat::Text) => scenario_text(scenario),
        (Some((scenario, None)), ShowFormat::Md) => scenario_markdown(scenario),
        (Some((scenario, None)), _) => bail!(
            "a picture is of one variant; name it, as in `selvedge show {}/{}`",
            scenario.name,
            scenario.variants.first().map_or("", |v| v.name)
        ),
        (Some((scenario, Some(Some(at)))), ShowFormat::Text) => variant_text(scenario, &scenario.variants[at]),
        (Some((scenario, Some(Some(at)))), format) => draw(scenario, &scenario.variants[at], format),
        (Some((_, Some(None))) | None, _) => bail!("{}", plan::unknown(&catalog, &args.name)),
    }
}

fn scenario_text(scenario: &Scenario) -> Result<Outcome> {
    let width = output::width();
    let mut out = lesson(scenario.lesson, width);
    out.push('\n');
    push(
        &mut out,
        &format!("{} {}", paint(STRONG, "Source:"), scenario.source),
        width,
    );
    out.push('\n');
    let mut rows = vec![["variant", "", "found", "executions", ""].map(str::to_owned).to_vec()];
    let mut met = true;
    for variant in &scenario.variants {
        let verdict = Verdict::of(scenario, variant);
        met &= verdict.met();
        rows.push(vec![
            variant.name.to_owned(),
            variant.word().to_owned(),
            verdict.found(),
            verdict.executions().unwrap_or_default(),
            variant.summary.to_owned(),
        ]);
    }
    out.push_str(&columns(&rows, &[3], width));
    out.push('\n');
    let example = scenario.variants.first().map_or("", |v| v.name);
    let look = format!(
        "To see the code, the interleaving and the outcomes of one: selvedge show {}/{example}.",
        scenario.name
    );
    push(&mut out, &look, width);
    output::print(&out)?;
    Ok(outcome(met))
}

fn scenario_markdown(scenario: &Scenario) -> Result<Outcome> {
    let mut out = format!("{}\n\nSource: {}\n\n", scenario.lesson.trim_end(), scenario.source);
    let mut details = String::new();
    let mut met = true;
    out.push_str("| variant | | found | executions | |\n| --- | --- | --- | --: | --- |\n");
    for v in &scenario.variants {
        let verdict = Verdict::of(scenario, v);
        met &= verdict.met();
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} |",
            v.name,
            v.word(),
            verdict.found(),
            verdict.executions().unwrap_or_default(),
            v.summary
        );
        let _ = write!(details, "\n## `{}`\n\n```rust\n{}```\n", v.name, scenario.code_of(v));
        if let Some(failure) = verdict.failure() {
            let _ = write!(details, "\n{}", selvedge_reports::markdown(failure));
        }
        if let Some(table) = outcomes_of(scenario, v) {
            let _ = write!(details, "\n```text\n{table}```\n");
        }
    }
    output::print(&(out + &details))?;
    Ok(outcome(met))
}

fn variant_text(scenario: &Scenario, variant: &Variant) -> Result<Outcome> {
    let width = output::width();
    let name = format!("{}/{}", scenario.name, variant.name);
    let verdict = Verdict::of(scenario, variant);
    let mut out = String::new();
    push(
        &mut out,
        &format!("{} ({}): {}", paint(STRONG, &name), variant.word(), variant.summary),
        width,
    );
    if let Some(note) = variant.note {
        push(&mut out, &format!("note: {note}"), width);
    }
    out.push('\n');
    for line in scenario.code_of(variant).lines() {
        let text = line.trim_start();
        let indent = " ".repeat(2 + line.len() - text.len());
        // Code keeps its lines; comments can be broken.
        match text.split_once("// ").filter(|(before, _)| matches!(*before, "" | "/")) {
            Some((before, comment)) => {
                let indent = format!("{indent}{before}// ");
                for line in wrap(comment, width, &indent, &indent) {
                    let _ = writeln!(out, "{}", paint(FAINT, &line));
                }
            }
            None if text.is_empty() => out.push('\n'),
            None => {
                let _ = writeln!(out, "{}", paint(CODE, &format!("{indent}{text}")));
            }
        }
    }
    out.push('\n');
    if let Verdict::Ran(_, report) = &verdict
        && report.error.is_none()
    {
        match &report.failure {
            Some(failure) => out.push_str(&painted_timeline(failure, output::timeline_width())),
            None => push(
                &mut out,
                &format!("{name}: {:?}, {}", report.verdict, report.basis),
                width,
            ),
        }
        out.push('\n');
    }
    if let Some(table) = outcomes_of(scenario, variant) {
        out.push_str(&outcome_columns(&table, width));
        out.push('\n');
    }
    push(&mut out, &verdict.sentence(variant), width);
    for run in variant.runs.iter().filter(|r| r.expected != variant.expected) {
        push(
            &mut out,
            &format!(
                "Under {} it is expected to be: {}.",
                run.strategy.name(),
                expected_words(run.expected)
            ),
            width,
        );
    }
    output::print(&out)?;
    Ok(outcome(verdict.met()))
}

fn draw(scenario: &Scenario, variant: &Variant, format: ShowFormat) -> Result<Outcome> {
    let name = format!("{}/{}", scenario.name, variant.name);
    let verdict = Verdict::of(scenario, variant);
    let source = |place: &str| scenario.line(place).map(str::to_owned);
    let drawn = match (verdict.failure(), format) {
        (Some(failure), ShowFormat::Html) => page::played(failure, &programs(scenario, variant), Some(&source)),
        (Some(failure), ShowFormat::Svg) => selvedge_reports::svg(failure),
        (Some(failure), _) => selvedge_reports::markdown(failure),
        (None, ShowFormat::Html) => {
            let words = match &verdict {
                Verdict::Skipped(reason) => bail!("{name} cannot be run here: {reason}"),
                Verdict::Ran(_, report) => match &report.error {
                    Some(error) => bail!("{name} could not be run: {error}"),
                    None => format!(
                        "{}: {}.\n{:?}, {}. This is one of them.",
                        variant.word(),
                        variant.summary,
                        report.verdict,
                        report.basis
                    ),
                },
            };
            let Some(trace) = variant.passing(scenario.name) else {
                bail!("{name} has no interleaving to draw");
            };
            page::passing(&name, &words, &trace, Some(&source))
        }
        (None, _) => bail!("{name} has no failing interleaving to draw; --format html draws one that passes"),
    };
    output::print(&drawn)?;
    Ok(outcome(verdict.met()))
}

/// The most states of a program that a page holds.
const STATES: usize = 15_000;

/// What can be played under the picture: the variant, and one that holds in its place.
fn programs(scenario: &Scenario, variant: &Variant) -> Vec<Playable> {
    let repaired = scenario.repaired(variant);
    let mut programs = vec![playable(scenario, variant, "Make it fail.")];
    programs.extend(repaired.map(|v| playable(scenario, v, "Try to make the repaired one fail.")));
    programs
}

fn playable(scenario: &Scenario, variant: &Variant, challenge: &'static str) -> Playable {
    let check = variant.check(scenario.name, &Strategy::Exhaustive);
    let states = match variant.skipped.and_then(|reason| reason()) {
        Some(reason) => Err(reason),
        None => match variant.states(check.max_states(STATES)) {
            Err(Error::TooManyStates { most }) => Err(format!("it has more than {most} states")),
            states => states.map_err(|error| error.to_string()),
        },
    };
    let holds = states.as_ref().is_ok_and(|states| states.ends().0 == 0);
    Playable {
        name: format!("{}/{}", scenario.name, variant.name),
        challenge: match variant.kind {
            Kind::Naive if holds => "It fails only where a load sees an older store, which nobody can pick here.",
            _ => challenge,
        },
        states,
    }
}

fn outcome(met: bool) -> Outcome {
    if met {
        Outcome::AsExpected
    } else {
        Outcome::NotAsExpected
    }
}

fn outcome_columns(table: &Table, width: usize) -> String {
    let mut head = vec!["outcome".to_owned()];
    head.extend(table.columns.iter().map(|column| {
        let all = if column.complete { "all" } else { "first" };
        format!("{} ({all} {})", column.strategy, column.total)
    }));
    let mut rows = vec![head];
    for row in &table.rows {
        let mut cells = vec![row.outcome.clone()];
        cells.extend(row.counts.iter().map(ToString::to_string));
        match row.graded {
            Some(graded) => cells.extend([graded.grade.name().to_owned(), graded.reason.to_owned()]),
            None => cells.push("not graded".to_owned()),
        }
        rows.push(cells);
    }
    let numbers: Vec<usize> = (1..=table.columns.len()).collect();
    columns(&rows, &numbers, width)
}

fn push(out: &mut String, text: &str, width: usize) {
    for line in wrap(text, width, "", "  ") {
        out.push_str(&line);
        out.push('\n');
    }
}
