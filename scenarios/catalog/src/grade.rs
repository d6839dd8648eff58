//! Outcomes as data, in the manner of jcstress: what each outcome of a program means, with a reason.
//!
//! A program returns what it saw, and the table beside it says what may be seen. An execution whose outcome is
//! [`Grade::Forbidden`] fails like one that panics, so a program need not assert what its table says.
//! [`Variant::observe`](crate::Variant::observe) counts every outcome instead; [`Table`] puts the two together:
//!
//! | state of a row | graded | counted |
//! |---|---|---|
//! | as it should be | yes | in at least one variant |
//! | a forbidden outcome | yes | in a broken variant, never in a verified one |
//! | a gap in the table | no | yes: a test fails |

use std::fmt;

use selvedge::trace::Trace;
use selvedge::{Failure, Report, Strategy};

use crate::{Scenario, Variant, explores_all};

/// What an outcome means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// What the program is for.
    Acceptable,
    /// Correct, and not what most readers expect.
    Interesting,
    /// A bug.
    Forbidden,
}

impl Grade {
    /// The word used in tables.
    pub fn name(self) -> &'static str {
        match self {
            Grade::Acceptable => "acceptable",
            Grade::Interesting => "interesting",
            Grade::Forbidden => "forbidden",
        }
    }
}

/// A row of the table of outcomes, before anything is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graded {
    /// The outcome as `Debug` prints it, or the words of a failure: `deadlock`.
    pub outcome: &'static str,
    /// What it means.
    pub grade: Grade,
    /// Why, or how it comes about.
    pub reason: &'static str,
}

/// Tells a failure that one of the `forbidden` outcomes made as what it is. The panic by which the engine knows of it is
/// [`Variant::run`]'s own, and nobody is to look for it in the program.
pub(crate) fn tell(failure: &mut Failure, forbidden: &[Graded]) {
    if let Some((graded, message)) = in_place_of_a_panic(&failure.message, forbidden) {
        failure.message = message;
        failure.forbidden_outcome = Some(graded.outcome.to_owned());
        returns(&mut failure.trace);
    }
}

/// The forbidden outcome that a message is about, and the message without the panic that stands for it.
pub(crate) fn in_place_of_a_panic<'a>(message: &str, forbidden: &'a [Graded]) -> Option<(&'a Graded, String)> {
    forbidden.iter().find_map(|graded| {
        let panicked = format!("main panicked: outcome {}\n{}", graded.outcome, graded.reason);
        let rest = message.strip_prefix(&panicked)?;
        Some((
            graded,
            format!("forbidden outcome {}\n{}{rest}", graded.outcome, graded.reason),
        ))
    })
}

/// In a trace whose main task panicked to say what the program has returned, it returns that.
pub(crate) fn returns(trace: &mut Trace) {
    let mut rows = trace.rows.iter_mut();
    if let Some(row) = rows.rfind(|row| row.text.starts_with(PANICS)) {
        returns_in_words(&mut row.text);
        // The line that panicked is not one of the program.
        row.location = None;
    }
}

/// How the row begins in which the main task panics to say what the program has returned.
const PANICS: &str = "panics: outcome ";

/// The text of a row in which the main task may do so: it returns that.
pub(crate) fn returns_in_words(text: &mut String) {
    if let Some(outcome) = text.strip_prefix(PANICS) {
        *text = format!("returns {outcome}");
    }
}

/// How often each outcome of a variant occurs, under each strategy that explores all.
#[derive(Clone, Debug)]
pub struct Table {
    /// The strategies, each with its number of executions and whether these are all.
    pub columns: Vec<Column>,
    /// Forbidden outcomes last.
    pub rows: Vec<Row>,
}

/// A strategy of a [`Table`].
#[derive(Clone, Debug)]
pub struct Column {
    /// The name of the strategy.
    pub strategy: &'static str,
    /// Executions with an outcome or a failure.
    pub total: u64,
    /// Whether everything was explored.
    pub complete: bool,
}

/// An outcome of a [`Table`].
#[derive(Clone, Debug)]
pub struct Row {
    /// The outcome, or the words of a failure.
    pub outcome: String,
    /// Executions with this outcome, in the order of the columns.
    pub counts: Vec<u64>,
    /// What it means; `None` if the catalog does not say.
    pub graded: Option<Graded>,
}

impl Table {
    /// Explores `variant` under each of its listed strategies that explore all, to the end.
    pub fn of(scenario: &Scenario, variant: &Variant) -> Table {
        let strategies = variant.runs.iter().map(|run| &run.strategy).filter(|s| explores_all(s));
        let reports: Vec<(&Strategy, Report)> = strategies
            .map(|strategy| (strategy, variant.observe(variant.check(scenario.name, strategy))))
            .collect();
        let mut rows: Vec<Row> = Vec::new();
        let row = |outcome: &str| Row {
            outcome: outcome.to_owned(),
            counts: vec![0; reports.len()],
            graded: variant.outcomes.iter().find(|g| g.outcome == outcome).copied(),
        };
        rows.extend(variant.outcomes.iter().map(|graded| row(graded.outcome)));
        for (column, (_, report)) in reports.iter().enumerate() {
            for (outcome, count) in counted(report) {
                let at = rows.iter().position(|r| r.outcome == outcome).unwrap_or_else(|| {
                    rows.push(row(&outcome));
                    rows.len() - 1
                });
                rows[at].counts[column] += count;
            }
        }
        rows.sort_by_key(|row| row.graded.map(|g| g.grade));
        let columns = reports.iter().map(|(strategy, report)| Column {
            strategy: strategy.name(),
            total: counted(report).map(|(_, count)| count).sum(),
            complete: report.complete && report.error.is_none(),
        });
        Table {
            columns: columns.collect(),
            rows,
        }
    }
}

/// The outcomes of a report with their counts. Executions that failed are one more outcome, called by what the
/// first of them failed of.
fn counted(report: &Report) -> impl Iterator<Item = (String, u64)> + '_ {
    let failed = report
        .failure
        .as_ref()
        .map(|f| (f.kind.words().to_owned(), report.failing_executions));
    let returned = report.outcomes.iter().map(|(outcome, count)| (outcome.clone(), *count));
    returned.chain(failed)
}

/// Aligned columns, the strategies with their totals above.
impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = |column: &Column| {
            let all = if column.complete { "all" } else { "first" };
            format!("{} ({all} {})", column.strategy, column.total)
        };
        let first = self
            .rows
            .iter()
            .map(|row| row.outcome.chars().count())
            .max()
            .unwrap_or(0)
            .max("outcome".len());
        write!(f, "  {:first$}", "outcome")?;
        for column in &self.columns {
            write!(f, "  {}", head(column))?;
        }
        writeln!(f)?;
        for row in &self.rows {
            write!(f, "  {:first$}", row.outcome)?;
            for (count, column) in row.counts.iter().zip(&self.columns) {
                write!(f, "  {count:>width$}", width = head(column).len())?;
            }
            match row.graded {
                Some(graded) => writeln!(f, "  {:11}  {}", graded.grade.name(), graded.reason)?,
                None => writeln!(f, "  not graded")?,
            }
        }
        Ok(())
    }
}
