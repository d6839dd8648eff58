//! [`model()`] and its [`Builder`].

use std::env;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use selvedge::{Check, Report, SearchState, Strategy};

use crate::execution;

/// How long a bounded model is searched without its bound.
const WITHOUT_BOUND: Duration = Duration::from_secs(5);

/// Executions that are looked at besides: graphs, where the bound has decided, for no longer than that.
const SAMPLE: u64 = 1_000;

/// And for so long at most those in which a yield is a step that others may come between.
const MARKED: Duration = Duration::from_secs(1);

/// How a model is checked. The defaults are those of the environment.
#[derive(Debug)]
#[non_exhaustive]
pub struct Builder {
    /// Of no effect: there is no limit.
    pub max_threads: usize,

    /// Steps that an execution may take, if there are more than 10,000. `LOOM_MAX_BRANCHES`.
    pub max_branches: usize,

    /// At most this many executions. `LOOM_MAX_PERMUTATIONS`.
    pub max_permutations: Option<usize>,

    /// At most this much time. `LOOM_MAX_DURATION`, in seconds.
    pub max_duration: Option<Duration>,

    /// At most this many preemptions in an execution. `LOOM_MAX_PREEMPTIONS`.
    ///
    /// The bound is there to save time, but the reduction that makes a search short cannot be had with it. So the search is first
    /// done without one, for 5 seconds. If it ends in that time, more is proved than was asked for. If not, all sequentially
    /// consistent interleavings within the bound are searched, and then, for 5 seconds at most, 1,000 execution graphs at random under
    /// Rust's memory model.
    pub preemption_bound: Option<usize>,

    /// A file that holds where the search stands: if it is there, the search goes on from it. `LOOM_CHECKPOINT_FILE`. The file is
    /// one of [`SearchState`], not of loom. The bound on preemptions is then of no effect.
    pub checkpoint_file: Option<PathBuf>,

    /// Executions after which the file is written. `LOOM_CHECKPOINT_INTERVAL`; default: 20,000.
    pub checkpoint_interval: usize,

    /// Of no effect: everything is explored.
    pub expect_explicit_explore: bool,

    /// Shows a failure with source locations. `LOOM_LOCATION`.
    pub location: bool,

    /// Of no effect: a failure always has its timeline. `LOOM_LOG`.
    pub log: bool,
}

/// The value of a variable, if it is set.
///
/// # Panics
/// When it cannot be read.
fn variable<T: FromStr>(name: &str) -> Option<T> {
    let value = env::var(name).ok()?;
    match value.parse() {
        Ok(value) => Some(value),
        Err(_) => panic!("invalid value for `{name}`"),
    }
}

impl Builder {
    /// What the environment says.
    ///
    /// # Panics
    /// When a variable has a value that cannot be read.
    pub fn new() -> Builder {
        Builder {
            max_threads: crate::MAX_THREADS,
            max_branches: variable("LOOM_MAX_BRANCHES").unwrap_or(1_000),
            max_permutations: variable("LOOM_MAX_PERMUTATIONS"),
            max_duration: variable("LOOM_MAX_DURATION").map(Duration::from_secs),
            preemption_bound: variable("LOOM_MAX_PREEMPTIONS"),
            checkpoint_file: variable("LOOM_CHECKPOINT_FILE"),
            checkpoint_interval: variable("LOOM_CHECKPOINT_INTERVAL").unwrap_or(20_000),
            expect_explicit_explore: false,
            location: env::var_os("LOOM_LOCATION").is_some(),
            log: env::var_os("LOOM_LOG").is_some(),
        }
    }

    /// Sets [`checkpoint_file`](Self::checkpoint_file).
    pub fn checkpoint_file(&mut self, file: &str) -> &mut Self {
        self.checkpoint_file = Some(file.into());
        self
    }

    /// Checks a model.
    ///
    /// # Panics
    /// When an execution fails, with its interleaving.
    #[track_caller]
    pub fn check<F>(&self, f: F)
    where
        F: Fn() + Sync + Send + 'static,
    {
        let f = Arc::new(f);
        let yielded = Arc::new(AtomicBool::new(false));
        let run = |check: Check| {
            let (f, yielded) = (Arc::clone(&f), Arc::clone(&yielded));
            check.run(move || {
                let yields = execution::run(|| f());
                yielded.fetch_or(yields, Ordering::Relaxed);
            })
        };
        let start = Instant::now();
        let mut reports = match (&self.checkpoint_file, self.preemption_bound) {
            (Some(file), _) => vec![self.in_parts(file, &run)],
            (None, Some(bound)) => self.bounded(bound, &run),
            (None, None) => vec![self.exhaustive(self.limited(), &run)],
        };
        if yielded.load(Ordering::Relaxed) && reports.iter().all(|report| report.failure.is_none()) {
            let sample = self.sample(Strategy::Random, MARKED).unmarked_yields(false);
            reports.push(run(sample));
        }
        let said: Vec<_> = reports
            .iter()
            .map(|report| {
                let (verdict, basis) = (report.verdict, &report.basis);
                format!("{verdict:?}, {basis}")
            })
            .collect();
        let executions: u64 = reports.iter().map(|report| report.executions).sum();
        let name = name();
        for report in reports {
            self.judge(report);
        }
        #[expect(clippy::print_stdout, reason = "what a test has proved, for --nocapture")]
        {
            println!(
                "{name}: {} ({executions} executions, {:.2?})",
                said.join("; "),
                start.elapsed()
            );
        }
    }

    /// Panics if the report has a failure.
    #[track_caller]
    fn judge(&self, report: Report) {
        if self.location
            && let Some(failure) = &report.failure
        {
            #[expect(clippy::print_stdout, reason = "it was asked for")]
            {
                println!("{}", failure.detailed());
            }
        }
        // A model in which nothing can be seen proves nothing, but is none that fails.
        if report.failure.is_some() || report.error.is_some() {
            report.assert_ok();
        }
    }

    fn check_with(&self, strategy: Strategy) -> Check {
        let steps = self.max_branches.max(10_000);
        // loom's futures are polled once for no reason, too.
        Check::new(name())
            .strategy(strategy)
            .leaks(true)
            .max_steps(steps)
            .spurious_polls(1)
            .unmarked_yields(true)
    }

    /// With the limits that were asked for.
    fn limited(&self) -> Check {
        let mut check = self.check_with(Strategy::Exhaustive);
        if let Some(executions) = self.max_permutations {
            check = check.max_executions(executions as u64);
        }
        if let Some(time) = self.max_duration {
            check = check.max_time(time);
        }
        check
    }

    /// Executions that are looked at besides, for no longer than that, nor than was asked for.
    fn sample(&self, strategy: Strategy, time: Duration) -> Check {
        self.check_with(strategy)
            .max_executions(SAMPLE)
            .max_time(self.at_most(time))
    }

    /// So much time, if no less was asked for.
    fn at_most(&self, time: Duration) -> Duration {
        self.max_duration.map_or(time, |asked| asked.min(time))
    }

    /// The exhaustive search. What it cannot follow, the default strategy can.
    fn exhaustive(&self, check: Check, run: &dyn Fn(Check) -> Report) -> Report {
        let report = run(check.clone());
        match report.error {
            Some(_) => run(check.strategy(Strategy::Auto)),
            None => report,
        }
    }

    fn bounded(&self, bound: usize, run: &dyn Fn(Check) -> Report) -> Vec<Report> {
        let whole = run(self.limited().max_time(self.at_most(WITHOUT_BOUND)));
        if (whole.complete && whole.error.is_none()) || whole.failure.is_some() {
            return vec![whole];
        }
        // What graphs cannot tell is left to the bound.
        if let Some(error) = &whole.error {
            #[expect(clippy::print_stdout, reason = "why no more is proved, for --nocapture")]
            {
                println!("{}: only within the bound: {error}", name());
            }
        }
        let mut reports: Vec<_> = whole.error.is_none().then_some(whole).into_iter().collect();
        reports.push(self.exhaustive(self.limited().preemption_bound(bound), run));
        if reports.iter().all(|report| report.failure.is_none()) {
            let sample = run(self.sample(Strategy::Graphs, WITHOUT_BOUND));
            reports.extend(sample.error.is_none().then_some(sample));
        }
        reports
    }

    /// So many executions at a time, with the file written in between.
    fn in_parts(&self, file: &Path, run: &dyn Fn(Check) -> Report) -> Report {
        let start = Instant::now();
        let load = |file: &Path| SearchState::load(file).unwrap_or_else(|error| panic!("{error}"));
        let mut state = file.exists().then(|| load(file));
        loop {
            let done = state.as_ref().map_or(0, SearchState::executions);
            let most = self.max_permutations.map_or(u64::MAX, |most| most as u64);
            let part = (self.checkpoint_interval.max(1) as u64).min(most.saturating_sub(done));
            let mut check = self.check_with(Strategy::Exhaustive).max_executions(part);
            if let Some(state) = state.take() {
                check = check.resume(state);
            }
            if let Some(time) = self.max_duration {
                check = check.max_time(time.saturating_sub(start.elapsed()));
            }
            let report = run(check);
            if let Some(stopped) = &report.state {
                stopped.save(file).unwrap_or_else(|error| panic!("{error}"));
            }
            let over = self.max_duration.is_some_and(|time| start.elapsed() >= time) || report.executions >= most;
            if report.state.is_none() || over {
                return report;
            }
            state = Some(load(file));
        }
    }
}

impl Default for Builder {
    fn default() -> Self {
        Builder::new()
    }
}

/// A test's thread is named after the test.
fn name() -> String {
    std::thread::current().name().unwrap_or("model").replace("::", "/")
}

/// Checks a model with what the environment says.
///
/// # Panics
/// When an execution fails, with its interleaving.
#[track_caller]
pub fn model<F>(f: F)
where
    F: Fn() + Sync + Send + 'static,
{
    Builder::new().check(f);
}
