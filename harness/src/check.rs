//! [`Check`], what it is asked to do, and [`Report`], what it found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::schedule::{Schedule, ScheduleLimits};
use crate::state::SearchState;
use crate::trace::Trace;

/// Runs a program under many schedules and reports what it found.
///
/// ```
/// use selvedge::sync::atomic::{AtomicU32, Ordering};
/// use selvedge::{Check, Strategy, Verdict, sync::Arc, thread};
///
/// let report = Check::new("counter").strategy(Strategy::Exhaustive).run(|| {
///     let counter = Arc::new(AtomicU32::new(0));
///     let other = Arc::clone(&counter);
///     let thread = thread::spawn(move || other.fetch_add(1, Ordering::Relaxed));
///     counter.fetch_add(1, Ordering::Relaxed);
///     thread.join().unwrap();
///     counter.load(Ordering::Relaxed)
/// });
/// assert_eq!(report.verdict, Verdict::Verified);
/// assert_eq!(report.outcomes.keys().collect::<Vec<_>>(), ["2"]);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a check does nothing until it is run"]
pub struct Check {
    pub(crate) name: String,
    pub(crate) strategy: Strategy,
    pub(crate) max_executions: Option<u64>,
    pub(crate) max_time: Option<Duration>,
    pub(crate) max_steps: usize,
    pub(crate) preemption_bound: Option<usize>,
    pub(crate) seed: u64,
    pub(crate) keep_going: bool,
    pub(crate) horizon: u32,
    pub(crate) spurious_wakeups: u32,
    pub(crate) spurious_polls: u32,
    pub(crate) early_timers: u32,
    pub(crate) fresh_wakers: bool,
    pub(crate) stall_timeout: Duration,
    pub(crate) cancel: Arc<AtomicBool>,
    pub(crate) progress: Arc<AtomicU64>,
    pub(crate) workers: usize,
    /// Parts to divide a search into, at least, if there are that many. Many more than there are workers,
    /// because some are much larger than others.
    pub(crate) parts: usize,
    pub(crate) shard: Option<(u32, u32)>,
    pub(crate) resume: Option<Box<SearchState>>,
    pub(crate) estimate: bool,
    pub(crate) estimate_counter: Arc<AtomicU64>,
}

/// How schedules are chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[expect(
    clippy::large_enum_variant,
    reason = "a strategy is made once a run, and a box would be in the way of callers"
)]
pub enum Strategy {
    /// Exhaustive within the budget; if that is not enough, with few preemptions, then randomized.
    #[default]
    Auto,
    /// Every interleaving, one execution for each class of equivalent ones (dynamic partial-order
    /// reduction).
    Exhaustive,
    /// shuttle's uniformly random walk.
    Random,
    /// Probabilistic concurrency testing (Burckhardt et al., ASPLOS 2010).
    Pct {
        /// The number of ordering constraints a bug may need; at least 1.
        depth: usize,
    },
    /// shuttle's own implementation of the same, for comparison. It does not lower a task that has begun to
    /// wait while only one other can go on, and so can miss failures of its depth however long it runs.
    ShuttlePct {
        /// As with [`Strategy::Pct`].
        depth: usize,
    },
    /// Uniform random walk over interleavings (Zhao et al., ASPLOS 2025).
    Urw,
    /// Partial order sampling (Yuan et al., CAV 2018).
    Pos,
    /// Selectively uniform random walk (Zhao et al., ASPLOS 2025).
    Surw,
    /// `Pos`, `Surw`, `Pct` with depth 3, `Random` and `Urw` in turn, an execution each, so that each has an
    /// equal share of the budget. [`Report::basis`] says which one found a failure, and so does its schedule.
    Portfolio,
    /// Plain enumeration of every schedule, without any reduction.
    Dfs,
    /// loom: C11 effects that a sequentially consistent engine cannot show.
    Loom,
    /// The same program on real OS threads.
    Stress,
    /// One recorded schedule, strictly.
    Replay(Schedule),
}

impl Strategy {
    /// The name used on the command line and in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Strategy::Auto => "auto",
            Strategy::Exhaustive => "exhaustive",
            Strategy::Random => "random",
            Strategy::Pct { .. } => "pct",
            Strategy::ShuttlePct { .. } => "shuttle-pct",
            Strategy::Urw => "urw",
            Strategy::Pos => "pos",
            Strategy::Surw => "surw",
            Strategy::Portfolio => "portfolio",
            Strategy::Dfs => "dfs",
            Strategy::Loom => "loom",
            Strategy::Stress => "stress",
            Strategy::Replay(_) => "replay",
        }
    }
}

/// What a run concludes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// No interleaving fails, and all of them were explored ([`Report::complete`]). With a preemption
    /// bound: all of them within the bound.
    Verified,
    /// No explored interleaving failed; there are others. [`Report::basis`] says how far it went.
    Passed,
    /// An interleaving fails, or the run itself was impossible ([`Report::error`]).
    Failed,
}

/// How a program fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum FailureKind {
    /// A task panicked and nobody joined it, or the main task did.
    Panic,
    /// Tasks are left and none can go on.
    Deadlock,
    /// A deadlock of a waiter whose signal was sent before it registered, or whose condition holds
    /// already.
    LostWakeup,
    /// Two unordered accesses to an `UnsafeCell`, at least one a write.
    DataRace,
    /// Tasks tick or spin for ever and nobody gets anywhere.
    Livelock,
    /// One execution took more steps than [`Check::max_steps`].
    StepLimit,
    /// The same schedule led to different steps.
    Nondeterminism,
}

impl FailureKind {
    /// The words of the field: `lost wakeup`.
    pub fn words(self) -> &'static str {
        match self {
            FailureKind::Panic => "panic",
            FailureKind::Deadlock => "deadlock",
            FailureKind::LostWakeup => "lost wakeup",
            FailureKind::DataRace => "data race",
            FailureKind::Livelock => "livelock",
            FailureKind::StepLimit => "step limit",
            FailureKind::Nondeterminism => "nondeterminism",
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

/// What a run found. `Display` is a summary of a few lines.
#[derive(Debug)]
#[must_use = "a report that nobody looks at proves nothing: call assert_ok()"]
#[non_exhaustive]
pub struct Report {
    /// The name of the check.
    pub name: String,
    /// The strategy that ran last: the one the verdict rests on. After a failure of a portfolio, the one
    /// of its strategies that found it.
    pub strategy: Strategy,
    /// The conclusion.
    pub verdict: Verdict,
    /// Executions started, the blocked ones among them.
    pub executions: u64,
    /// Executions given up because all that could follow had been explored.
    pub blocked_executions: u64,
    /// Executions that failed; at most 1 without [`Check::keep_going`].
    pub failing_executions: u64,
    /// Whether every interleaving (within the preemption bound, if there is one) was explored.
    pub complete: bool,
    /// What the program returned, as `Debug` prints it, and in how many interleavings.
    pub outcomes: BTreeMap<String, u64>,
    /// The first failure, with its trace.
    pub failure: Option<Failure>,
    /// Why the run could not be done as asked: a schedule that does not fit, an engine that cannot
    /// run this program.
    pub error: Option<Error>,
    /// Wall-clock time of the run.
    pub elapsed: Duration,
    /// How far the search went, in words: `all 4 interleavings`.
    pub basis: String,
    /// The bound on preemptions, if there was one.
    pub preemption_bound: Option<usize>,
    /// The run was cancelled before it was done.
    pub interrupted: bool,
    /// About how many executions the exhaustive search takes in all, shards included, where that was
    /// estimated: see [`Check::estimate`]. It supposes that branches not followed yet are like those beside
    /// them (Kilby et al., "Estimating Search Tree Size", AAAI 2006), and may be wrong by an order of
    /// magnitude, mostly too low.
    pub estimated_executions: Option<u64>,
    /// Which shard of the search this is, if it is one.
    pub shard: Option<Shard>,
    /// Where an exhaustive search that did not come to its end stands: see [`Check::resume`].
    pub state: Option<Box<SearchState>>,
}

/// A part of a search: see [`Check::shard`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, counting from 1.
    pub index: u32,
    /// How many there are.
    pub of: u32,
    /// Whether all of it was explored.
    pub complete: bool,
    /// A digest of how the search was divided: shards that differ in it are not parts of one search. Nothing
    /// if it was stopped before.
    pub division: Option<String>,
}

/// One way the program fails. `Display` is the timeline.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Failure {
    /// The name of the check.
    pub name: String,
    /// What sort of failure it is.
    pub kind: FailureKind,
    /// What happened, in a sentence or two.
    pub message: String,
    /// How to see it again.
    pub schedule: Schedule,
    /// The interleaving.
    pub trace: Trace,
    /// The number of the execution that failed, counting from 1.
    pub interleaving: u64,
    /// The command or code that replays it, once the schedule is saved.
    pub replay: Option<String>,
}

/// Runs `f` under the default strategy.
///
/// # Panics
/// With the rendered failure, if an interleaving fails.
#[track_caller]
pub fn check<F, R>(f: F)
where
    F: Fn() -> R + Send + Sync + 'static,
    R: fmt::Debug,
{
    // A test's thread is named after the test.
    let name = std::thread::current().name().unwrap_or("check").replace("::", "/");
    Check::new(name).run(f).assert_ok();
}

impl Check {
    /// A check with the default strategy and limits. A `/` in the name separates scenario and variant.
    pub fn new(name: impl Into<String>) -> Self {
        Check {
            name: name.into(),
            strategy: Strategy::Auto,
            max_executions: None,
            max_time: None,
            max_steps: 10_000,
            preemption_bound: None,
            seed: 0,
            keep_going: false,
            horizon: 100,
            spurious_wakeups: 0,
            spurious_polls: 0,
            early_timers: 0,
            fresh_wakers: false,
            stall_timeout: Duration::from_secs(20),
            cancel: Arc::default(),
            progress: Arc::default(),
            workers: 1,
            parts: 256,
            shard: None,
            resume: None,
            estimate: false,
            estimate_counter: Arc::default(),
        }
    }

    /// How schedules are chosen. Default: [`Strategy::Auto`].
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// At most this many executions. Default: no limit for `Exhaustive`, `Dfs` and `Loom`; 1,000 for the
    /// randomized strategies and `Stress`. `Auto` has 20,000 for the exhaustive search; if that is not
    /// complete, 2,000 for the schedules with no preemption, then with one, and so on; and 2,000
    /// randomized ones. A limit is split among the three in the ratio 8 : 1 : 1.
    pub fn max_executions(mut self, executions: u64) -> Self {
        self.max_executions = Some(executions);
        self
    }

    /// Stop after this much wall-clock time, at the end of an execution. Default: no limit. What is
    /// explored then depends on the machine, so prefer [`max_executions`](Self::max_executions) in tests.
    pub fn max_time(mut self, time: Duration) -> Self {
        self.max_time = Some(time);
        self
    }

    /// Steps one execution may take before it fails with [`FailureKind::StepLimit`]. Default: 10,000.
    pub fn max_steps(mut self, steps: usize) -> Self {
        self.max_steps = steps;
        self
    }

    /// Explore only interleavings with at most this many preemptions: switches away from a task that
    /// could have gone on. Default: no bound. Applies to `Auto`, `Exhaustive`, `Dfs` and `Loom`.
    pub fn preemption_bound(mut self, bound: usize) -> Self {
        self.preemption_bound = Some(bound);
        self
    }

    /// The seed of randomized strategies. Default: 0. The same seed gives the same schedules.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether to go on after a failure and count all that fail. Default: false.
    pub fn keep_going(mut self, keep_going: bool) -> Self {
        self.keep_going = keep_going;
        self
    }

    /// Identical rounds, of timers that fire or of tasks that spin, after which it is a livelock.
    /// Default: 100. Raise it for a program that ticks that often while something waits.
    pub fn horizon(mut self, rounds: u32) -> Self {
        self.horizon = rounds;
        self
    }

    /// Spurious wake-ups that each task may have in one execution, waiting for condition variables.
    /// Default: 0.
    pub fn spurious_wakeups(mut self, wakeups: u32) -> Self {
        self.spurious_wakeups = wakeups;
        self
    }

    /// Polls that each async task may have in one execution without having been woken. Executors and
    /// combinators do poll like that, and a future that takes a poll for a wake-up is wrong. Default: 0.
    pub fn spurious_polls(mut self, polls: u32) -> Self {
        self.spurious_polls = polls;
        self
    }

    /// How often the clock may move although tasks could go on, in one execution: the first moves may come at any
    /// time, later ones when nothing else can happen. Timers still fire in the order of their deadlines. Default: 0,
    /// so work takes no time, and a timeout ends only what would never have ended without it.
    ///
    /// Looking at the clock and starting or dropping a timer become steps, so there are more interleavings.
    pub fn early_timers(mut self, moves: u32) -> Self {
        self.early_timers = moves;
        self
    }

    /// Gives every poll a waker of its own and lets only the last one wake the task, which is all that
    /// [`poll`](std::future::Future::poll) promises: a future that keeps the waker of its first poll sleeps for ever.
    /// Default: false.
    pub fn fresh_wakers(mut self, fresh: bool) -> Self {
        self.fresh_wakers = fresh;
        self
    }

    pub(crate) fn limits(&self) -> ScheduleLimits {
        ScheduleLimits {
            max_steps: self.max_steps,
            horizon: self.horizon,
            spurious_wakeups: self.spurious_wakeups,
            spurious_polls: self.spurious_polls,
            early_timers: self.early_timers,
            fresh_wakers: self.fresh_wakers,
        }
    }

    /// Wall-clock time after which a task that reaches no scheduling point (an endless loop without
    /// an operation of the facade) is given up. Default: 20 seconds. Its OS thread cannot be stopped.
    pub fn stall_timeout(mut self, timeout: Duration) -> Self {
        self.stall_timeout = timeout;
        self
    }

    /// Ends the search at the next execution once the flag is set. What was found is reported.
    pub fn cancel_flag(mut self, flag: Arc<AtomicBool>) -> Self {
        self.cancel = flag;
        self
    }

    /// Counts executions while the search runs, for a progress display.
    pub fn progress_counter(mut self, counter: Arc<AtomicU64>) -> Self {
        self.progress = counter;
        self
    }

    /// OS threads that search at the same time, with `Exhaustive` and the randomized strategies. Default: 1.
    ///
    /// The number does not change what is found, nor what is counted. A search that is over soon (20,000
    /// executions, or 1,000 randomized ones) has one worker anyway. The program then runs several times at
    /// the same time, so it must not use anything outside of itself: a global, a table of a database.
    pub fn workers(mut self, workers: usize) -> Self {
        self.workers = workers.max(1);
        self
    }

    /// Searches only shard `index` of `of`, counting from 1: a part of the tree of schedules, or of the
    /// samples. All shards together are the whole search, and none is in two of them. A shard alone
    /// verifies nothing: [`Report::shard`] says whether it is complete.
    ///
    /// For `Exhaustive` without a preemption bound and the randomized strategies; with others, or with an
    /// index that is not in `1..=of`, the report has an error.
    pub fn shard(mut self, index: u32, of: u32) -> Self {
        self.shard = Some((index, of));
        self
    }

    /// Goes on with an exhaustive search that was stopped: see [`Report::state`]. Executions and outcomes
    /// are those of both runs. The program must be the same.
    pub fn resume(mut self, state: SearchState) -> Self {
        self.resume = Some(Box::new(state));
        self
    }

    /// Estimates first how many executions an exhaustive search will take, from the first 1,000. Default: only
    /// once it turns out to be long. See [`Report::estimated_executions`].
    pub fn estimate(mut self, estimate: bool) -> Self {
        self.estimate = estimate;
        self
    }

    /// Holds the estimated number of executions while the search runs, or 0, for a progress display.
    pub fn estimate_counter(mut self, counter: Arc<AtomicU64>) -> Self {
        self.estimate_counter = counter;
        self
    }

    /// Runs `f` under many schedules. Never panics because of `f`.
    ///
    /// `f` is called once for each execution and must start afresh each time: create every object
    /// inside it. It may be called from any thread; several checks may run at once.
    pub fn run<F, R>(self, f: F) -> Report
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: fmt::Debug,
    {
        crate::search::run(self, Arc::new(move || format!("{:?}", f())))
    }
}

impl Report {
    /// Nothing, if no explored interleaving fails.
    ///
    /// # Panics
    /// With the rendered failure or the error. The failing schedule is saved under
    /// `target/selvedge` first, and the message says how to replay it.
    #[track_caller]
    pub fn assert_ok(self) {
        if let Some(error) = self.error {
            panic!("{}: {error}", self.name);
        }
        if let Some(mut failure) = self.failure {
            match failure.save(Path::new("target/selvedge")) {
                Ok(path) => {
                    failure.replay = Some(format!(
                        "Strategy::Replay(Schedule::load({:?})?)",
                        path.display().to_string()
                    ));
                }
                Err(error) => failure.message.push_str(&format!(" ({error})")),
            }
            panic!("{failure}");
        }
    }
}

impl Failure {
    /// Saves the schedule in `folder`, as `scenario.variant.json`, and returns the path.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, folder: &Path) -> Result<PathBuf, Error> {
        let name: String = self
            .name
            .chars()
            .map(|c| {
                if c.is_alphanumeric() || matches!(c, '-' | '_' | '.') {
                    c
                } else {
                    '.'
                }
            })
            .collect();
        let path = folder.join(format!("{name}.json"));
        self.schedule.save(&path)?;
        Ok(path)
    }

    fn heading(&self) -> String {
        let preemptions = self.trace.preemptions();
        format!(
            "{}: FAILED, {} (interleaving {}, {preemptions} preemption{})",
            self.name.replacen('/', " / ", 1),
            self.kind,
            self.interleaving,
            if preemptions == 1 { "" } else { "s" }
        )
    }

    /// The failure with source locations.
    pub fn detailed(&self) -> String {
        self.text(&self.trace.detailed())
    }

    fn text(&self, timeline: &str) -> String {
        let mut text = format!("{}\n\n{timeline}", self.heading());
        for line in self.message.lines() {
            text.push_str(&format!(" {line}\n"));
        }
        if let Some(replay) = &self.replay {
            text.push_str(&format!(" replay: {replay}\n"));
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(&self.trace.timeline()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return writeln!(f, "{}: {error}", self.name);
        }
        match &self.failure {
            Some(failure) => write!(f, "{failure}")?,
            None => writeln!(f, "{}: {:?}, {}", self.name, self.verdict, self.basis)?,
        }
        let total: u64 = self.outcomes.values().sum();
        let outcomes: Vec<String> = self
            .outcomes
            .iter()
            .map(|(outcome, n)| format!("{outcome}: {n} of {total}"))
            .collect();
        if !outcomes.is_empty() && self.outcomes.keys().ne(["()"]) {
            writeln!(f, " outcomes: {}", outcomes.join(", "))?;
        }
        Ok(())
    }
}
