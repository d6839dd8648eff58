//! One run of a check: strategies in turn, executions counted, the first failure replayed and told.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::apart::Course;
use super::basis::{basis, cut, fewest, within_bound};
use super::counts::Counts;
use super::error::Error;
use super::failure::Failure;
use super::options::Options;
use super::report::{Report, Shard};
use super::schedule::{Schedule, fingerprint};
use super::share::{Common, Diverged, Ended, Found, Share};
use super::shrink::{preemptions, shrink, stale};
use super::state::Settings;
use super::strategy::Strategy as Requested;
use super::tally::{Tally, failure};
use super::tell::{at_the_end, first_difference, tell_of, trace_of};
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::{follow::Follow, portfolio, pos::Pos, replay::Replay};
use crate::kernel::{End, Entry, FailureKind, MemoryModel, Progress, Strategy};
use crate::trace::{Trace, name};

/// Executions of the exhaustive part of [`Requested::Auto`], of its portfolio, and of the preemption-bounded and the
/// randomized part.
pub(super) const AUTO_EXHAUSTIVE: u64 = 20_000;
pub(super) const AUTO_PORTFOLIO: u64 = 250;
const AUTO_BOUNDED: u64 = 2_000;
const AUTO_RANDOMIZED: u64 = 2_000;

/// The portfolio has its turn once an exhaustive search turns out to have more executions than a small one, which is
/// first asked after so many.
pub(super) const AUTO_SMALL: u64 = 512;
const AUTO_FIRST: u64 = 16;

/// Executions of a randomized strategy, and of each share of one that has more.
const RANDOMIZED: u64 = 1_000;

/// Shares of a sample, at most.
const MOST_SHARES: u64 = 4_096;

/// How often one schedule of a program that polls futures is tried in the end, and how many others are.
const REPETITIONS: usize = 8;

/// What a replay adds whose steps are those of the file and whose trace is not.
const RETOLD: &str = "; every step is as recorded, and a value, a name or a line in the trace is not";

pub(super) struct Search {
    pub(super) common: Common,
    pub(super) tally: Tally,
    pub(super) found: Option<Found>,
    pub(super) error: Option<Error>,
    /// What is no error: the program is not the same every time.
    pub(super) diverged: Option<Diverged>,
    /// A digest of how the search was divided.
    pub(super) division: Option<String>,
    /// The search is for programs whose orderings are all `SeqCst`, and ends when one turns out to be weaker.
    pub(super) until_weak: bool,
    /// What was asked for; the search may put the memory model otherwise for a while.
    pub(super) settings: Settings,
}

impl Search {
    pub(super) fn new(check: Options, program: Program, decisions: Arc<Progress>) -> Self {
        Search {
            settings: check.settings(),
            common: Common::new(check, program, decisions),
            tally: Tally::default(),
            found: None,
            error: None,
            diverged: None,
            division: None,
            until_weak: false,
        }
    }

    pub(super) fn run(mut self) -> Report {
        let strategy = self.common.check.strategy.clone();
        let budget = self.common.check.max_executions;
        // An execution graph has no preemptions.
        let bounded = self.is_weak() && self.common.check.preemption_bound.is_some();
        if bounded {
            self.under(MemoryModel::SequentiallyConsistent);
        }
        self.error = self.impossible();
        let model = self.common.limits.memory_model;
        loop {
            match strategy.clone() {
                _ if self.error.is_some() => {}
                Requested::Auto if self.is_weak() => self.auto_weak(budget),
                Requested::Exhaustive if self.is_weak() => self.exhaustive_weak(budget),
                Requested::Graphs => self.sample_of_graphs(budget.unwrap_or(RANDOMIZED)),
                Requested::Auto => self.auto(budget),
                Requested::Replay(schedule) => self.replay(schedule),
                Requested::Exhaustive | Requested::Dfs | Requested::Oracle(_) => self.phase(strategy.clone(), budget),
                _ => self.phase(strategy.clone(), Some(budget.unwrap_or(RANDOMIZED))),
            }
            if !self.repeats() || !self.learns_more() {
                break;
            }
            self.under(model);
            self.tally = Tally::default();
            self.common.check.progress.store(0, Ordering::Relaxed);
        }
        if let Some(mut found) = self.found.take() {
            let strange = self.tally.failure.take();
            let mut session = self.session();
            session.numbering = found.numbering;
            let shrunk = shrink(&self.common.program, &mut session, found.log, &found.end);
            found.log = shrunk.log;
            let preemptions = preemptions(&found.log);
            if shrunk.fewest {
                let weak = self.is_weak() && self.orders_weakly();
                self.tally.basis = fewest(preemptions, weak.then(|| stale(&found.log)));
            }
            if let Some((finder, seed)) = found.finder {
                self.tally.basis.push_str(&format!("; found by {}", finder.name()));
                self.tally.strategy = Some(finder.clone());
                // The schedule names who found it.
                (self.common.check.strategy, self.common.check.seed) = (finder, seed);
            }
            self.tell(&found.log, found.interleaving, session);
            if let Some(strange) = strange {
                let ended = format!("; the search ended with another execution: {}", strange.message);
                self.tally.basis.push_str(&ended);
            }
        } else if self.repeats()
            && let Some(why) = self.differs_by_itself()
        {
            let message = self.with_way_out(format!("the same schedule was run again, and {why}"));
            self.tally.counts.failing += 1;
            self.tally.failure = Some(failure(
                &self.common.check,
                FailureKind::Nondeterminism,
                message,
                Trace::default(),
                self.tally.counts.executions,
            ));
        } else if self.common.numbering.sees_nothing() {
            self.tally.saw_nothing = true;
            self.tally.basis.push_str(
                "; no task did anything that can be seen: is the code under test written for the types of selvedge?",
            );
        } else if self.common.numbering.facts.runs_foreign_futures {
            self.tally.basis.push_str(
                "; what a task calls of other crates between two operations is one step (selvedge::opaque and \
                 future::opaque tell calls apart)",
            );
        }
        if self.tally.failure.is_none() && self.error.is_none() && self.common.numbering.facts.orders_weakly {
            self.tally.basis.push_str(match self.common.limits.memory_model {
                MemoryModel::SequentiallyConsistent if bounded => {
                    "; a bound on preemptions means sequentially consistent interleavings, so orderings weaker than \
                     SeqCst were checked for data races only"
                }
                MemoryModel::SequentiallyConsistent => {
                    "; orderings weaker than SeqCst were checked for data races only"
                }
                MemoryModel::Rust if self.tally.strategy == Some(Requested::Exhaustive) => "",
                MemoryModel::Rust if self.tally.strategy == Some(Requested::Graphs) => "",
                MemoryModel::Rust => "; loads see what Rust's memory model lets them see",
            });
        }
        if self.common.numbering.facts.orders_weakly {
            self.tally.memory_model = self.common.limits.memory_model;
        }
        let Common { check, started, .. } = self.common;
        self.tally.report(&check, started, self.error)
    }

    /// Runs an execution again that has broken its OS thread, which it is expected to do once more.
    pub(super) fn run_again(self, course: Course) -> Report {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(&course.log)));
        let mut session = self.session();
        session.numbering = course.numbering;
        explore(&self.common.program, &mut session, &strategy, true, &mut |_| {
            ControlFlow::Break(())
        });
        let Common { check, started, .. } = self.common;
        self.tally.report(&check, started, None)
    }

    /// What was asked for and cannot be done.
    fn impossible(&self) -> Option<Error> {
        let check = &self.common.check;
        let exhaustive = check.strategy == Requested::Exhaustive && check.preemption_bound.is_none();
        let randomized = is_randomized(&check.strategy);
        if let Requested::Pct { depth } | Requested::ShuttlePct { depth } = check.strategy
            && depth > self.common.limits.max_steps
        {
            let message = format!(
                "pct with a depth of {depth} would change priorities more often than an execution has steps: at most \
                 {}, and a bug that needs more than 5 would not be found",
                self.common.limits.max_steps
            );
            return Some(Error::Unsupported { message });
        }
        if check.strategy == Requested::Graphs && !self.is_weak() {
            let message = match check.preemption_bound {
                Some(_) => "an execution graph has no preemptions, so Strategy::Graphs cannot bound them",
                None => {
                    "Strategy::Graphs takes a sample of the execution graphs of Rust's memory model: ask for \
                         MemoryModel::Rust"
                }
            };
            return Some(Error::Unsupported {
                message: message.to_owned(),
            });
        }
        let message = match (&check.shard, &check.resume) {
            (Some((index, of)), _) if *index == 0 || index > of => {
                format!("there is no shard {index} of {of}: the first is 1 of {of}")
            }
            (Some(_), _) if !exhaustive && !randomized => {
                "only Strategy::Exhaustive without a preemption bound and the randomized strategies can be divided \
                 into shards"
                    .to_owned()
            }
            (_, Some(_)) if !exhaustive => {
                "only a search with Strategy::Exhaustive and without a preemption bound can be resumed".to_owned()
            }
            (_, Some(state)) => state.misfit(&self.settings)?,
            _ => return None,
        };
        Some(Error::Unsupported { message })
    }

    pub(super) fn session(&self) -> Session {
        self.common.session(&[])
    }

    /// Whether what has been proved is to be tried once more.
    fn repeats(&self) -> bool {
        self.common.numbering.polls
            && self.tally.counts.complete
            && self.found.is_none()
            && self.tally.failure.is_none()
            && self.error.is_none()
            && self.common.check.shard.is_none()
            && !matches!(self.common.check.strategy, Requested::Replay(_))
    }

    /// Whether there is anything left to find out.
    pub(super) fn goes_on(&self) -> bool {
        !self.tally.counts.complete
            && self.found.is_none()
            && self.tally.failure.is_none()
            && !self.tally.counts.interrupted
            && !self.has_turned_weak()
    }

    /// Whether the search is not for this program.
    fn has_turned_weak(&self) -> bool {
        self.until_weak && self.orders_weakly()
    }

    /// What a check does that names no strategy.
    pub(super) fn auto(&mut self, budget: Option<u64>) {
        let share = |default: u64| budget.map_or(default, |budget| budget / 10);
        let (bounded, randomized) = (share(AUTO_BOUNDED), share(AUTO_RANDOMIZED));
        // A sample pays no heed to a bound on preemptions.
        let portfolio = match self.common.check.preemption_bound {
            Some(_) => 0,
            None => share(AUTO_PORTFOLIO).min(AUTO_PORTFOLIO),
        };
        let whole = budget.unwrap_or(AUTO_EXHAUSTIVE + portfolio + bounded + randomized);
        let exhaustive = whole - portfolio - bounded - randomized;
        if portfolio == 0 {
            self.phase(Requested::Exhaustive, Some(exhaustive));
        } else {
            self.around_portfolio(exhaustive, portfolio);
        }
        if self.goes_on() {
            let within = self.bounded(bounded);
            if self.goes_on() && randomized > 0 {
                self.phase(Requested::Pos, Some(randomized));
                if let (Some(bound), None) = (within, &self.found) {
                    let basis = std::mem::take(&mut self.tally.basis);
                    self.tally.basis = format!("all interleavings{}, and {basis}", within_bound(bound));
                }
            }
        }
    }

    /// Whether loads may see other stores than the last one, as far as has been asked for.
    fn is_weak(&self) -> bool {
        self.common.check.memory_model == MemoryModel::Rust
    }

    /// What loads may see from here on.
    pub(super) fn under(&mut self, model: MemoryModel) {
        self.common.check.memory_model = model;
        self.common.limits.memory_model = model;
    }

    /// The exhaustive search; and in the middle of it the portfolio, if it turns out to be long, because a failure may
    /// be deep in its order.
    ///
    /// So a small program costs what it has interleavings. The search knows nothing of the sample and visits
    /// again what it has seen: if it is complete, it is all that counts.
    fn around_portfolio(&mut self, exhaustive: u64, portfolio: u64) {
        let mut upto = AUTO_FIRST;
        while upto <= AUTO_SMALL {
            self.go_on_to(upto.min(exhaustive));
            let estimate = self.tally.state.as_ref().map_or(0, |state| state.estimate());
            if !self.goes_on() || estimate > AUTO_SMALL {
                break;
            }
            upto *= 2;
        }
        if !self.goes_on() || self.common.late() {
            // With `keep_going`, what follows is only counted.
            if self.found.is_some() && self.common.check.keep_going && !self.has_turned_weak() {
                self.go_on_to(exhaustive);
            }
            return;
        }
        let searched = std::mem::take(&mut self.tally);
        self.phase(Requested::Portfolio, Some(portfolio));
        if let Some(found) = &mut self.found {
            found.interleaving += searched.counts.executions;
        }
        let is_over = self.tally.failure.is_some() || self.tally.counts.interrupted;
        if is_over || (self.found.is_some() && !self.common.check.keep_going) {
            self.tally.counts.add(&searched.counts);
            return;
        }
        let sampled = std::mem::replace(&mut self.tally, searched).counts;
        let by_sample = self.found.take();
        self.go_on_to(exhaustive);
        if self.tally.counts.complete && (self.found.is_some() || by_sample.is_none()) {
            return;
        }
        if let Some(found) = &mut self.found {
            found.interleaving += sampled.executions;
        }
        self.tally.counts.add(&sampled);
        self.found = by_sample.or(self.found.take());
    }

    /// The exhaustive search from the start, or from where it stopped, up to so many executions in all.
    pub(super) fn go_on_to(&mut self, executions: u64) {
        let from = self.tally.state.take();
        let left = executions - from.as_ref().map_or(0, |state| state.executions());
        if left == 0 {
            self.tally.state = from;
            return;
        }
        self.tally = Tally {
            estimate: self.tally.estimate,
            ..Tally::default()
        };
        self.common.check.resume = from;
        self.phase(Requested::Exhaustive, Some(left));
        self.common.check.resume = None;
    }

    /// Searches the schedules without preemptions, then those with one, and so on, until the executions
    /// are spent. Gives the largest bound that was searched completely.
    fn bounded(&mut self, executions: u64) -> Option<usize> {
        let asked = self.common.check.preemption_bound;
        let last = self.tally.counts.executions + executions;
        let mut within = None;
        for bound in 0.. {
            let left = last.saturating_sub(self.tally.counts.executions);
            if left == 0 || asked.is_some_and(|asked| bound > asked) {
                break;
            }
            self.common.check.preemption_bound = Some(bound);
            self.phase(Requested::Dfs, Some(left));
            if !self.tally.counts.complete {
                break;
            }
            // Complete within the bound only.
            self.tally.counts.complete = false;
            within = Some(bound);
            if !self.goes_on() {
                break;
            }
        }
        self.common.check.preemption_bound = asked;
        within
    }

    /// Runs one strategy until it is done, the budget is spent, or a failure is found.
    pub(super) fn phase(&mut self, requested: Requested, executions: Option<u64>) {
        if executions == Some(0) {
            return;
        }
        let bound = self.common.check.preemption_bound;
        if let (Requested::Exhaustive, Some(bound)) = (&requested, bound)
            && self.traces_within(bound, executions)
        {
            return;
        }
        let before = self.tally.counts.clone();
        let explored = match &requested {
            Requested::Exhaustive if bound.is_none() => self.trees(executions),
            strategy => self.samples(strategy, executions),
        };
        self.conclude(requested, explored, &before, "interleaving");
    }

    /// What one strategy has come to, after what others have counted. Each execution is one of these.
    pub(super) fn conclude(&mut self, requested: Requested, explored: bool, before: &Counts, what: &str) {
        let bound = self.common.check.preemption_bound;
        let explored = explored && self.error.is_none() && self.diverged.is_none();
        let shard = self.common.check.shard.map(|(index, of)| Shard {
            index,
            of,
            complete: explored,
            division: self.division.take(),
        });
        self.tally.counts.complete = explored && shard.as_ref().is_none_or(|s| s.of == 1);
        self.tally.basis = basis(&requested, bound, explored, &self.tally.counts, before, what);
        self.tally.basis.push_str(&cut(&self.tally.counts));
        if let Some(Shard { index, of, .. }) = &shard {
            self.tally.basis = format!("shard {index} of {of}: {}", self.tally.basis);
        }
        self.tally.shard = shard;
        self.tally.strategy = Some(requested);
        // A search that branches differently under the same choices has met the program's own
        // randomness: that is a finding about the program, not about the request.
        if let Some(diverged) = self.diverged.take() {
            self.tally.counts.failing += 1;
            self.tally.failure = Some(self.tell_diverged(&diverged));
        }
    }

    /// The failure of a program that is not the same every time, with the steps it took up to there.
    fn tell_diverged(&self, diverged: &Diverged) -> Failure {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::up_to_the_end_of(&diverged.log)));
        let mut session = self.session();
        session.numbering = diverged.numbering.clone();
        let (mut at, mut trace) = (1, Trace::default());
        explore(&self.common.program, &mut session, &strategy, true, &mut |kernel| {
            at = kernel.recorder.as_ref().map_or(1, |recorder| recorder.events() + 1);
            trace = trace_of(kernel);
            ControlFlow::Break(())
        });
        let message = self.with_way_out(format!(
            "under the same schedule, at step {at}, {}; the program does not depend on the schedule alone",
            diverged.why
        ));
        let executions = self.tally.counts.executions;
        failure(
            &self.common.check,
            FailureKind::Nondeterminism,
            message,
            trace,
            executions,
        )
    }

    /// What a program that is not the same every time can do about it.
    fn with_way_out(&self, message: String) -> String {
        let mut message = match self.common.numbering.facts.runs_foreign_futures {
            true => format!(
                "{message}; a future of another crate was awaited without a name and may draw random numbers; name it \
                 with selvedge::future::opaque"
            ),
            false => format!(
                "{message}; what differs comes from outside of it: from the real clock (selvedge::time has one that is the \
                 same every time), from random numbers (selvedge::choose takes every branch), from the order of a HashMap, or \
                 from a static that keeps what an earlier execution has left"
            ),
        };
        if self.common.numbering.polls {
            message.push_str(
                "; tokio's own select! draws the branch it begins with, unless `biased;` stands in front: use \
                 selvedge::tokio::select!, which explores them all",
            );
        }
        message
    }

    /// Whether other schedules of a program that polls futures teach something about it: a future of another crate that is
    /// always ready in the order in which the search has run it makes no step of what it does. Then the search has to begin again.
    fn learns_more(&mut self) -> bool {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Pos::new(self.common.check.seed)));
        let mut session = self.session();
        let (mut left, mut learns) = (REPETITIONS, false);
        explore(&self.common.program, &mut session, &strategy, false, &mut |kernel| {
            left -= 1;
            learns = kernel.ending == Some(End::Restart);
            if learns || left == 0 {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        if learns {
            self.common.numbering = session.numbering;
        }
        learns
    }

    /// Whether a program that polls futures gives the same once more, where everything else has been explored: random
    /// numbers need not show in its steps. Says what differs.
    fn differs_by_itself(&self) -> Option<String> {
        let mut first: Option<(Vec<Entry>, Option<String>)> = None;
        for _ in 0..REPETITIONS {
            let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(&[])));
            let mut differs = None;
            explore(
                &self.common.program,
                &mut self.session(),
                &strategy,
                false,
                &mut |kernel| {
                    let outcome = kernel.outcome.take();
                    match &first {
                        None => first = Some((kernel.log.clone(), outcome)),
                        Some((log, before)) => {
                            differs = first_difference(log, kernel).or_else(|| {
                                let told =
                                    |outcome: &Option<String>| outcome.clone().unwrap_or_else(|| "nothing".to_owned());
                                (*before != outcome).then(|| {
                                    format!("it came to {} before and to {} now", told(before), told(&outcome))
                                })
                            });
                        }
                    }
                    ControlFlow::Break(())
                },
            );
            if differs.is_some() {
                return differs;
            }
        }
        None
    }

    /// Any strategy but the exhaustive one. True if there is nothing it has not seen.
    fn samples(&mut self, strategy: &Requested, executions: Option<u64>) -> bool {
        let check = &self.common.check;
        let mut shares = Vec::new();
        let share = |seed, executions| Share::Sample {
            strategy: Box::new(strategy.clone()),
            seed,
            executions,
        };
        match executions {
            Some(budget) if is_randomized(strategy) => {
                self.division = Some(fingerprint(&format!("{strategy:?} {} {budget}", check.seed)));
                let (index, of) = check.shard.unwrap_or((1, 1));
                let number = budget.div_ceil(RANDOMIZED).min(MOST_SHARES).max(of.into());
                for at in (0..number).filter(|at| at % u64::from(of) == u64::from(index - 1)) {
                    // The first share is all there is in most runs, and has the seed that was given.
                    let seed = check.seed.wrapping_add(at.wrapping_mul(0x9e37_79b9_7f4a_7c15));
                    // Whole rounds of a portfolio, but for the last share.
                    let round = |executions: u64| executions / portfolio::ROUND * portfolio::ROUND;
                    let from = round(at * budget / number);
                    let to = if at + 1 == number {
                        budget
                    } else {
                        round((at + 1) * budget / number)
                    };
                    if to > from {
                        shares.push(share(seed, Some(to - from)));
                    }
                }
            }
            _ => shares.push(share(check.seed, executions)),
        }
        let number = shares.len();
        let alone = number == 1;
        let mut complete = false;
        let ended = self.common.explore_all(shares, None);
        self.note_interruption(ended.len() < number);
        for ended in ended {
            complete = ended.counts.complete;
            if alone {
                self.common.numbering = ended.numbering.clone();
            }
            self.take(ended, 0);
        }
        complete
    }

    /// Shares that nobody has begun do not say so themselves.
    pub(super) fn note_interruption(&mut self, left: bool) {
        self.tally.counts.interrupted |= left && self.common.check.cancel.load(Ordering::Relaxed);
    }

    /// Adds what a share has found, after so many executions of its own phase.
    pub(super) fn take(&mut self, ended: Ended, before: u64) {
        if self.found.is_none()
            && let Some(mut found) = ended.found
        {
            found.interleaving += self.tally.counts.executions + before;
            self.found = Some(found);
        }
        self.tally.counts.add(&ended.counts);
        self.common.numbering.facts.orders_weakly |= ended.numbering.facts.orders_weakly;
        self.common.numbering.polls |= ended.numbering.polls;
        if self.diverged.is_none() {
            self.diverged = ended.diverged;
        }
    }

    /// Follows a recorded schedule.
    fn replay(&mut self, schedule: Schedule) {
        let interleaving = schedule.interleaving.max(1);
        let strategy: Rc<RefCell<dyn Strategy>> =
            Rc::new(RefCell::new(Replay::new(schedule.steps.clone(), !schedule.unfinished)));
        let mut session = self.session();
        session.numbering.facts = schedule.learned;
        let Search {
            common, tally, error, ..
        } = self;
        tally.basis = "one recorded schedule".to_owned();
        explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
            tally.counts.executions += 1;
            if let Some(End::Diverged(why)) = &kernel.ending {
                *error = Some(Error::Diverged { message: why.clone() });
            } else if let Some(mut told) = tell_of(&common.check, kernel, interleaving) {
                if told.schedule.fingerprint != schedule.fingerprint {
                    tally.basis.push_str(RETOLD);
                }
                told.schedule = schedule.clone();
                tally.counts.failing += 1;
                tally.failure = Some(told);
            } else {
                *tally
                    .counts
                    .outcomes
                    .entry(kernel.outcome.take().unwrap_or_default())
                    .or_default() += 1;
            }
            ControlFlow::Break(())
        });
    }

    /// Replays what was found, this time with names and values, and compares it step by step.
    fn tell(&mut self, log: &[Entry], interleaving: u64, mut session: Session) {
        // The search for a cause comes after this, and then the failing execution once more.
        if !self.common.check.cause {
            announce(&self.common.check);
        }
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(log)));
        let (mut told, mut differs, mut trace) = (None, None, Trace::default());
        let Common { check, program, .. } = &self.common;
        explore(program, &mut session, &strategy, true, &mut |kernel| {
            differs = match &kernel.ending {
                Some(End::Diverged(why)) => Some(at_the_end(kernel, why)),
                _ => first_difference(log, kernel),
            };
            told = tell_of(check, kernel, interleaving);
            if told.is_none() {
                trace = trace_of(kernel);
            }
            ControlFlow::Break(())
        });
        let failure = match (told, differs) {
            (Some(told), None) => told,
            (told, differs) => {
                let why = differs.unwrap_or_else(|| "every step was the same, and it did not fail".to_owned());
                let message = self.with_way_out(format!(
                    "the failing schedule was run again and took another course: {why}"
                ));
                let trace = told.map_or(trace, |told: Failure| told.trace);
                failure(check, FailureKind::Nondeterminism, message, trace, interleaving)
            }
        };
        self.tally.failure = Some(failure);
    }
}

/// Says in what the test prints that all of it up to here is of other executions. They print where the test does: std keeps the
/// output of a test by its OS thread, and stable Rust has no way to keep some of it back.
pub(super) fn announce(check: &Options) {
    if check.aloud {
        #[expect(clippy::print_stdout, reason = "it stands in the output of the test")]
        {
            println!(
                "{}: what follows is printed by the failing execution alone",
                name(&check.name)
            );
        }
    }
}

/// Whether any number of executions, with any seed, is as good a sample as any other.
fn is_randomized(strategy: &Requested) -> bool {
    use Requested::*;
    matches!(strategy, Random | Pct { .. } | Urw | Pos | Surw | Portfolio | Graphs)
}
