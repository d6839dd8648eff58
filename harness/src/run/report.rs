//! What a run found.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::error::Error;
use super::failure::Failure;
use super::files::schedules_folder;
use super::recorded::{Test, line};
use super::state::SearchState;
use super::strategy::Strategy;
use super::{passed, screen};
use crate::kernel::MemoryModel;
use crate::trace::name as shown;

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
    /// Executions cut after [`Check::max_steps`](crate::Check::max_steps) because their schedule kept a task waiting that could go on,
    /// and that came to their end when all tasks took turns. They say nothing of the program: no failure, no outcome, no proof.
    pub cut_executions: u64,
    /// Executions that failed; at most 1 without [`Check::keep_going`](crate::Check::keep_going).
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
    /// estimated: see [`Check::estimate`](crate::Check::estimate). For interleavings it supposes that branches not followed yet are
    /// like those beside them (Kilby et al., "Estimating Search Tree Size", AAAI 2006), and may be wrong by an order of
    /// magnitude, mostly too low. For execution graphs, all of whose branches are known at once, it is right on the average (Knuth,
    /// "Estimating the Efficiency of Backtrack Programs", 1975): mostly too low where it varies much.
    pub estimated_executions: Option<u64>,
    /// Which shard of the search this is, if it is one.
    pub shard: Option<Shard>,
    /// Where an exhaustive search that did not come to its end stands: see [`Check::resume`](crate::Check::resume).
    pub state: Option<Box<SearchState>>,
    /// What loads could see: [`MemoryModel::Rust`] if that was asked for and some ordering was weaker than `SeqCst`. Without such
    /// an ordering the two are one.
    pub memory_model: MemoryModel,
    pub(crate) saw_nothing: bool,
    /// The test that has run the check.
    pub(crate) test: Option<Test>,
    /// The schedule file that was asked for from outside.
    pub(crate) replayed: Option<PathBuf>,
}

/// A part of a search: see [`Check::shard`](crate::Check::shard).
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

impl Report {
    /// Where a search of a test's check has passed, what it has saved of an earlier failure is noted as such.
    pub(crate) fn note_if_passed(&self) {
        let searched = self.executions > 0 && !self.saw_nothing && !matches!(self.strategy, Strategy::Replay(_));
        let passed = searched && self.verdict != Verdict::Failed;
        if passed && !self.interrupted && self.shard.is_none() && self.test.is_some() {
            passed::passes(&self.name, &self.basis);
        }
    }

    /// Nothing, if no explored interleaving fails.
    ///
    /// # Panics
    /// With the rendered failure or the error, or when there was nothing to explore: no execution was run, or the
    /// program has several tasks and none of them does anything visible. The failing schedule is saved first, in the
    /// folder `selvedge` of the target folder (`CARGO_TARGET_DIR`, or the workspace's own) and there in one of this
    /// test binary, and the message has the line that runs it again.
    #[track_caller]
    pub fn assert_ok(self) {
        if let Some(error) = self.error {
            panic!("{}: {error}", shown(&self.name));
        }
        if let Some(mut failure) = self.failure {
            failure.schedule.test = self.test.clone();
            if self.replayed.is_some()
                && let Strategy::Replay(schedule) = &self.strategy
            {
                let recorded = schedule.failure.kind;
                let differs = self.basis.split_once("; ").map_or("", |(_, differs)| differs);
                failure.message.push_str(&match failure.kind == recorded {
                    true if differs.is_empty() => "\nreplayed, and it fails as recorded".to_owned(),
                    true => format!("\nreplayed, and it fails as recorded; {differs}"),
                    false => format!("\nreplayed, and it fails otherwise than recorded: {}", recorded.words()),
                });
            }
            // What was replayed is in its file.
            let saved = self.replayed.map_or_else(|| failure.save(&schedules_folder()), Ok);
            match saved {
                Ok(path) => failure.replay = Some(line(&path, self.test.as_ref())),
                Err(error) => failure.message.push_str(&format!(" ({error})")),
            }
            panic!("{}", failure.within(screen::columns()));
        }
        assert!(
            self.executions > 0,
            "{}: nothing was run ({:?}): Check::max_executions, max_time or the cancel flag left no execution",
            shown(&self.name),
            self.verdict
        );
        assert!(
            !self.saw_nothing,
            "{}: no task did anything that can be seen, so this proves nothing: write the code under test with \
             selvedge::sync, thread, future and time in place of those of std and tokio, or tell what it calls with \
             selvedge::opaque",
            shown(&self.name)
        );
    }

    /// [`assert_ok`](Self::assert_ok), and a line on standard output that says what a green test has proved: cargo shows it with
    /// `--nocapture`.
    #[track_caller]
    pub(crate) fn assert_ok_aloud(self) {
        let mut proved = format!("{}: {:?}, {}", shown(&self.name), self.verdict, self.basis);
        if let Strategy::Replay(schedule) = &self.strategy {
            proved.push_str(&format!(
                "; the recorded failure, {}, is not there",
                schedule.failure.kind.words()
            ));
        }
        self.assert_ok();
        #[expect(clippy::print_stdout, reason = "a test has said nothing else")]
        {
            println!("{proved}");
        }
    }

    /// Nothing, if every interleaving was explored and none fails.
    ///
    /// # Panics
    /// As [`assert_ok`](Self::assert_ok), and when the verdict is not [`Verdict::Verified`].
    #[track_caller]
    pub fn assert_verified(self) {
        let (name, verdict, basis) = (shown(&self.name).into_owned(), self.verdict, self.basis.clone());
        self.assert_ok();
        assert!(
            verdict == Verdict::Verified,
            "{name}: {verdict:?}, not Verified: {basis}"
        );
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(error) = &self.error {
            return writeln!(f, "{}: {error}", shown(&self.name));
        }
        match &self.failure {
            Some(failure) => write!(f, "{failure}")?,
            None => writeln!(f, "{}: {:?}, {}", shown(&self.name), self.verdict, self.basis)?,
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
