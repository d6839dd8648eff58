//! The shape of the catalog: scenarios, their variants, and what is expected of each under each strategy.
//!
//! Expectations are data. `selvedge run`, `selvedge list` and the tests all read the same [`Run`]s, so
//! a variant whose behaviour changes shows up in each of them.
//!
//! A scenario is a folder `scenarios/src/<name>/` with a `mod.rs` that has one `pub fn scenario()`, and a
//! `lesson.md` beside it:
//!
//! ```
//! use selvedge::sync::atomic::{AtomicU32, Ordering};
//! use selvedge::{FailureKind, Strategy, sync::Arc, thread};
//! use selvedge_scenarios::catalog::{Scenario, Variant, fails, verified};
//!
//! fn load_then_store() -> u32 { /* .. */ 2 }
//! fn fetch_add() -> u32 { /* .. */ 2 }
//!
//! pub fn scenario() -> Scenario {
//!     Scenario::new("lost-increment", "Two threads increment one counter", "F")
//!         .source("Herlihy and Shavit, The Art of Multiprocessor Programming, section 1.1")
//!         .lesson("# Lost increment ..") // include_str!("lesson.md")
//!         .variant(
//!             Variant::naive("load-then-store", "load, add one, store", fails(FailureKind::Panic), load_then_store)
//!                 .on(Strategy::Random, fails(FailureKind::Panic))
//!         )
//!         .variant(
//!             Variant::fixed("fetch-add", "one read-modify-write", fetch_add)
//!                 .on(Strategy::Loom, verified())
//!         )
//! }
//! # assert_eq!(scenario().variants.len(), 2);
//! ```

mod grade;
mod mutation;

use std::fmt;
use std::sync::Arc;

pub use grade::{Column, Grade, Graded, Row, Table};
pub use mutation::Mutation;

use selvedge::{Check, FailureKind, Report, Strategy, Verdict};

/// One race pattern: what goes wrong, why, and what repairs it.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// What the command line knows it by: `lost-wakeup`.
    pub name: &'static str,
    /// One line for `selvedge list`.
    pub title: &'static str,
    /// The part of the catalog it belongs to: `A` to `G`, see [`section_title`].
    pub section: &'static str,
    /// The lesson, in Markdown.
    pub lesson: &'static str,
    /// Where the pattern comes from.
    pub source: &'static str,
    /// The broken and the repaired programs, in the order a reader should meet them.
    pub variants: Vec<Variant>,
    /// What the outcomes mean, in every variant.
    outcomes: Vec<Graded>,
}

/// One program of a scenario.
#[derive(Clone)]
pub struct Variant {
    /// What the command line knows it by, after the scenario and a `/`.
    pub name: &'static str,
    /// Whether it is the vulnerable code, its source's own repair, or a version that holds.
    pub kind: Kind,
    /// Correct code that looks wrong: a tool that flags it is wrong.
    pub control: bool,
    /// What this variant does, in a sentence.
    pub summary: &'static str,
    /// What is true of the program, whatever a single engine can show.
    pub expected: Expected,
    /// The strategies it is run under, and what each must find.
    pub runs: Vec<Run>,
    /// The limits of its runs.
    pub limits: Limits,
    /// Why an engine cannot show what is expected, or anything else a reader of the table would ask.
    pub note: Option<&'static str>,
    /// Says why the variant cannot run here and now (a server that is not running), or `None` if it can.
    pub skipped: Option<fn() -> Option<String>>,
    /// What undoes its repair, and how it then fails.
    pub mutations: Vec<Mutation>,
    /// What its outcomes mean. An execution with a forbidden one fails.
    pub outcomes: Vec<Graded>,
    program: Arc<Program>,
}

type Program = dyn Fn() -> Outcome + Send + Sync;

fn program<R: fmt::Debug>(program: impl Fn() -> R + Send + Sync + 'static) -> Arc<Program> {
    Arc::new(move || Outcome(format!("{:?}", program())))
}

/// What a [`Variant`] stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The code that is known to be vulnerable.
    Naive,
    /// The repair that the source proposes, faithfully; several of them still race.
    Documented,
    /// A version that survives.
    Fixed,
}

impl Kind {
    /// The word used in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Naive => "naive",
            Kind::Documented => "documented",
            Kind::Fixed => "fixed",
        }
    }
}

/// What a run must find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Every interleaving was explored and none fails.
    Verified,
    /// No explored interleaving fails; there may be others.
    Passed,
    /// An interleaving fails in this way.
    Fails(FailureKind),
    /// Either: the program fails in this way, and a sample of its interleavings may miss it.
    MayFail(FailureKind),
}

/// [`Expected::Verified`].
pub fn verified() -> Expected {
    Expected::Verified
}

/// [`Expected::Passed`].
pub fn passed() -> Expected {
    Expected::Passed
}

/// [`Expected::Fails`].
pub fn fails(kind: FailureKind) -> Expected {
    Expected::Fails(kind)
}

impl Expected {
    /// Whether a report is as expected. One of a shard is, as long as the others may still make it so.
    pub fn met_by(self, report: &Report) -> bool {
        if report.error.is_some() {
            return false;
        }
        let kind = report.failure.as_ref().map(|f| f.kind);
        if report.shard.as_ref().is_some_and(|shard| shard.of > 1) {
            return match self {
                Expected::Verified | Expected::Passed => kind.is_none(),
                // It may fail in more than one way, and this part may hold only one of the others.
                Expected::Fails(_) | Expected::MayFail(_) => true,
            };
        }
        match self {
            Expected::Verified => report.verdict == Verdict::Verified && report.complete,
            Expected::Passed => report.verdict != Verdict::Failed,
            Expected::Fails(expected) => kind == Some(expected),
            Expected::MayFail(expected) => kind.is_none_or(|k| k == expected),
        }
    }
}

/// As in JSON: `Verified`, `Passed`, or the failure kind: `LostWakeup`.
impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Expected::Verified => f.write_str("Verified"),
            Expected::Passed => f.write_str("Passed"),
            Expected::Fails(kind) => write!(f, "{kind:?}"),
            Expected::MayFail(kind) => write!(f, "Passed|{kind:?}"),
        }
    }
}

/// A variant under one strategy.
#[derive(Clone, Debug)]
pub struct Run {
    /// The strategy, which also decides the engine.
    pub strategy: Strategy,
    /// What it must find.
    pub expected: Expected,
}

/// Limits of a variant's runs; `None` and 0 leave the default of [`Check`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Executions of an exhaustive search (and of loom's). A search that is cut short does not verify.
    pub max_executions: Option<u64>,
    /// Executions of a randomized strategy or a stress run.
    pub samples: Option<u64>,
    /// Steps of one execution.
    pub max_steps: Option<usize>,
    /// Preemptions of one execution.
    pub preemption_bound: Option<usize>,
    /// Identical rounds after which it is a livelock.
    pub horizon: Option<u32>,
    /// Spurious wake-ups in one execution.
    pub spurious_wakeups: u32,
    /// The seed of randomized strategies.
    pub seed: u64,
}

impl Scenario {
    /// A scenario without variants yet.
    pub fn new(name: &'static str, title: &'static str, section: &'static str) -> Self {
        Scenario {
            name,
            title,
            section,
            lesson: "",
            source: "",
            variants: Vec::new(),
            outcomes: Vec::new(),
        }
    }

    /// Where the pattern comes from.
    pub fn source(mut self, citation: &'static str) -> Self {
        self.source = citation;
        self
    }

    /// The lesson: `include_str!("lesson.md")`.
    pub fn lesson(mut self, markdown: &'static str) -> Self {
        self.lesson = markdown;
        self
    }

    /// Says what an outcome means, in every variant that does not say so itself. `outcome` is what the program
    /// returns, as `Debug` prints it, or the words of a failure (`deadlock`).
    ///
    /// ```
    /// use selvedge_scenarios::catalog::{Grade, Scenario};
    ///
    /// Scenario::new("lost-increment", "Two threads increment one counter", "F")
    ///     .outcome("1", Grade::Forbidden, "an increment is lost")
    ///     .outcome("2", Grade::Acceptable, "both increments count");
    /// ```
    pub fn outcome(mut self, outcome: &'static str, grade: Grade, reason: &'static str) -> Self {
        let graded = Graded { outcome, grade, reason };
        self.outcomes.push(graded);
        for variant in &mut self.variants {
            variant.grade(graded);
        }
        self
    }

    /// Adds a variant.
    pub fn variant(mut self, mut variant: Variant) -> Self {
        for graded in &self.outcomes {
            variant.grade(*graded);
        }
        self.variants.push(variant);
        self
    }
}

impl Variant {
    /// A program, run under [`Strategy::Exhaustive`] to begin with.
    ///
    /// `program` is called once for each execution and creates everything it uses; what it returns is
    /// the outcome of that execution.
    pub fn new<R: fmt::Debug>(
        name: &'static str,
        kind: Kind,
        summary: &'static str,
        expected: Expected,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant {
            name,
            kind,
            control: false,
            summary,
            expected,
            runs: vec![Run {
                strategy: Strategy::Exhaustive,
                expected,
            }],
            limits: Limits::default(),
            note: None,
            skipped: None,
            mutations: Vec::new(),
            outcomes: Vec::new(),
            program: self::program(program),
        }
    }

    /// The vulnerable code.
    pub fn naive<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        expected: Expected,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::new(name, Kind::Naive, summary, expected, program)
    }

    /// The repair that the source proposes.
    pub fn documented<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        expected: Expected,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::new(name, Kind::Documented, summary, expected, program)
    }

    /// A version that survives; expected to be verified.
    pub fn fixed<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::new(name, Kind::Fixed, summary, Expected::Verified, program)
    }

    /// Marks it as correct code that looks wrong.
    pub fn control(mut self) -> Self {
        self.control = true;
        self
    }

    /// Runs it under `strategy` too, or changes what that strategy must find.
    pub fn on(mut self, strategy: Strategy, expected: Expected) -> Self {
        match self.runs.iter_mut().find(|r| r.strategy.name() == strategy.name()) {
            Some(run) => *run = Run { strategy, expected },
            None => self.runs.push(Run { strategy, expected }),
        }
        self
    }

    /// Runs it under each of `strategies` too; each must find what is expected of the program, which
    /// is [`Expected::Passed`] where a sample cannot verify.
    pub fn also_on(mut self, strategies: impl IntoIterator<Item = Strategy>) -> Self {
        for strategy in strategies {
            let expected = match self.expected {
                Expected::Verified if !explores_all(&strategy) => Expected::Passed,
                expected => expected,
            };
            self = self.on(strategy, expected);
        }
        self
    }

    /// Does not run it under `strategy`; say why in a [`note`](Self::note).
    pub fn not_on(mut self, strategy: &Strategy) -> Self {
        self.runs.retain(|r| r.strategy.name() != strategy.name());
        self
    }

    /// Changes the limits: `.limits(|l| l.spurious_wakeups = 1)`.
    pub fn limits(mut self, change: impl FnOnce(&mut Limits)) -> Self {
        change(&mut self.limits);
        self
    }

    /// What a reader of the table would ask.
    pub fn note(mut self, note: &'static str) -> Self {
        self.note = Some(note);
        self
    }

    /// Skips it, with a reason, where it cannot run.
    pub fn skipped_if(mut self, reason: fn() -> Option<String>) -> Self {
        self.skipped = Some(reason);
        self
    }

    /// Names a mutation that undoes the repair, and the failure that the exhaustive search then finds:
    /// `.broken_by("re-check dropped", || wait(Recheck::Dropped), FailureKind::LostWakeup)`.
    pub fn broken_by<R: fmt::Debug>(
        self,
        name: &'static str,
        mutated: impl Fn() -> R + Send + Sync + 'static,
        fails: FailureKind,
    ) -> Self {
        self.broken_under(Strategy::Exhaustive, name, mutated, fails)
    }

    /// As [`broken_by`](Self::broken_by), for what only another strategy can show.
    pub fn broken_under<R: fmt::Debug>(
        mut self,
        strategy: Strategy,
        name: &'static str,
        mutated: impl Fn() -> R + Send + Sync + 'static,
        fails: FailureKind,
    ) -> Self {
        self.mutations.push(Mutation::new(name, strategy, mutated, fails));
        self
    }

    /// Says what an outcome of this variant means; see [`Scenario::outcome`].
    pub fn outcome(mut self, outcome: &'static str, grade: Grade, reason: &'static str) -> Self {
        self.grade(Graded { outcome, grade, reason });
        self
    }

    /// The first grade of an outcome stays.
    fn grade(&mut self, graded: Graded) {
        if self.outcomes.iter().all(|g| g.outcome != graded.outcome) {
            self.outcomes.push(graded);
        }
    }

    /// What `strategy` must find: as listed, or else as follows from what is expected of the program.
    pub fn expected_under(&self, strategy: &Strategy) -> Expected {
        let listed = |name: &str| self.runs.iter().find(|r| r.strategy.name() == name).map(|r| r.expected);
        if let Some(expected) = listed(strategy.name()) {
            return expected;
        }
        // The plain enumeration sees what the reduced one sees.
        if matches!(strategy, Strategy::Dfs | Strategy::Auto)
            && let Some(expected) = listed("exhaustive")
        {
            return expected;
        }
        match self.expected {
            Expected::Verified if explores_all(strategy) => Expected::Verified,
            Expected::Verified | Expected::Passed => Expected::Passed,
            // loom and real threads see that nobody goes on, not why.
            Expected::Fails(FailureKind::LostWakeup) | Expected::MayFail(FailureKind::LostWakeup)
                if matches!(strategy, Strategy::Loom | Strategy::Stress) =>
            {
                Expected::MayFail(FailureKind::Deadlock)
            }
            Expected::Fails(kind) | Expected::MayFail(kind) => Expected::MayFail(kind),
        }
    }

    /// The check of this variant under `strategy`, with its limits.
    pub fn check(&self, scenario: &str, strategy: &Strategy) -> Check {
        let limits = &self.limits;
        let mut check = Check::new(format!("{scenario}/{}", self.name))
            .strategy(strategy.clone())
            .seed(limits.seed)
            .spurious_wakeups(limits.spurious_wakeups);
        let budget = if explores_all(strategy) {
            limits.max_executions
        } else {
            limits.samples
        };
        if let Some(executions) = budget {
            check = check.max_executions(executions);
        }
        if let Some(steps) = limits.max_steps {
            check = check.max_steps(steps);
        }
        if let Some(bound) = limits.preemption_bound {
            check = check.preemption_bound(bound);
        }
        if let Some(rounds) = limits.horizon {
            check = check.horizon(rounds);
        }
        check
    }

    /// Runs the program under `check`. A forbidden outcome fails, as a panic of the main task.
    pub fn run(&self, check: Check) -> Report {
        self.judge(check, &self.program)
    }

    /// Runs a mutation under its strategy.
    pub fn run_mutation(&self, scenario: &str, mutation: &Mutation) -> Report {
        self.judge(self.check(scenario, &mutation.strategy), &mutation.program)
    }

    /// Runs the program to the end of the search, failing or not, and only counts its outcomes.
    pub fn observe(&self, check: Check) -> Report {
        let program = Arc::clone(&self.program);
        check.keep_going(true).run(move || program())
    }

    fn judge(&self, check: Check, program: &Arc<Program>) -> Report {
        let program = Arc::clone(program);
        let mut forbidden = self.outcomes.clone();
        forbidden.retain(|g| g.grade == Grade::Forbidden);
        check.run(move || {
            let outcome = program();
            if let Some(graded) = forbidden.iter().find(|g| g.outcome == outcome.0) {
                // The first line is the row of the trace.
                panic!("outcome {}\n{}", graded.outcome, graded.reason);
            }
            outcome
        })
    }
}

impl fmt::Debug for Variant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variant")
            .field("name", &self.name)
            .field("kind", &self.kind)
            .field("expected", &self.expected)
            .field("runs", &self.runs)
            .finish_non_exhaustive()
    }
}

/// What a program returned, as its own `Debug` printed it.
struct Outcome(String);

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a strategy can end with a proof.
pub fn explores_all(strategy: &Strategy) -> bool {
    matches!(
        strategy,
        Strategy::Auto | Strategy::Exhaustive | Strategy::Dfs | Strategy::Loom
    )
}

/// The engine a strategy runs on: `controlled`, `loom` or `native`.
pub fn engine_of(strategy: &Strategy) -> &'static str {
    match strategy {
        Strategy::Loom => "loom",
        Strategy::Stress => "native",
        Strategy::Replay(schedule) if schedule.engine == "loom" => "loom",
        _ => "controlled",
    }
}

/// What a section of the catalog is about.
pub fn section_title(section: &str) -> &'static str {
    match section {
        "A" => "Waiting for completion",
        "B" => "Signalling with Notify",
        "C" => "Waiter queues",
        "D" => "Write-behind store",
        "E" => "Job registry",
        "F" => "Classics",
        "G" => "From the field",
        _ => "Others",
    }
}
