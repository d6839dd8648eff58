//! A variant: one program with what is expected of it, and the checks that this makes.

use std::fmt;
use std::sync::Arc;

use selvedge::states::{End, States};
use selvedge::trace::Trace;
use selvedge::{Check, Error, Failure, FailureKind, Orderings, Play, Report, Strategy};

use crate::program::{Outcome, Program, program};
use crate::{Expected, Grade, Graded, Limits, Mutation, Run, explores_all, grade};

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
        Variant::of(name, kind, summary, expected, self::program(program))
    }

    fn of(name: &'static str, kind: Kind, summary: &'static str, expected: Expected, program: Arc<Program>) -> Self {
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
            program,
        }
    }

    /// The vulnerable code.
    pub fn naive<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        expected: Expected,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::of(name, Kind::Naive, summary, expected, self::program(program))
    }

    /// The repair that the source proposes.
    pub fn documented<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        expected: Expected,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::of(name, Kind::Documented, summary, expected, self::program(program))
    }

    /// A version that survives; expected to be verified.
    pub fn fixed<R: fmt::Debug>(
        name: &'static str,
        summary: &'static str,
        program: impl Fn() -> R + Send + Sync + 'static,
    ) -> Self {
        Variant::of(name, Kind::Fixed, summary, Expected::Verified, self::program(program))
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
        mut self,
        name: &'static str,
        mutated: impl Fn() -> R + Send + Sync + 'static,
        fails: FailureKind,
    ) -> Self {
        let program = program(mutated);
        self.mutations.push(Mutation { name, fails, program });
        self
    }

    /// Says what an outcome of this variant means; see [`Scenario::outcome`](crate::Scenario::outcome).
    pub fn outcome(mut self, outcome: &'static str, grade: Grade, reason: &'static str) -> Self {
        self.grade(Graded { outcome, grade, reason });
        self
    }

    /// The first grade of an outcome stays.
    pub(crate) fn grade(&mut self, graded: Graded) {
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

    /// What to call it in a list: its kind, or `control`.
    pub fn word(&self) -> &'static str {
        if self.control { "control" } else { self.kind.name() }
    }

    /// The forbidden outcome that made `failure` fail, if one did.
    pub fn forbidden_outcome(&self, failure: &Failure) -> Option<&'static str> {
        let forbidden = failure.forbidden_outcome.as_deref()?;
        let mut outcomes = self.outcomes.iter();
        let graded = outcomes.find(|graded| graded.grade == Grade::Forbidden && graded.outcome == forbidden);
        graded.map(|graded| graded.outcome)
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

    /// The check, with this program as the one that a failure is tried on.
    pub(crate) fn tried_by(&self, check: Check) -> Check {
        check.against(self.judged(&self.program).0)
    }

    /// Runs a mutation under the exhaustive search.
    pub fn run_mutation(&self, scenario: &str, mutation: &Mutation) -> Report {
        self.judge(
            self.check(scenario, &Strategy::Exhaustive).cause(false),
            &mutation.program,
        )
    }

    /// Runs the program to the end of the search, failing or not, and only counts its outcomes.
    pub fn observe(&self, check: Check) -> Report {
        let program = Arc::clone(&self.program);
        check.keep_going(true).cause(false).run(move || program())
    }

    /// The graph of the states of the program, where loads see the latest store. A forbidden outcome fails, as in [`run`](Self::run).
    ///
    /// # Errors
    /// As [`Check::states`]: there are too many of them, say.
    pub fn states(&self, check: Check) -> Result<States, Error> {
        let (program, forbidden) = self.judged(&self.program);
        let mut states = check.states(program)?;
        for state in &mut states.states {
            if let Some(End::Failed {
                message,
                forbidden_outcome,
                ..
            }) = &mut state.end
                && let Some((graded, told)) = grade::in_place_of_a_panic(message, &forbidden)
            {
                *message = told;
                *forbidden_outcome = Some(graded.outcome.to_owned());
            }
            for pick in &mut state.picks {
                grade::returns_in_words(&mut pick.text);
                pick.rows
                    .iter_mut()
                    .for_each(|row| grade::returns_in_words(&mut row.text));
            }
        }
        Ok(states)
    }

    /// The program, played live. A forbidden outcome fails, as in [`run`](Self::run); [`told`](Self::told) says so.
    ///
    /// # Errors
    /// As [`Check::play`].
    pub fn play(&self, check: Check) -> Result<Play, Error> {
        let (program, _) = self.judged(&self.program);
        check.play(program)
    }

    /// What is told of a step that may be picked, without the panic that stands for a forbidden outcome.
    pub fn says(&self, text: &str) -> String {
        let mut text = text.to_owned();
        grade::returns_in_words(&mut text);
        text
    }

    /// What is told of an execution that is [played](Self::play) and its end, without the panic that stands for a forbidden
    /// outcome: a word for the failure, and the message.
    pub fn told(&self, trace: &mut Trace, kind: FailureKind, message: &str) -> (&'static str, String) {
        match grade::in_place_of_a_panic(message, &self.outcomes) {
            Some((_, message)) => {
                grade::returns(trace);
                ("forbidden outcome", message)
            }
            None => (kind.words(), message.to_owned()),
        }
    }

    /// An execution that comes to its end, as a trace: of those that do, the first one the exhaustive search meets.
    /// Nothing if that one fails.
    pub fn passing(&self, scenario: &str) -> Option<Trace> {
        let (program, _) = self.judged(&self.program);
        let check = self
            .check(scenario, &Strategy::Exhaustive)
            .max_executions(1)
            .cause(false);
        // Only a failure has a trace.
        let report = check.run(move || panic!("outcome {}\n", program().0));
        let mut failure = report.failure?;
        if !failure.message.starts_with("main panicked: outcome ") {
            return None;
        }
        grade::returns(&mut failure.trace);
        Some(failure.trace)
    }

    /// Finds which orderings of the program could be weaker, or have to be stronger.
    pub fn weakest_orderings(&self, check: Check) -> Orderings {
        let (program, forbidden) = self.judged(&self.program);
        let mut orderings = check.weakest_orderings(program);
        orderings
            .failures_mut()
            .for_each(|failure| grade::tell(failure, &forbidden));
        orderings
    }

    fn judge(&self, check: Check, program: &Arc<Program>) -> Report {
        let (program, forbidden) = self.judged(program);
        let mut report = check.run(program);
        if let Some(failure) = &mut report.failure {
            grade::tell(failure, &forbidden);
        }
        report
    }

    /// The program as one that panics where its outcome is forbidden, and those outcomes.
    fn judged(&self, program: &Arc<Program>) -> (impl Fn() -> Outcome + Send + Sync + 'static, Vec<Graded>) {
        let program = Arc::clone(program);
        let mut forbidden = self.outcomes.clone();
        forbidden.retain(|g| g.grade == Grade::Forbidden);
        let grades = forbidden.clone();
        let judged = move || {
            let outcome = program();
            if let Some(graded) = grades.iter().find(|g| g.outcome == outcome.0) {
                // The first line is the row of the trace.
                panic!("outcome {}\n{}", graded.outcome, graded.reason);
            }
            outcome
        };
        (judged, forbidden)
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
