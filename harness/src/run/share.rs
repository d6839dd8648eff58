//! A search in shares: each is a search of its own, explored by one OS thread, and all of them together are
//! the whole.
//!
//! How a search is divided depends on the search alone, never on the number of workers or on who is faster.
//! Results are taken in the order of the shares, and those behind the first failure are dropped, so that
//! any number of workers finds the same.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::time::Instant;

use super::counts::Counts;
use super::died;
use super::divide::{owns, without_gates};
use super::explain::{failed, unfair};
use super::options::Options;
use super::strategy::Strategy as Requested;
use crate::engine::controlled::{Session, SharedStrategy, explore};
use crate::engine::current::Program;
use crate::engine::{overflow, panics};
use crate::explore::graph::{Frontier, Graphs, Next};
use crate::explore::oracle::FromOutside;
use crate::explore::portfolio::{self, Member, Portfolio};
use crate::explore::{dfs::Dfs, exhaustive::Exhaustive, pct::Pct, pos::Pos, stock, uniform::Uniform};
use crate::kernel::{End, Entry, MemoryModel, Numbering, Order, Progress, ScheduleLimits, Strategy};

/// Executions with an unfair schedule after which an enumeration is given up: it would go on with every number of rounds that a
/// loop can take.
pub(super) const MOST_CUT: u64 = 16;

/// What one OS thread explores in one go.
#[derive(Clone, Debug)]
pub(crate) enum Share {
    /// The tree of the schedules that keep these orders, or what is left of it.
    Tree {
        orders: Vec<Order>,
        tree: Exhaustive,
        /// The numbers that it knows, if others may know others.
        numbering: Option<Box<Numbering>>,
    },
    /// Execution graphs, in the numbers that are known for them, at most so many.
    Graphs {
        frontier: Frontier,
        numbering: Box<Numbering>,
        next: Next,
        most: Option<u64>,
    },
    /// What any other strategy makes of this seed, in at most so many executions.
    Sample {
        strategy: Box<Requested>,
        seed: u64,
        executions: Option<u64>,
    },
}

/// A failing execution as the lean search saw it.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) log: Vec<Entry>,
    pub(crate) end: End,
    /// Its number among the executions of its share.
    pub(crate) interleaving: u64,
    /// Who of a portfolio found it, and with which seed.
    pub(crate) finder: Option<(Requested, u64)>,
    /// The numbering that the log is written in.
    pub(crate) numbering: Numbering,
}

/// An execution that took another course under the same choices.
#[derive(Debug)]
pub(crate) struct Diverged {
    pub(crate) why: String,
    /// Its steps up to there.
    pub(crate) log: Vec<Entry>,
    /// The numbering that the log is written in.
    pub(crate) numbering: Numbering,
}

/// How a share ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) counts: Counts,
    pub(crate) found: Option<Found>,
    /// The program took another course under the same choices.
    pub(crate) diverged: Option<Diverged>,
    /// Where the search of a tree stands now.
    pub(crate) tree: Option<Exhaustive>,
    /// Where the search of execution graphs stands now.
    pub(crate) graphs: Option<Frontier>,
    /// About how many there are, if that was asked.
    pub(crate) estimate: Option<f64>,
    /// Why it cannot go on.
    pub(crate) unsupported: Option<&'static str>,
    /// The numbering at the end.
    pub(crate) numbering: Numbering,
    /// The program turned out to have other scheduling points than its division has assumed.
    pub(crate) outdated: bool,
}

impl Ended {
    /// Whether nothing after this share is of interest.
    fn is_last(&self, check: &Options) -> bool {
        let nothing_to_choose = self.tree.is_none() && self.graphs.is_none() && self.counts.complete;
        let stuck = self.outdated || self.diverged.is_some() || self.unsupported.is_some();
        stuck || nothing_to_choose || (self.found.is_some() && !check.keep_going)
    }
}

/// What the shares of a search have in common.
#[derive(Clone)]
pub(crate) struct Common {
    pub(crate) check: Options,
    pub(crate) program: Program,
    pub(crate) limits: ScheduleLimits,
    pub(crate) numbering: Numbering,
    /// For a watchdog.
    pub(crate) decisions: Arc<Progress>,
    pub(crate) started: Instant,
}

impl Common {
    pub(crate) fn new(check: Options, program: Program, decisions: Arc<Progress>) -> Self {
        let limits = match &check.strategy {
            Requested::Replay(schedule) if schedule.limits.max_steps > 0 => schedule.limits.clone(),
            _ => check.limits(),
        };
        Common {
            check,
            program,
            limits,
            numbering: Numbering::default(),
            decisions,
            started: Instant::now(),
        }
    }

    /// Loads see the latest store from here on, whatever the check says.
    pub(crate) fn see_the_latest(&mut self) {
        self.check.memory_model = MemoryModel::SequentiallyConsistent;
        self.limits.memory_model = MemoryModel::SequentiallyConsistent;
    }

    /// What a search of a part of the tree begins with, or of all of it.
    pub(crate) fn session(&self, orders: &[Order]) -> Session {
        Session {
            limits: self.limits.clone(),
            numbering: self.numbering.clone(),
            orders: orders.to_vec(),
            progress: Arc::clone(&self.decisions),
            diary: died::begin(&self.check, &self.limits),
            declared: self.check.declared.clone(),
        }
    }

    fn strategy(&self, requested: &Requested, seed: u64, executions: Option<u64>) -> SharedStrategy {
        let iterations = usize::try_from(executions.unwrap_or(u64::MAX)).unwrap_or(usize::MAX);
        match requested {
            Requested::Random => Rc::new(RefCell::new(stock::random(seed, iterations))),
            Requested::Pct { depth } => Rc::new(RefCell::new(Pct::new(seed, *depth))),
            Requested::ShuttlePct { depth } => Rc::new(RefCell::new(stock::pct(seed, *depth, iterations))),
            Requested::Urw => Rc::new(RefCell::new(Uniform::new(seed, false))),
            Requested::Surw => Rc::new(RefCell::new(Uniform::new(seed, true))),
            Requested::Pos => Rc::new(RefCell::new(Pos::new(seed))),
            Requested::Portfolio => Rc::new(RefCell::new(Portfolio::new(seed, iterations))),
            Requested::Oracle(oracle) => Rc::new(RefCell::new(FromOutside::new(oracle.clone()))),
            _ => Rc::new(RefCell::new(Dfs::new(self.check.preemption_bound))),
        }
    }

    /// Explores a share, in at most `limit` executions, until `stop` says that nobody wants to know.
    pub(crate) fn explore(&self, share: Share, limit: Option<u64>, stop: &dyn Fn() -> bool) -> Ended {
        match share {
            Share::Sample {
                strategy,
                seed,
                executions,
            } => {
                let enumerates = *strategy == Requested::Dfs;
                let limit = limit.into_iter().chain(executions).min();
                let mut ended = self.explore_with(
                    &self.strategy(&strategy, seed, limit),
                    &[],
                    limit,
                    false,
                    enumerates,
                    stop,
                );
                if let (Requested::Portfolio, Some(found)) = (&*strategy, &mut ended.found) {
                    found.finder = Some(finder(seed, found.interleaving));
                }
                ended
            }
            Share::Tree {
                orders,
                tree,
                numbering,
            } => {
                let common = Common {
                    numbering: numbering.map_or_else(|| self.numbering.clone(), |numbering| *numbering),
                    ..self.clone()
                };
                let fixed = tree.is_begun() || !orders.is_empty();
                let tree = Rc::new(RefCell::new(tree));
                let strategy: SharedStrategy = tree.clone();
                let mut ended = common.explore_with(&strategy, &orders, limit, fixed, true, stop);
                ended.tree = Some(tree.take());
                ended
            }
            Share::Graphs {
                frontier,
                numbering,
                next,
                most,
            } => {
                let common = Common {
                    numbering: *numbering,
                    ..self.clone()
                };
                let limit = limit.into_iter().chain(most).min();
                let graphs = Rc::new(RefCell::new(Graphs::of(frontier, next)));
                let strategy: SharedStrategy = graphs.clone();
                let mut ended = common.explore_with(&strategy, &[], limit, true, true, stop);
                let graphs = graphs.take();
                // In the last execution there was nobody left to begin again.
                ended.outdated |= graphs.has_learnt();
                ended.unsupported = graphs.unsupported();
                ended.estimate = graphs.estimate();
                ended.graphs = Some(graphs.into_frontier());
                ended
            }
        }
    }

    pub(super) fn explore_with(
        &self,
        strategy: &SharedStrategy,
        orders: &[Order],
        limit: Option<u64>,
        fixed: bool,
        enumerates: bool,
        stop: &dyn Fn() -> bool,
    ) -> Ended {
        let check = &self.check;
        let mut session = self.session(orders);
        let mut counts = Counts::default();
        let (mut found, mut diverged, mut outdated) = (None, None, false);
        explore(&self.program, &mut session, strategy, false, &mut |kernel| {
            if kernel.ending == Some(End::Restart) {
                check.progress.fetch_sub(counts.executions, Ordering::Relaxed);
                counts = Counts::default();
                found = None;
                outdated = fixed;
                return if fixed {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                };
            }
            // An execution that belongs to another part counts there.
            let elsewhere = !orders.is_empty() && (kernel.ending == Some(End::Redundant) || !owns(kernel, orders));
            if !elsewhere {
                counts.executions += 1;
                check.progress.fetch_add(1, Ordering::Relaxed);
            }
            match kernel.ending.as_ref() {
                Some(End::Diverged(why)) => {
                    let why = match kernel.panics.first() {
                        Some(first) => {
                            let task = kernel.task_name(first.task);
                            format!("{why}, after {task} has panicked: {}", first.message)
                        }
                        None => why.clone(),
                    };
                    diverged = Some(Diverged {
                        why,
                        log: without_gates(&kernel.log, orders),
                        numbering: Numbering::default(),
                    });
                    return ControlFlow::Break(());
                }
                _ if elsewhere => {}
                Some(End::Redundant) => counts.blocked += 1,
                // It happens all the same, so who asks for the first failure gets it.
                _ if strategy.borrow().is_useless() && (check.keep_going || !failed(kernel)) => counts.blocked += 1,
                Some(End::Unfair) if !failed(kernel) => {
                    counts.cut += 1;
                    if counts.unfair.is_none() {
                        counts.unfair = unfair(kernel);
                    }
                    if enumerates && counts.cut >= MOST_CUT {
                        return ControlFlow::Break(());
                    }
                }
                _ if failed(kernel) => {
                    counts.failing += 1;
                    if found.is_none() {
                        found = Some(Found {
                            log: without_gates(&kernel.log, orders),
                            end: kernel.ending.clone().unwrap_or(End::Complete),
                            interleaving: counts.executions,
                            finder: None,
                            numbering: Numbering::default(),
                        });
                    }
                    if !check.keep_going {
                        return ControlFlow::Break(());
                    }
                }
                _ => {
                    let outcome = kernel.outcome.take().unwrap_or_default();
                    *counts.outcomes.entry(outcome).or_default() += 1;
                }
            }
            if check.cancel.load(Ordering::Relaxed) {
                counts.interrupted = true;
                return ControlFlow::Break(());
            }
            if self.late() || limit.is_some_and(|l| counts.executions >= l) || stop() {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        });
        counts.complete = strategy.borrow().complete() && diverged.is_none();
        if let Some(found) = &mut found {
            found.numbering = session.numbering.clone();
        }
        if let Some(diverged) = &mut diverged {
            diverged.numbering = session.numbering.clone();
        }
        Ended {
            counts,
            found,
            diverged,
            tree: None,
            graphs: None,
            estimate: None,
            unsupported: None,
            numbering: session.numbering,
            outdated,
        }
    }

    /// Whether the time is up.
    pub(crate) fn late(&self) -> bool {
        self.check.max_time.is_some_and(|t| self.started.elapsed() >= t)
    }

    /// Explores the shares, in at most `limit` executions in all. What comes back is in their order, and
    /// ends with the first share that nothing after it is of interest for, or with the last one that was
    /// reached in time.
    pub(crate) fn explore_all(&self, shares: Vec<Share>, limit: Option<u64>) -> Vec<Ended> {
        let workers = self.check.workers.min(shares.len());
        let mut taken = Taken {
            ended: Vec::new(),
            executions: 0,
            limit,
            over: false,
        };
        if workers <= 1 {
            for share in shares {
                if taken.over || self.check.cancel.load(Ordering::Relaxed) || self.late() {
                    break;
                }
                let left = limit.map(|l| l - taken.executions);
                let ended = self.explore(share, left, &|| false);
                taken.push(ended, &self.check);
            }
            return taken.ended;
        }
        let shares = Arc::new(shares);
        // The shares before this one are of interest.
        let end = Arc::new(AtomicUsize::new(shares.len()));
        let next = Arc::new(AtomicUsize::new(0));
        let (send, receive) = channel();
        let on_abort = panics::abort_handler();
        for _ in 0..workers {
            let (common, shares) = (self.clone(), Arc::clone(&shares));
            let (end, next, send) = (Arc::clone(&end), Arc::clone(&next), send.clone());
            let on_abort = on_abort.clone();
            let name = std::thread::current().name().unwrap_or("selvedge").to_owned();
            let worker = std::thread::Builder::new().name(name).spawn(move || {
                if let Some(handler) = on_abort {
                    overflow::watch(handler);
                }
                loop {
                    // Ordering: Relaxed; the numbers stand for themselves, and results travel through the
                    // channel.
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    if at >= end.load(Ordering::Relaxed) {
                        break;
                    }
                    if common.check.cancel.load(Ordering::Relaxed) || common.late() {
                        break;
                    }
                    let unwanted = || at >= end.load(Ordering::Relaxed);
                    let ended = common.explore(shares[at].clone(), limit, &unwanted);
                    if ended.is_last(&common.check) {
                        end.fetch_min(at + 1, Ordering::Relaxed);
                    }
                    if send.send((at, ended)).is_err() {
                        break;
                    }
                }
            });
            if worker.is_err() {
                // Fewer workers find the same.
                break;
            }
        }
        drop(send);
        let mut waiting = std::collections::BTreeMap::new();
        for (at, ended) in receive {
            waiting.insert(at, ended);
            while let Some(ended) = waiting.remove(&taken.ended.len()) {
                if taken.over {
                    break;
                }
                let at = taken.ended.len();
                let left = limit.map(|l| l - taken.executions);
                let too_many = left.is_some_and(|l| ended.counts.executions > l);
                // Beyond the limit: once more, up to it.
                let ended = if too_many {
                    self.explore(shares[at].clone(), left, &|| false)
                } else {
                    ended
                };
                taken.push(ended, &self.check);
                if taken.over {
                    end.fetch_min(at + 1, Ordering::Relaxed);
                }
            }
        }
        taken.ended
    }
}

/// Who of a portfolio had its turn in an execution, and with which seed.
pub(crate) fn finder(seed: u64, execution: u64) -> (Requested, u64) {
    let (member, seed) = portfolio::member(seed, execution);
    let strategy = match member {
        Member::Pos => Requested::Pos,
        Member::Surw => Requested::Surw,
        Member::Pct { depth } => Requested::Pct { depth },
        Member::Random => Requested::Random,
        Member::Urw => Requested::Urw,
    };
    (strategy, seed)
}

/// The shares that have ended, in order.
struct Taken {
    ended: Vec<Ended>,
    executions: u64,
    limit: Option<u64>,
    over: bool,
}

impl Taken {
    fn push(&mut self, ended: Ended, check: &Options) {
        self.executions += ended.counts.executions;
        self.over |= ended.is_last(check) || self.limit.is_some_and(|l| self.executions >= l);
        self.ended.push(ended);
    }
}
