//! One run of a check: strategies in turn, executions counted, the first failure replayed and told.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use crate::check::{Check, Failure, FailureKind, Report, Shard, Strategy as Requested, Verdict};
use crate::divide::Walk;
use crate::engine::controlled::{Program, Session, explore};
use crate::engine::kernel::{End, Entry, Kernel, Numbering};
use crate::error::Error;
use crate::explore::{Strategy, exhaustive::Exhaustive, follow::Follow, portfolio, pos::Pos, replay::Replay};
use crate::schedule::{Schedule, fingerprint};
use crate::share::{Common, Ended, Found, Share};
use crate::state::{Part, SearchState};
use crate::trace::Trace;

/// Executions of the exhaustive, the preemption-bounded and the randomized part of [`Requested::Auto`].
const AUTO_EXHAUSTIVE: u64 = 20_000;
const AUTO_BOUNDED: u64 = 2_000;
const AUTO_RANDOMIZED: u64 = 2_000;

/// Executions of a randomized strategy, and of each share of one that has more.
const RANDOMIZED: u64 = 1_000;

/// Shares of a sample, at most.
const MOST_SHARES: u64 = 4_096;

/// Executions after which an exhaustive search that is not complete is divided and begun anew, unless it may
/// not have many times as many.
const UNDIVIDED: u64 = 20_000;
const WORTH_DIVIDING: u64 = 10 * UNDIVIDED;

/// What a replay adds whose steps are those of the file and whose trace is not.
const RETOLD: &str = "; every step is as recorded, and a value, a name or a line in the trace is not";

/// Executions from which it is chosen how to divide a search.
const WALKS: usize = if cfg!(test) { 40 } else { 1_000 };

/// Executions from which it is estimated how many there will be.
const PROBES: u64 = 1_000;

pub(crate) fn run(check: Check, program: Program) -> Report {
    match &check.strategy {
        Requested::Loom => return crate::engine::loom::run(check, program),
        Requested::Stress => return crate::engine::native::run(check, program),
        Requested::Replay(schedule) if schedule.engine == "loom" => return crate::engine::loom::run(check, program),
        Requested::Replay(schedule) if schedule.engine != "controlled" => {
            let message = format!(
                "a schedule of the engine {:?} cannot be replayed: nobody controlled it; find the failure with \
                 Strategy::Exhaustive or Strategy::Loom",
                schedule.engine
            );
            return Tally::default().report(&check, Instant::now(), Some(Error::Unsupported { message }));
        }
        _ => {}
    }
    let decisions = Arc::new(AtomicU64::new(0));
    apart(&check.clone(), Arc::clone(&decisions), "controlled", move || {
        Search::new(check, program, decisions).run()
    })
}

/// What comes back from the OS thread of a run.
enum Message {
    Done(Box<Report>),
    /// A panic that would have aborted the process; the thread never ends.
    Aborts(FailureKind, String),
}

/// Runs `job` on an OS thread of its own, so that a program that never comes back, or that would abort
/// the process, can be left behind. `progress` changes as long as the program reaches the engine.
pub(crate) fn apart(
    check: &Check,
    progress: Arc<AtomicU64>,
    engine: &'static str,
    job: impl FnOnce() -> Report + Send + 'static,
) -> Report {
    let started = Instant::now();
    let (send, receive) = channel();
    // Named like the caller, because tests print under their thread's name.
    let name = std::thread::current().name().unwrap_or("selvedge").to_owned();
    let worker = std::thread::Builder::new().name(name).spawn(move || {
        let tell = send.clone();
        crate::engine::panics::on_abort(Arc::new(move |story| {
            let (kind, message) = aborts(&story);
            let _ = tell.send(Message::Aborts(kind, message));
        }));
        let _ = send.send(Message::Done(Box::new(job())));
    });
    if let Err(error) = worker {
        let message = format!("cannot start a thread for the run: {error}");
        return Tally::default().report(check, started, Some(Error::Unsupported { message }));
    }
    let stall_timeout = check.stall_timeout;
    let (mut last, mut since) = (0, Instant::now());
    loop {
        match receive.recv_timeout(stall_timeout.min(Duration::from_millis(200))) {
            Ok(Message::Done(mut report)) => {
                report.elapsed = started.elapsed();
                return *report;
            }
            Ok(Message::Aborts(kind, message)) => return given_up(check, engine, started, kind, message),
            Err(RecvTimeoutError::Disconnected) => {
                let message = "the run ended without a result; this is a bug of Selvedge".to_owned();
                return Tally::default().report(check, started, Some(Error::Unsupported { message }));
            }
            Err(RecvTimeoutError::Timeout) => {
                let now = progress.load(Ordering::Relaxed);
                if now != last {
                    (last, since) = (now, Instant::now());
                } else if since.elapsed() >= stall_timeout {
                    if engine == "loom" && matches!(check.strategy, Requested::Replay(_)) {
                        // loom spins for ever on a path that names a thread which has ended.
                        let message = "loom cannot follow its path through this program".to_owned();
                        return Tally::default().report(check, started, Some(Error::Diverged { message }));
                    }
                    let message = format!(
                        "a task ran for {stall_timeout:?} without reaching a scheduling point: an endless loop without \
                         an operation of selvedge::*, or a call that blocks for real; its OS thread is left behind"
                    );
                    return given_up(check, engine, started, FailureKind::StepLimit, message);
                }
            }
        }
    }
}

/// The failure behind a panic in a destructor: of the execution that was ending, if one was.
fn aborts(story: &str) -> (FailureKind, String) {
    let abort = format!("{}: {story}", crate::engine::panics::ABORTS);
    let ending = crate::engine::try_with_kernel(|k| match k.ending {
        Some(End::Complete | End::MainPanicked) | None => None,
        _ => crate::explain::explain(k),
    });
    match ending.flatten().or_else(crate::engine::loom::story) {
        Some((kind, message)) => (kind, format!("{message}\nthen {abort}")),
        None => (FailureKind::Panic, abort),
    }
}

/// The program has left the engine and does not come back.
fn given_up(check: &Check, engine: &'static str, started: Instant, kind: FailureKind, message: String) -> Report {
    let executions = check.progress.load(Ordering::Relaxed) + 1;
    let mut check = check.clone();
    let finder = (check.strategy == Requested::Portfolio).then(|| portfolio::member(check.seed, executions));
    if let Some((finder, seed)) = &finder {
        (check.strategy, check.seed) = (finder.clone(), *seed);
    }
    let mut failure = failure(&check, kind, message, Trace::default(), executions);
    failure.schedule.engine = engine.to_owned();
    let mut tally = Tally {
        executions,
        failing: 1,
        failure: Some(failure),
        ..Tally::default()
    };
    tally.basis = "the run was given up".to_owned();
    if let Some((finder, _)) = finder {
        tally.basis.push_str(&format!("; found by {}", finder.name()));
    }
    tally.report(&check, started, None)
}

pub(crate) fn failure(check: &Check, kind: FailureKind, message: String, trace: Trace, interleaving: u64) -> Failure {
    let mut schedule = Schedule::new(
        &check.name,
        "controlled",
        check.strategy.name(),
        check.seed,
        kind,
        &message,
    );
    schedule.interleaving = interleaving;
    schedule.limits = check.limits();
    schedule.fingerprint = crate::schedule::fingerprint(&trace.timeline());
    Failure {
        name: check.name.clone(),
        kind,
        message,
        schedule,
        trace,
        interleaving,
        replay: None,
    }
}

/// What has been counted so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) executions: u64,
    pub(crate) blocked: u64,
    pub(crate) failing: u64,
    pub(crate) outcomes: BTreeMap<String, u64>,
    pub(crate) failure: Option<Failure>,
    pub(crate) complete: bool,
    pub(crate) interrupted: bool,
    pub(crate) basis: String,
    pub(crate) strategy: Option<Requested>,
    pub(crate) estimate: Option<u64>,
    pub(crate) shard: Option<Shard>,
    pub(crate) state: Option<Box<SearchState>>,
}

impl Tally {
    pub(crate) fn report(self, check: &Check, started: Instant, error: Option<Error>) -> Report {
        let verdict = if error.is_some() || self.failure.is_some() {
            Verdict::Failed
        } else if self.complete {
            Verdict::Verified
        } else {
            Verdict::Passed
        };
        Report {
            name: check.name.clone(),
            strategy: self.strategy.unwrap_or_else(|| check.strategy.clone()),
            verdict,
            executions: self.executions,
            blocked_executions: self.blocked,
            failing_executions: self.failing,
            complete: self.complete,
            outcomes: self.outcomes,
            failure: self.failure,
            error,
            elapsed: started.elapsed(),
            basis: self.basis,
            preemption_bound: check.preemption_bound,
            interrupted: self.interrupted,
            estimated_executions: self.estimate,
            shard: self.shard,
            state: self.state,
        }
    }

    /// Adds what one share has counted.
    fn add(&mut self, other: &Tally) {
        self.executions += other.executions;
        self.blocked += other.blocked;
        self.failing += other.failing;
        self.interrupted |= other.interrupted;
        for (outcome, n) in &other.outcomes {
            *self.outcomes.entry(outcome.clone()).or_default() += n;
        }
    }
}

struct Search {
    common: Common,
    tally: Tally,
    found: Option<Found>,
    error: Option<Error>,
    /// A digest of how the search was divided.
    division: Option<String>,
}

impl Search {
    fn new(check: Check, program: Program, decisions: Arc<AtomicU64>) -> Self {
        let limits = match &check.strategy {
            Requested::Replay(schedule) if schedule.limits.max_steps > 0 => schedule.limits.clone(),
            _ => check.limits(),
        };
        Search {
            common: Common {
                check,
                program,
                limits,
                numbering: Numbering::default(),
                decisions,
                started: Instant::now(),
            },
            tally: Tally::default(),
            found: None,
            error: None,
            division: None,
        }
    }

    fn run(mut self) -> Report {
        let strategy = self.common.check.strategy.clone();
        let budget = self.common.check.max_executions;
        self.error = self.impossible();
        match strategy {
            _ if self.error.is_some() => {}
            Requested::Auto => {
                let whole = budget.unwrap_or(AUTO_EXHAUSTIVE + AUTO_BOUNDED + AUTO_RANDOMIZED);
                let (bounded, randomized) = budget.map_or((AUTO_BOUNDED, AUTO_RANDOMIZED), |b| (b / 10, b / 10));
                self.phase(Requested::Exhaustive, Some(whole - bounded - randomized));
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
            Requested::Replay(schedule) => self.replay(schedule),
            Requested::Exhaustive | Requested::Dfs => self.phase(strategy, budget),
            _ => self.phase(strategy, Some(budget.unwrap_or(RANDOMIZED))),
        }
        if let Some(mut found) = self.found.take() {
            let mut session = self.session();
            session.numbering = found.numbering;
            let shrunk = crate::shrink::shrink(&self.common.program, &mut session, found.log, &found.end);
            found.log = shrunk.log;
            let preemptions = crate::shrink::preemptions(&found.log);
            if shrunk.fewest {
                self.tally.basis = fewest(preemptions);
            }
            if let Some((finder, seed)) = found.finder {
                self.tally.basis.push_str(&format!("; found by {}", finder.name()));
                self.tally.strategy = Some(finder.clone());
                // The schedule names who found it.
                (self.common.check.strategy, self.common.check.seed) = (finder, seed);
            }
            self.tell(&found.log, found.interleaving, session);
        } else if self.common.numbering.sees_nothing() {
            self.tally.basis.push_str(
                "; no task did anything that can be seen: is the code under test written for the types of selvedge?",
            );
        } else if self.common.numbering.runs_foreign_futures {
            self.tally.basis.push_str(
                "; what a task calls of other crates between two operations is one step (selvedge::opaque and \
                 future::opaque tell calls apart)",
            );
        }
        let Common { check, started, .. } = self.common;
        self.tally.report(&check, started, self.error)
    }

    /// What was asked for and cannot be done.
    fn impossible(&self) -> Option<Error> {
        let check = &self.common.check;
        let exhaustive = check.strategy == Requested::Exhaustive && check.preemption_bound.is_none();
        let randomized = is_randomized(&check.strategy);
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
            (_, Some(state)) => state.misfit(check)?,
            _ => return None,
        };
        Some(Error::Unsupported { message })
    }

    fn session(&self) -> Session {
        Session {
            limits: self.common.limits.clone(),
            numbering: self.common.numbering.clone(),
            orders: Vec::new(),
            progress: Arc::clone(&self.common.decisions),
        }
    }

    /// Whether there is anything left to find out.
    fn goes_on(&self) -> bool {
        !self.tally.complete && self.found.is_none() && self.tally.failure.is_none() && !self.tally.interrupted
    }

    /// Searches the schedules without preemptions, then those with one, and so on, until the executions
    /// are spent. Gives the largest bound that was searched completely.
    fn bounded(&mut self, executions: u64) -> Option<usize> {
        let asked = self.common.check.preemption_bound;
        let last = self.tally.executions + executions;
        let mut within = None;
        for bound in 0.. {
            let left = last.saturating_sub(self.tally.executions);
            if left == 0 || asked.is_some_and(|asked| bound > asked) {
                break;
            }
            self.common.check.preemption_bound = Some(bound);
            self.phase(Requested::Dfs, Some(left));
            if !self.tally.complete {
                break;
            }
            // Complete within the bound only.
            self.tally.complete = false;
            within = Some(bound);
            if !self.goes_on() {
                break;
            }
        }
        self.common.check.preemption_bound = asked;
        within
    }

    /// Runs one strategy until it is done, the budget is spent, or a failure is found.
    fn phase(&mut self, requested: Requested, executions: Option<u64>) {
        if executions == Some(0) {
            return;
        }
        let first = self.tally.executions;
        let bound = self.common.check.preemption_bound;
        let explored = match &requested {
            // A reduction may drop the one schedule of a class that stays within the bound, so a
            // bounded search enumerates.
            Requested::Exhaustive if bound.is_none() => self.trees(executions),
            strategy => self.samples(strategy, executions),
        };
        let explored = explored && self.error.is_none();
        let shard = self.common.check.shard.map(|(index, of)| Shard {
            index,
            of,
            complete: explored,
            division: self.division.take(),
        });
        self.tally.complete = explored && shard.as_ref().is_none_or(|s| s.of == 1);
        self.tally.basis = basis(&requested, bound, explored, &self.tally, first);
        if let Some(Shard { index, of, .. }) = &shard {
            self.tally.basis = format!("shard {index} of {of}: {}", self.tally.basis);
        }
        self.tally.shard = shard;
        self.tally.strategy = Some(requested);
        // A search that branches differently under the same choices has met the program's own
        // randomness: that is a finding about the program, not about the request.
        if let Some(Error::Diverged { message }) = self.error.take() {
            self.tally.failing += 1;
            let message = format!("{message}; the program does not depend on the schedule alone");
            self.tally.failure = Some(failure(
                &self.common.check,
                FailureKind::Nondeterminism,
                message,
                Trace::default(),
                self.tally.executions,
            ));
        }
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
            complete = ended.tally.complete;
            if alone {
                self.common.numbering = ended.numbering.clone();
            }
            self.take(ended, 0);
        }
        complete
    }

    /// The exhaustive search. True if it is complete.
    fn trees(&mut self, executions: Option<u64>) -> bool {
        let check = self.common.check.clone();
        let mut state = match check.resume {
            Some(state) => {
                self.common.numbering = state.numbering.clone();
                *state
            }
            None => self.undivided(),
        };
        if check.estimate || check.shard.is_some() {
            self.estimate();
        }
        let divides = check.shard.is_some() || executions.is_none_or(|e| e >= WORTH_DIVIDING);
        loop {
            if check.shard.is_some() && state.division.is_none() {
                match self.divide() {
                    Some(divided) => state = divided,
                    None => break,
                }
            }
            let limit = if divides && state.division.is_none() {
                Some(UNDIVIDED.saturating_sub(state.executions()).max(1))
            } else {
                executions
            };
            let open: Vec<usize> = (0..state.parts.len())
                .filter(|&i| state.parts[i].tree.is_some())
                .collect();
            let share = |&i: &usize| {
                let Part { orders, tree, .. } = state.parts[i].clone();
                tree.map(|tree| Share::Tree { orders, tree })
            };
            let ended = self.common.explore_all(open.iter().filter_map(share).collect(), limit);
            self.note_interruption(ended.len() < open.len());
            if let Some(last) = ended.last()
                && last.outdated
            {
                self.common.numbering = last.numbering.clone();
                check.progress.store(0, Ordering::Relaxed);
                state.begin_anew(last.numbering.clone());
                continue;
            }
            for (at, mut ended) in open.into_iter().zip(ended) {
                let before: u64 = state.parts[..=at].iter().map(|p| p.tally().executions).sum();
                state.parts[at].advance(&ended.tally, ended.tree.take());
                if state.division.is_none() {
                    self.common.numbering = ended.numbering.clone();
                    state.numbering = ended.numbering.clone();
                }
                // What has been counted is in the state.
                ended.tally = Tally {
                    interrupted: ended.tally.interrupted,
                    ..Tally::default()
                };
                self.take(ended, before);
            }
            let stopped = (self.found.is_some() && !check.keep_going)
                || self.error.is_some()
                || self.tally.interrupted
                || self.common.late();
            if state.division.is_some() || !divides || stopped || state.parts.iter().all(|p| p.tree.is_none()) {
                break;
            }
            self.found = None;
            if let Some(tree) = &state.parts[0].tree {
                self.expect(tree.estimate());
            }
            match self.divide() {
                Some(divided) => state = divided,
                None => break,
            }
        }
        self.division.clone_from(&state.division);
        let mut complete = true;
        for part in &state.parts {
            let tally = part.tally();
            self.tally.add(&tally);
            complete &= part.tree.is_none() && tally.complete;
        }
        if !complete {
            self.tally.state = Some(Box::new(state));
        }
        complete
    }

    /// Shares that nobody has begun do not say so themselves.
    fn note_interruption(&mut self, left: bool) {
        self.tally.interrupted |= left && self.common.check.cancel.load(Ordering::Relaxed);
    }

    fn undivided(&self) -> SearchState {
        let whole = vec![Part::new(Vec::new())];
        SearchState::new(&self.common.check, self.common.numbering.clone(), None, whole)
    }

    /// Divides the search, or nothing if it is to end.
    fn divide(&mut self) -> Option<SearchState> {
        let walks = self.sample();
        if self.tally.interrupted || self.common.late() {
            return None;
        }
        let check = &self.common.check;
        let numbering = &mut self.common.numbering;
        let mut parts = crate::divide::parts(&walks, check.parts, numbering);
        let division = fingerprint(&format!("{parts:?}"));
        if let Some((index, of)) = check.shard {
            let (index, of) = (index as usize, of as usize);
            let mut at = 0;
            parts.retain(|_| {
                at += 1;
                at % of == index % of
            });
        }
        check.progress.store(0, Ordering::Relaxed);
        let parts = parts.into_iter().map(Part::new).collect();
        Some(SearchState::new(check, numbering.clone(), Some(division), parts))
    }

    /// Some executions, as different from each other as can be.
    fn sample(&mut self) -> Vec<Walk> {
        let check = &self.common.check;
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Pos::new(check.seed)));
        let mut session = self.session();
        let mut walks = Vec::new();
        explore(&self.common.program, &mut session, &strategy, false, &mut |kernel| {
            match kernel.ending {
                Some(End::Restart) => walks.clear(),
                _ => walks.push(Walk::new(kernel)),
            }
            self.tally.interrupted |= check.cancel.load(Ordering::Relaxed);
            if walks.len() >= WALKS || self.tally.interrupted || self.common.late() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        self.common.numbering = session.numbering;
        walks
    }

    /// Estimates how many executions the whole search will take, from the first of them.
    fn estimate(&mut self) {
        let tree = Rc::new(RefCell::new(Exhaustive::new()));
        let strategy: Rc<RefCell<dyn Strategy>> = tree.clone();
        let mut session = self.session();
        let mut left = PROBES;
        explore(&self.common.program, &mut session, &strategy, false, &mut |kernel| {
            left -= u64::from(kernel.ending != Some(End::Restart));
            let diverged = matches!(kernel.ending, Some(End::Diverged(_)));
            if left == 0 || diverged || self.common.check.cancel.load(Ordering::Relaxed) || self.common.late() {
                ControlFlow::Break(())
            } else {
                ControlFlow::Continue(())
            }
        });
        self.expect(tree.borrow().estimate());
    }

    fn expect(&mut self, executions: u64) {
        self.common.check.estimate_counter.store(executions, Ordering::Relaxed);
        self.tally.estimate = Some(executions);
    }

    /// Adds what a share has found, after so many executions of its own phase.
    fn take(&mut self, ended: Ended, before: u64) {
        if self.found.is_none()
            && let Some(mut found) = ended.found
        {
            found.interleaving += self.tally.executions + before;
            self.found = Some(found);
        }
        self.tally.add(&ended.tally);
        if let Some(message) = ended.diverged {
            self.error = Some(Error::Diverged { message });
        }
    }

    /// Follows a recorded schedule.
    fn replay(&mut self, schedule: Schedule) {
        let interleaving = schedule.interleaving.max(1);
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Replay::new(schedule.clone())));
        let mut session = self.session();
        let Search {
            common, tally, error, ..
        } = self;
        tally.basis = "one recorded schedule".to_owned();
        explore(&common.program, &mut session, &strategy, true, &mut |kernel| {
            if kernel.ending == Some(End::Restart) {
                return ControlFlow::Continue(());
            }
            tally.executions += 1;
            if let Some(End::Diverged(why)) = &kernel.ending {
                *error = Some(Error::Diverged { message: why.clone() });
            } else if let Some(mut told) = tell_of(&common.check, kernel, interleaving) {
                if told.schedule.fingerprint != schedule.fingerprint {
                    tally.basis.push_str(RETOLD);
                }
                told.schedule = schedule.clone();
                tally.failing += 1;
                tally.failure = Some(told);
            } else {
                *tally
                    .outcomes
                    .entry(kernel.outcome.take().unwrap_or_default())
                    .or_default() += 1;
            }
            ControlFlow::Break(())
        });
    }

    /// Replays what was found, this time with names and values, and compares it step by step.
    fn tell(&mut self, log: &[Entry], interleaving: u64, mut session: Session) {
        let strategy: Rc<RefCell<dyn Strategy>> = Rc::new(RefCell::new(Follow::new(log)));
        let mut told = None;
        let mut differs = None;
        let Common { check, program, .. } = &self.common;
        explore(program, &mut session, &strategy, true, &mut |kernel| {
            differs = match &kernel.ending {
                Some(End::Diverged(why)) => Some(why.clone()),
                _ => first_difference(log, kernel),
            };
            told = tell_of(check, kernel, interleaving);
            ControlFlow::Break(())
        });
        let failure = match (told, differs) {
            (Some(told), None) => told,
            (told, differs) => {
                let why = differs.unwrap_or_else(|| "the failure did not come back".to_owned());
                let message = format!("the failing schedule was run again and took another course: {why}");
                let trace = told.map(|t| t.trace).unwrap_or_default();
                failure(check, FailureKind::Nondeterminism, message, trace, interleaving)
            }
        };
        self.tally.failure = Some(failure);
    }
}

/// The failure of a recorded execution.
fn tell_of(check: &Check, kernel: &mut Kernel, interleaving: u64) -> Option<Failure> {
    let (kind, message) = crate::explain::explain(kernel)?;
    let names = (0..kernel.tasks.len()).map(|i| kernel.task_name(i)).collect();
    let trace = kernel.recorder.take().unwrap_or_default().into_trace(names);
    let mut told = failure(check, kind, message, trace, interleaving);
    told.schedule.steps = crate::schedule::steps_of(kernel);
    Some(told)
}

fn first_difference(before: &[Entry], kernel: &Kernel) -> Option<String> {
    let key = |entry: &Entry| match entry {
        Entry::Step(s) => (Some(s.task), s.verb, s.announced.clone()),
        Entry::Choice { task, .. } => (Some(*task), "choose", Default::default()),
        Entry::Spawn { child, .. } => (Some(*child), "spawn", Default::default()),
        Entry::Join { task, .. } => (Some(*task), "join", Default::default()),
        Entry::Barrier { .. } => (None, "clock", Default::default()),
    };
    // The search lets the other tasks finish after the main task has panicked; telling stops there.
    let stops = matches!(kernel.ending, Some(End::MainPanicked));
    let length = if stops {
        kernel.log.len()
    } else {
        before.len().max(kernel.log.len())
    };
    let at = (0..length).find(|&i| before.get(i).map(key) != kernel.log.get(i).map(key))?;
    let words = |entry: Option<&Entry>| entry.map_or("nothing", |e| key(e).1).to_owned();
    Some(format!(
        "at entry {} it did {} before and {} now",
        at + 1,
        words(before.get(at)),
        words(kernel.log.get(at))
    ))
}

/// Whether any number of executions, with any seed, is as good a sample as any other.
fn is_randomized(strategy: &Requested) -> bool {
    use Requested::*;
    matches!(strategy, Random | Pct { .. } | Urw | Pos | Surw | Portfolio)
}

fn within_bound(bound: usize) -> String {
    format!(" with at most {bound} preemption{}", if bound == 1 { "" } else { "s" })
}

fn fewest(preemptions: usize) -> String {
    match preemptions {
        0 => "fails without a preemption".to_owned(),
        1 => "fails with 1 preemption; none fails with 0".to_owned(),
        n => format!("fails with {n} preemptions; none fails with fewer"),
    }
}

/// How far a search went, in words.
fn basis(requested: &Requested, bound: Option<usize>, complete: bool, tally: &Tally, first: u64) -> String {
    let here = tally.executions - first;
    let plural = |n: u64| if n == 1 { "" } else { "s" };
    let within = bound.map(within_bound).unwrap_or_default();
    if complete {
        let all = here - tally.blocked;
        return format!("all {all} interleaving{}{within}", plural(all));
    }
    match requested {
        Requested::Exhaustive | Requested::Dfs => {
            format!(
                "the first {here} interleaving{}{within}: the search is not complete",
                plural(here)
            )
        }
        Requested::Portfolio => format!(
            "a sample of {here} interleaving{} (portfolio: {})",
            plural(here),
            portfolio::shares(here)
        ),
        other => format!("a sample of {here} interleaving{} ({})", plural(here), other.name()),
    }
}
