//! `selvedge run`: runs the jobs, saves what fails, and prints what is found as it is found.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use selvedge::{Error, Failure, MemoryModel, Report, SearchState};
use selvedge_reports::page;
use selvedge_reports::paint::wrap;
use selvedge_reports::{Detail, Document, Found, Listing, Planned, Row, Shard};

use super::args::{RunArgs, RunFormat};
use super::in_order::in_order;
use super::plan::{self, Job};
use super::store::Store;
use super::{Outcome, output};
use crate::catalog::{Expected, engine_of, section_title};

pub(crate) fn run(args: &RunArgs) -> Result<Outcome> {
    let catalog = crate::catalog();
    let jobs = plan::plan(&catalog, args)?;
    let mut session = Session::new(args, &jobs);
    let searches = Searches::new(args, &jobs)?;
    // Those of one variant in turn: of its failures the first is told.
    let variants: Vec<&[Job<'_>]> = jobs
        .chunk_by(|one, next| std::ptr::eq(one.variant, next.variant))
        .collect();
    let told = in_order(
        plan::at_once(args),
        &variants,
        |jobs| searches.all(jobs),
        |ran| {
            let told = ran.into_iter().try_for_each(|ran| session.take(ran, &searches));
            if told.is_err() {
                searches.cancel.store(true, Ordering::Relaxed);
            }
            told
        },
    );
    searches.bar.finish_and_clear();
    session.finish(&jobs, told)
}

/// What the runs of a command have in common, whichever thread they are on.
struct Searches<'a> {
    args: &'a RunArgs,
    cancel: Arc<AtomicBool>,
    executions: Arc<AtomicU64>,
    estimate: Arc<AtomicU64>,
    /// The search to go on with.
    resume: Mutex<Option<SearchState>>,
    bar: ProgressBar,
}

/// What became of a job.
struct Ran<'a> {
    job: &'a Job<'a>,
    /// Or why it was skipped.
    report: Result<Report, String>,
    /// No other of its variant failed before it.
    first: bool,
}

impl<'a> Searches<'a> {
    fn new(args: &'a RunArgs, jobs: &[Job<'_>]) -> Result<Self> {
        // Before anybody listens for Ctrl-C: what is read slowly, or from a pipe, can be left at once.
        let resume = args.resume.as_ref().map(SearchState::load).transpose()?;
        let cancel = cancelled_by_ctrl_c()?;
        let executions = Arc::new(AtomicU64::new(0));
        let estimate = Arc::new(AtomicU64::new(0));
        let bar = progress_bar(jobs.len(), &executions, &estimate);
        Ok(Searches {
            args,
            cancel,
            executions,
            estimate,
            resume: Mutex::new(resume),
            bar,
        })
    }

    /// Runs the jobs of one variant, as many as there is time for.
    fn all<'j>(&self, jobs: &'j [Job<'j>]) -> Vec<Ran<'j>> {
        let mut ran = Vec::new();
        let mut first = true;
        for job in jobs {
            if self.cancel.load(Ordering::Relaxed) {
                break;
            }
            let report = match job.variant.skipped.and_then(|reason| reason()) {
                Some(reason) => Err(reason),
                None => Ok(self.search(job, first)),
            };
            let fails = report.as_ref().is_ok_and(|report| report.failure.is_some());
            ran.push(Ran { job, report, first });
            first &= !fails;
        }
        ran
    }

    fn search(&self, job: &Job<'_>, first: bool) -> Report {
        let name = format!("{}/{}", job.scenario.name, job.variant.name);
        self.bar.set_message(format!("{name} ({})", job.strategy.name()));
        let check = match first {
            true => job.scenario.check(job.variant, &job.strategy),
            false => job.variant.check(job.scenario.name, &job.strategy).cause(false),
        };
        let mut check = check
            .cancel_flag(Arc::clone(&self.cancel))
            .progress_counter(Arc::clone(&self.executions))
            .workers(self.args.workers.into())
            .estimate(self.args.estimate)
            .estimate_counter(Arc::clone(&self.estimate));
        if engine_of(&job.strategy) == "controlled" {
            check = check.memory_model(self.args.memory.into());
        }
        if let Some(executions) = self.args.max_executions {
            check = check.max_executions(executions);
        }
        if let Some(seed) = self.args.seed {
            check = check.seed(seed);
        }
        if let Some(time) = self.args.max_time {
            check = check.max_time(time);
        }
        if let (Some((index, of)), true) = (self.args.shard, plan::is_divisible(job.variant, &job.strategy)) {
            check = check.shard(index, of);
        }
        if let Some(state) = self.resume.lock().expect("nobody panics with it").take() {
            check = check.resume(state);
        }
        job.scenario.run(job.variant, check)
    }
}

/// What has been found, as far as it has come.
struct Session<'a> {
    args: &'a RunArgs,
    store: Store,
    document: Document,
    /// What people read while it runs.
    listing: Option<Listing>,
    /// The failure of each variant that a reader would want to see: one per variant, the first found.
    failures: Vec<Failure>,
    /// What went wrong with saving the search; told at the end, because it must not hide what was found.
    save_error: Option<anyhow::Error>,
}

impl<'a> Session<'a> {
    fn new(args: &'a RunArgs, jobs: &[Job<'_>]) -> Self {
        let mut document = Document::new(Vec::new());
        document.shard = args.shard.map(|(index, of)| Shard { index, of });
        Session {
            args,
            store: Store::new(args.out.as_deref()),
            document,
            listing: (args.format == RunFormat::Text).then(|| listing(args, jobs)),
            failures: Vec::new(),
            save_error: None,
        }
    }

    fn take(&mut self, ran: Ran<'_>, searches: &Searches<'_>) -> Result<()> {
        let Ran { job, report, first } = ran;
        let mut report = match report {
            Ok(report) => report,
            Err(reason) => {
                let mut row = empty_row(job);
                row.reason = Some(reason);
                return self.push(row, &searches.bar);
            }
        };
        if let (Some(state), Some(path)) = (&report.state, &self.args.save_state) {
            match state.save(path) {
                Ok(()) => output::tell(&format!(
                    "the search is not over; go on with --resume {}",
                    path.display()
                )),
                Err(error) => self.save_error = Some(error.into()),
            }
        }
        // A search that was cut short says nothing; a failure found before that does.
        if report.interrupted && report.failure.is_none() {
            return Ok(());
        }
        let schedule = report.failure.as_mut().and_then(|failure| {
            // Exhaustive comes first among a variant's runs, so its schedule gets the plain name.
            let path = self.store.save(failure, &job.strategy, first)?;
            if first {
                for (kind, drawn) in drawings(self.args, job, failure) {
                    self.store.save_beside(&path, kind, &drawn);
                }
            }
            Some(path.display().to_string())
        });
        let row = row(job, &report, schedule);
        if let (Some(failure), true) = (report.failure, first) {
            self.failures.push(failure);
        }
        self.push(row, &searches.bar)
    }

    fn push(&mut self, row: Row, bar: &ProgressBar) -> Result<()> {
        let text = self.listing.as_mut().map(|listing| listing.row(&row));
        self.document.rows.push(row);
        bar.inc(1);
        match text {
            Some(text) if !text.is_empty() => bar.suspend(|| output::print(&text)),
            _ => Ok(()),
        }
    }

    /// `told` is whether the rows could be printed.
    fn finish(mut self, jobs: &[Job<'_>], told: Result<()>) -> Result<Outcome> {
        let done = self.document.rows.len();
        self.document.interrupted = done < jobs.len();
        let has_latest = self.store.has_latest();
        let saved = self.store.finish();
        told?;
        match (self.args.format, &mut self.listing) {
            (RunFormat::Json, _) => output::print(&self.document.json())?,
            (RunFormat::Junit, _) => output::print(&selvedge_reports::junit(&self.document))?,
            (RunFormat::Text, Some(listing)) => {
                let mut text = listing.end(&self.document);
                if !self.args.quiet {
                    text.push_str(&look_closer(&self.failures, jobs, has_latest));
                }
                output::print(&text)?;
            }
            (RunFormat::Text, None) => {}
        }
        if self.document.interrupted {
            output::tell(&format!(
                "interrupted after {done} of {} runs; what was found is saved",
                jobs.len()
            ));
        }
        if let Some(error) = self.save_error {
            return Err(error);
        }
        saved?;
        let (_, bad, _) = self.document.counts();
        Ok(if bad == 0 && !self.document.interrupted {
            Outcome::AsExpected
        } else {
            Outcome::NotAsExpected
        })
    }
}

/// What is asked for in pictures of a failure, by the ends of their files' names.
fn drawings(args: &RunArgs, job: &Job<'_>, failure: &Failure) -> Vec<(&'static str, String)> {
    let source = |place: &str| job.scenario.line(place).map(str::to_owned);
    let page = || page::played(failure, &[], Some(&source));
    let mut drawn = Vec::new();
    drawn.extend(args.html.then(|| ("html", page())));
    drawn.extend(args.svg.then(|| ("svg", selvedge_reports::svg(failure))));
    drawn.extend(args.markdown.then(|| ("md", selvedge_reports::markdown(failure))));
    drawn
}

fn listing(args: &RunArgs, jobs: &[Job<'_>]) -> Listing {
    let planned: Vec<Planned<'_>> = jobs
        .iter()
        .map(|job| Planned {
            section: job.scenario.section,
            section_title: section_title(job.scenario.section),
            scenario: job.scenario.name,
            title: job.scenario.title,
            variant: job.variant.name,
        })
        .collect();
    let detail = match (args.quiet, args.verbose) {
        (true, _) => Detail::Exceptions,
        (_, true) => Detail::Rows,
        _ => Detail::fitting(&planned),
    };
    Listing::new(output::width(), detail, &planned)
}

/// After the summary: one variant's interleaving, or how to see one.
fn look_closer(failures: &[Failure], jobs: &[Job<'_>], has_latest: bool) -> String {
    let one = jobs.windows(2).all(|w| std::ptr::eq(w[0].variant, w[1].variant));
    let Some(first) = failures.first() else {
        return String::new();
    };
    if one {
        return format!(
            "\n{}",
            selvedge_reports::painted_timeline(first, output::timeline_width())
        );
    }
    let mut text = format!("To see an interleaving: selvedge show {}", first.name);
    if has_latest {
        text.push_str(", or selvedge replay latest for the last one found");
    }
    let lines = wrap(&text, output::width(), "", "  ");
    format!("{}.\n", lines.join("\n"))
}

fn empty_row(job: &Job<'_>) -> Row {
    Row {
        section: job.scenario.section.to_owned(),
        scenario: job.scenario.name.to_owned(),
        variant: job.variant.name.to_owned(),
        kind: job.variant.kind.name().to_owned(),
        strategy: job.strategy.name().to_owned(),
        engine: engine_of(&job.strategy).to_owned(),
        expected: job.expected.to_string(),
        verdict: Found::Skipped,
        failure_kind: None,
        forbidden_outcome: None,
        as_expected: false,
        executions: 0,
        blocked_executions: 0,
        complete: false,
        preemption_bound: None,
        memory_model: MemoryModel::SequentiallyConsistent,
        basis: String::new(),
        outcomes: Default::default(),
        estimated_executions: None,
        part_complete: None,
        part_division: None,
        elapsed_ms: 0,
        schedule: None,
        cause: None,
        timeline: None,
        reason: None,
    }
}

fn row(job: &Job<'_>, report: &Report, schedule: Option<String>) -> Row {
    let mut row = empty_row(job);
    if let Some(error) = &report.error {
        row.reason = Some(error.to_string());
        // The catalog promises only what it lists: another engine may not know what a program uses.
        if matches!(error, Error::Unsupported { .. }) && !job.listed {
            return row;
        }
    }
    let failure = report.failure.as_ref();
    let forbidden = failure.and_then(|f| job.variant.forbidden_outcome(f));
    let surprise =
        failure.filter(|f| !matches!(job.expected, Expected::Fails(kind) | Expected::MayFail(kind) if kind == f.kind));
    Row {
        verdict: report.verdict.into(),
        failure_kind: failure.map(|f| f.kind),
        forbidden_outcome: forbidden.map(str::to_owned),
        cause: failure.and_then(|f| f.cause.clone()),
        timeline: surprise.map(selvedge_reports::timeline),
        as_expected: job.expected.met_by(report),
        executions: report.executions,
        blocked_executions: report.blocked_executions,
        complete: report.complete,
        preemption_bound: report.preemption_bound,
        memory_model: report.memory_model,
        basis: report.basis.clone(),
        outcomes: report.outcomes.clone(),
        estimated_executions: report.estimated_executions,
        part_complete: report.shard.as_ref().map(|shard| shard.complete),
        part_division: report.shard.as_ref().and_then(|shard| shard.division.clone()),
        elapsed_ms: u64::try_from(report.elapsed.as_millis()).unwrap_or(u64::MAX),
        schedule,
        ..row
    }
}

/// A flag that is set once somebody presses Ctrl-C.
pub(super) fn cancelled_by_ctrl_c() -> Result<Arc<AtomicBool>> {
    let cancel = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&cancel);
    ctrlc::set_handler(move || {
        // Ordering: Relaxed; the flag stands for itself. Whoever asks twice does not want to wait.
        if flag.swap(true, Ordering::Relaxed) {
            std::process::exit(1);
        }
    })
    .context("cannot listen for Ctrl-C")?;
    Ok(cancel)
}

/// A bar on a terminal, nothing anywhere else.
pub(super) fn progress_bar(jobs: usize, executions: &Arc<AtomicU64>, estimate: &Arc<AtomicU64>) -> ProgressBar {
    let (executions, estimate) = (Arc::clone(executions), Arc::clone(estimate));
    let style = ProgressStyle::with_template("{bar:20} {pos}/{len}  {executions} executions  {wide_msg}")
        .expect("the template is well-formed")
        .with_key("executions", move |_: &ProgressState, out: &mut dyn std::fmt::Write| {
            let _ = write!(out, "{}", executions.load(Ordering::Relaxed));
            // Of several searches no one knows where they are.
            let expected = estimate.load(Ordering::Relaxed);
            if expected > 0 && jobs == 1 {
                let _ = write!(out, " of about {expected}");
            }
        });
    let bar = ProgressBar::with_draw_target(Some(jobs as u64), ProgressDrawTarget::stderr()).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
