//! `selvedge run --orderings`: which orderings of each variant could be weaker, or have to be stronger.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use anyhow::{Result, bail};
use selvedge::orderings::Tried;
use selvedge::{Orderings, Strategy};
use selvedge_reports::VERSION;
use serde::Serialize;

use super::args::{RunArgs, RunFormat};
use super::in_order::in_order;
use super::plan;
use super::run::{cancelled_by_ctrl_c, progress_bar};
use super::{Outcome, output};
use crate::catalog::{Scenario, Variant};

/// What `--format json` prints.
#[derive(Serialize)]
struct Document {
    version: u32,
    interrupted: bool,
    rows: Vec<Row>,
}

/// A variant.
#[derive(Serialize)]
struct Row {
    section: &'static str,
    scenario: &'static str,
    variant: &'static str,
    kind: &'static str,
    /// What is true of the program as it is.
    expected: String,
    /// Whether that was found. What was not decided is not.
    as_expected: bool,
    /// Why it was skipped.
    reason: Option<String>,
    /// What was found, unless it was skipped.
    #[serde(flatten)]
    orderings: Option<Orderings>,
}

/// Looks into the orderings of each variant that was named, in turn.
pub(crate) fn orderings(args: &RunArgs) -> Result<Outcome> {
    if args.format == RunFormat::Junit {
        bail!("orderings are no tests, so there is no JUnit of them: choose --format text or json");
    }
    let catalog = crate::catalog();
    let variants = plan::select(&catalog, &args.selection)?;
    let cancel = cancelled_by_ctrl_c()?;
    let executions = Arc::new(AtomicU64::new(0));
    let bar = progress_bar(variants.len(), &executions, &Arc::default());
    let mut document = Document {
        version: VERSION,
        interrupted: false,
        rows: Vec::new(),
    };
    let look = |(scenario, variant): &(&Scenario, &Variant)| {
        if cancel.load(Ordering::Relaxed) {
            return None;
        }
        let mut row = empty_row(scenario, variant);
        bar.set_message(format!("{}/{} (orderings)", scenario.name, variant.name));
        if let Some(reason) = variant.skipped.and_then(|reason| reason()) {
            row.reason = Some(reason);
            return Some(row);
        }
        let mut check = variant
            .check(scenario.name, &Strategy::Exhaustive)
            .cancel_flag(Arc::clone(&cancel))
            .progress_counter(Arc::clone(&executions))
            .workers(args.workers.into());
        if let Some(executions) = args.max_executions {
            check = check.max_executions(executions);
        }
        if let Some(time) = args.max_time {
            check = check.max_time(time);
        }
        let found = variant.weakest_orderings(check);
        row.as_expected = variant.expected.met_by_all(&found.as_declared);
        row.orderings = Some(found);
        Some(row)
    };
    in_order(plan::at_once(args), &variants, look, |row| {
        let Some(row) = row else { return Ok(()) };
        bar.inc(1);
        let text = told(args, &row);
        document.rows.push(row);
        match text.is_empty() {
            true => Ok(()),
            false => bar.suspend(|| output::print(&text)),
        }
    })?;
    document.interrupted = cancel.load(Ordering::Relaxed);
    bar.finish_and_clear();
    if args.format == RunFormat::Json {
        let mut text = serde_json::to_string_pretty(&document).expect("strings, numbers and string keys are JSON");
        text.push('\n');
        output::print(&text)?;
    }
    if document.interrupted {
        output::tell(&format!(
            "interrupted after {} of {} variants; what was not decided by then is said to be so",
            document.rows.len(),
            variants.len()
        ));
    }
    let is_good = |row: &Row| row.as_expected || row.reason.is_some();
    Ok(match !document.interrupted && document.rows.iter().all(is_good) {
        true => Outcome::AsExpected,
        false => Outcome::NotAsExpected,
    })
}

fn empty_row(scenario: &Scenario, variant: &Variant) -> Row {
    Row {
        section: scenario.section,
        scenario: scenario.name,
        variant: variant.name,
        kind: variant.kind.name(),
        expected: variant.expected.to_string(),
        as_expected: false,
        reason: None,
        orderings: None,
    }
}

/// What people read of a variant.
fn told(args: &RunArgs, row: &Row) -> String {
    let name = format!("{}/{}", row.scenario, row.variant);
    let Some(orderings) = &row.orderings else {
        return match (&row.reason, args.format, args.quiet) {
            (Some(reason), RunFormat::Text, false) => format!("{name}: skipped, {reason}\n\n"),
            _ => String::new(),
        };
    };
    if args.format != RunFormat::Text || (args.quiet && row.as_expected) {
        return String::new();
    }
    let mut text = orderings.within(output::width());
    if !row.as_expected && !matches!(orderings.as_declared, Tried::Undecided(_)) {
        text.push_str(&format!(" not as expected: {}\n", row.expected));
    }
    text.push('\n');
    if args.verbose {
        for place in &orderings.places {
            let weakest = place
                .together
                .iter()
                .chain(place.alone.iter().filter(|_| place.together.is_none()));
            for step in weakest.flat_map(|weakest| &weakest.weaker) {
                if let Some(failure) = step.tried.failure() {
                    let ordering = step
                        .ordering
                        .map_or_else(|| "none".to_owned(), |ordering| format!("{ordering:?}"));
                    text.push_str(&format!(
                        "{} {} {ordering}\n{}\n",
                        place.place,
                        place.operation,
                        selvedge_reports::painted_timeline(failure, output::timeline_width())
                    ));
                }
            }
        }
    }
    text
}
