//! The exhaustive search against plain enumeration, on programs nobody chose.
//!
//! Enumeration visits every schedule; the distinct Mazurkiewicz traces among them are what the
//! reduction has to visit, each of them once and nothing else.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use super::divided;
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::dfs::Dfs;
use crate::explore::exhaustive::Exhaustive;
use crate::explore::graph::Graphs;
use crate::explore::trace_order::canonical;
use crate::kernel::{
    Access, End, Entry, Extra, Facts, FailureKind, MemoryModel, Numbering, ScheduleLimits, Strategy as Explore,
};
use crate::run::explain;
use crate::run::preemptions;
use crate::sync::atomic::{AtomicU32, Ordering::SeqCst};
use crate::sync::{Condvar, Mutex, RwLock, TryLockError, mpsc};
use crate::thread;
use crate::tokio::sync::Notify;
use crate::{Check, Report};

/// One operation of a generated task.
#[derive(Clone, Copy, Debug)]
enum Move {
    Load(usize),
    Store(usize, u32),
    Add(usize),
    Exchange(usize),
    Lock(usize),
    /// Two locks, nested, in this order: may deadlock.
    Nest(usize, usize),
    TryLock(usize),
    /// Holds a lock while the clock moves.
    Hold(usize),
    Park,
    ParkTimeout,
    Unpark(usize),
    Choose(usize),
    Sleep(u64),
    /// Waits until the variable is not zero: may never end.
    Spin(usize),
    /// Gives up after two tries.
    TrySpin(usize),
    /// Threads of a scope, which may be done before it ends.
    Scope(usize),
    Yield,
    /// A condition variable without a condition: may sleep for ever.
    Wait,
    WaitTimeout,
    NotifyOne,
    NotifyAll,
    Send(u32),
    Receive,
    TryReceive,
    /// tokio's `Notify`, as opaque operations.
    Notified,
    /// Created before the load, awaited only if the load says so.
    NotifiedUnless(usize),
    NotifyWaiters,
    NotifyOneWaiter,
    ReadLock,
    WriteLock,
    TryReadLock,
}

fn a_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        4 => (0..2_usize).prop_map(Move::Load),
        4 => (0..2_usize, 1..3_u32).prop_map(|(x, v)| Move::Store(x, v)),
        2 => (0..2_usize).prop_map(Move::Add),
        2 => (0..2_usize).prop_map(Move::Exchange),
        2 => (0..2_usize).prop_map(Move::Lock),
        1 => (0..2_usize).prop_map(|m| Move::Nest(m, 1 - m)),
        2 => (0..2_usize).prop_map(Move::TryLock),
        1 => (0..2_usize).prop_map(Move::Hold),
        1 => Just(Move::Park),
        1 => Just(Move::ParkTimeout),
        2 => (0..3_usize).prop_map(Move::Unpark),
        1 => (0..2_usize).prop_map(Move::Choose),
        1 => (0..3_u64).prop_map(Move::Sleep),
        1 => (0..2_usize).prop_map(Move::Spin),
        1 => (0..2_usize).prop_map(Move::TrySpin),
        1 => (0..2_usize).prop_map(Move::Scope),
        1 => Just(Move::Yield),
    ]
}

/// Moves whose operations block, wake and time out.
fn a_signal() -> impl Strategy<Value = Move> {
    prop_oneof![
        2 => Just(Move::Wait),
        1 => Just(Move::WaitTimeout),
        2 => Just(Move::NotifyOne),
        1 => Just(Move::NotifyAll),
        2 => (1..3_u32).prop_map(Move::Send),
        2 => Just(Move::Receive),
        1 => Just(Move::TryReceive),
        2 => Just(Move::Notified),
        1 => (0..2_usize).prop_map(Move::NotifiedUnless),
        2 => Just(Move::NotifyWaiters),
        1 => Just(Move::NotifyOneWaiter),
        1 => Just(Move::ReadLock),
        1 => Just(Move::WriteLock),
        1 => Just(Move::TryReadLock),
        1 => (0..2_usize, 1..3_u32).prop_map(|(x, v)| Move::Store(x, v)),
        1 => (0..2_usize).prop_map(Move::Load),
    ]
}

fn signalling_tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_signal(), 1..4), 2),
        prop::collection::vec(prop::collection::vec(a_signal(), 1..3), 3),
    ]
}

fn tasks() -> impl Strategy<Value = Vec<Vec<Move>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(a_move(), 1..5), 2),
        prop::collection::vec(prop::collection::vec(a_move(), 1..3), 3),
    ]
}

/// Everything a generated program works on.
struct World {
    variables: [AtomicU32; 2],
    locks: [Mutex<u32>; 2],
    condvar: Condvar,
    sender: mpsc::SyncSender<u32>,
    receiver: Mutex<mpsc::Receiver<u32>>,
    notify: Notify,
    shared: RwLock<u32>,
}

fn run_task(world: &World, moves: &[Move], threads: &std::sync::Mutex<Vec<thread::Thread>>) -> u32 {
    let mut seen = 0;
    for each in moves {
        let value = match *each {
            Move::Load(x) => world.variables[x].load(SeqCst),
            Move::Store(x, v) => {
                world.variables[x].store(v, SeqCst);
                0
            }
            Move::Add(x) => world.variables[x].fetch_add(1, SeqCst),
            Move::Exchange(x) => match world.variables[x].compare_exchange(0, 5, SeqCst, SeqCst) {
                Ok(_) => 100,
                Err(found) => found,
            },
            Move::Lock(m) => {
                let mut value = world.locks[m].lock().unwrap();
                *value += 1;
                *value
            }
            Move::Nest(a, b) => {
                let _outer = world.locks[a].lock().unwrap();
                let mut inner = world.locks[b].lock().unwrap();
                *inner += 10;
                *inner
            }
            Move::TryLock(m) => match world.locks[m].try_lock() {
                Ok(value) => *value,
                Err(TryLockError::WouldBlock) => 50,
                Err(TryLockError::Poisoned(_)) => 51,
            },
            Move::Hold(m) => {
                let mut value = world.locks[m].lock().unwrap();
                thread::sleep(Duration::from_millis(1));
                *value += 20;
                *value
            }
            Move::ParkTimeout => {
                thread::park_timeout(Duration::from_millis(1));
                0
            }
            Move::Park => {
                thread::park();
                0
            }
            Move::Unpark(t) => {
                let thread = threads.lock().unwrap().get(t).cloned();
                if let Some(thread) = thread {
                    thread.unpark();
                }
                0
            }
            Move::Choose(x) => {
                let arm = crate::choose(2) as u32;
                world.variables[x].store(7 + arm, SeqCst);
                arm
            }
            Move::Sleep(ms) => {
                thread::sleep(Duration::from_millis(ms));
                0
            }
            Move::Spin(x) => {
                while world.variables[x].load(SeqCst) == 0 {
                    crate::hint::spin_loop();
                }
                0
            }
            Move::TrySpin(x) => {
                let mut tries = 0;
                while tries < 2 && world.variables[x].load(SeqCst) == 0 {
                    crate::hint::spin_loop();
                    tries += 1;
                }
                tries
            }
            Move::Scope(x) => {
                let (mut loaded, mut free) = (0, false);
                thread::scope(|s| {
                    s.spawn(|| loaded = world.variables[x].load(SeqCst));
                    s.spawn(|| free = world.locks[0].try_lock().is_ok());
                });
                loaded + 40 * u32::from(free)
            }
            Move::Yield => {
                thread::yield_now();
                0
            }
            Move::Wait => {
                let value = world.condvar.wait(world.locks[0].lock().unwrap()).unwrap();
                *value
            }
            Move::WaitTimeout => {
                let guard = world.locks[0].lock().unwrap();
                let (value, result) = world.condvar.wait_timeout(guard, Duration::from_millis(1)).unwrap();
                *value + 30 * u32::from(result.timed_out())
            }
            Move::NotifyOne => {
                world.condvar.notify_one();
                0
            }
            Move::NotifyAll => {
                *world.locks[0].lock().unwrap() += 3;
                world.condvar.notify_all();
                0
            }
            Move::Send(value) => u32::from(world.sender.try_send(value).is_err()),
            Move::Receive => {
                let receiver = world.receiver.lock().unwrap();
                receiver.recv_timeout(Duration::from_millis(1)).unwrap_or(91)
            }
            Move::TryReceive => world.receiver.lock().unwrap().try_recv().unwrap_or(93),
            Move::Notified => {
                crate::future::block_on(world.notify.notified());
                0
            }
            Move::NotifiedUnless(x) => {
                let notified = world.notify.notified();
                let value = world.variables[x].load(SeqCst);
                if value == 0 {
                    crate::future::block_on(notified);
                }
                value
            }
            Move::NotifyWaiters => {
                world.notify.notify_waiters();
                0
            }
            Move::NotifyOneWaiter => {
                world.notify.notify_one();
                0
            }
            Move::ReadLock => *world.shared.read().unwrap(),
            Move::WriteLock => {
                *world.shared.write().unwrap() += 1;
                0
            }
            Move::TryReadLock => world.shared.try_read().map_or(70, |value| *value),
        };
        seen = seen * 3 + value;
    }
    seen
}

fn program(tasks: Vec<Vec<Move>>) -> Program {
    Arc::new(move || {
        let (sender, receiver) = mpsc::sync_channel(1);
        let world = Arc::new(World {
            variables: [AtomicU32::new(0), AtomicU32::new(0)],
            locks: [Mutex::new(0), Mutex::new(0)],
            condvar: Condvar::new(),
            sender,
            receiver: Mutex::new(receiver),
            notify: Notify::new(),
            shared: RwLock::new(0),
        });
        let threads = Arc::new(std::sync::Mutex::new(Vec::new()));
        let handles: Vec<_> = tasks
            .iter()
            .map(|moves| {
                let (world, moves, threads) = (Arc::clone(&world), moves.clone(), Arc::clone(&threads));
                thread::spawn(move || run_task(&world, &moves, &threads))
            })
            .collect();
        threads
            .lock()
            .unwrap()
            .extend(handles.iter().map(|h| h.thread().clone()));
        let seen: Vec<u32> = handles.into_iter().map(|h| h.join().unwrap()).collect();
        format!("{seen:?} {:?}", world.variables)
    })
}

/// What a search saw.
#[derive(Default, Debug)]
pub(super) struct Seen {
    /// How each trace ends.
    traces: BTreeMap<String, String>,
    /// The fewest preemptions of an order of each trace that fails.
    pub(super) fewest: BTreeMap<String, usize>,
    /// A trace that ends in two ways: its steps do not commute, after all.
    torn: Option<String>,
    executions: usize,
    blocked: usize,
    /// Some operation could do more than it announces.
    is_opaque: bool,
    /// Some operation was on an atomic, where loads may see other stores than the latest.
    has_atomics: bool,
    /// The numbers of tasks and objects in the traces, without what was learnt.
    numbering: Numbering,
    facts: Facts,
    pub(super) complete: bool,
    /// What executions end in that do not fail, and how the others do.
    pub(super) outcomes: BTreeSet<String>,
    pub(super) failures: BTreeSet<FailureKind>,
}

fn search(program: &Program, limits: &ScheduleLimits, strategy: Rc<RefCell<dyn Explore>>, cap: usize) -> Seen {
    search_with(Numbering::default(), program, limits, strategy, cap)
}

/// A search that gives tasks and objects these numbers, as far as they go.
pub(super) fn search_with(
    numbering: Numbering,
    program: &Program,
    limits: &ScheduleLimits,
    strategy: Rc<RefCell<dyn Explore>>,
    cap: usize,
) -> Seen {
    let mut seen = Seen::default();
    let mut session = Session {
        limits: limits.clone(),
        numbering,
        ..Session::default()
    };
    let weak = limits.memory_model == MemoryModel::Rust;
    session.numbering.facts.tests_locks = weak;
    session.numbering.facts.orders_weakly = weak;
    explore(program, &mut session, &strategy, false, &mut |kernel| {
        if kernel.ending == Some(End::Restart) {
            seen = Seen::default();
            return ControlFlow::Continue(());
        }
        seen.executions += 1;
        let is_opaque = |entry: &Entry| matches!(entry, Entry::Step(step) if step.extra != Extra::Nothing);
        seen.is_opaque |= kernel.log.iter().any(is_opaque);
        let is_atomic = |access: &Access| kernel.happens_before.is_atomic(access.object);
        let touches = |entry: &Entry| matches!(entry, Entry::Step(step) if step.accesses.iter().any(is_atomic));
        seen.has_atomics |= kernel.log.iter().any(touches);
        let useless = strategy.borrow().is_useless();
        seen.blocked += usize::from(useless || kernel.ending == Some(End::Redundant));
        if kernel.ending != Some(End::Redundant) {
            let trace = canonical(kernel);
            match explain(kernel) {
                Some((kind, _)) => {
                    seen.failures.insert(kind);
                    let fewest = seen.fewest.entry(trace.clone()).or_insert(usize::MAX);
                    *fewest = preemptions(&kernel.log).min(*fewest);
                }
                None => _ = seen.outcomes.insert(kernel.outcome.clone().unwrap_or_default()),
            }
            let end = format!(
                "{:?} {:?}",
                kernel.outcome,
                kernel.ending.as_ref().map(std::mem::discriminant)
            );
            let known = seen.traces.entry(trace.clone()).or_insert_with(|| end.clone());
            if *known != end {
                seen.torn = Some(format!("{known} or {end}: {trace}"));
            }
        }
        if seen.executions < cap {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    seen.complete = strategy.borrow().complete();
    seen.numbering = session.numbering;
    seen.facts = std::mem::take(&mut seen.numbering.facts);
    seen
}

pub(super) fn limits() -> ScheduleLimits {
    ScheduleLimits {
        max_steps: 200,
        horizon: 2,
        ..ScheduleLimits::default()
    }
}

/// Timers that fire early, in some of the programs.
pub(super) fn clocks() -> impl Strategy<Value = ScheduleLimits> {
    prop_oneof![3 => Just(0_u32), 1 => 1..3_u32].prop_map(|early_timers| ScheduleLimits {
        early_timers,
        ..limits()
    })
}

/// Every schedule of the program, if there are not more than so many.
pub(super) fn enumerate(program: &Program, limits: &ScheduleLimits, most: usize) -> Seen {
    search(program, limits, Rc::new(RefCell::new(Dfs::new(None))), most)
}

/// The reduction visits each trace that plain enumeration sees, once; so does a divided search.
pub(super) fn compare(program: &Program, limits: &ScheduleLimits) -> Result<(), TestCaseError> {
    let plain = enumerate(program, limits, 3_000);
    prop_assume!(plain.complete);
    compare_with(&plain, program, limits)
}

pub(super) fn compare_with(plain: &Seen, program: &Program, limits: &ScheduleLimits) -> Result<(), TestCaseError> {
    let (reduced, graphs) = compare_searches(plain, program, limits)?;
    if plain.facts.runs_foreign_futures && !reduced.facts.runs_foreign_futures {
        // In the one order that is left, code of other crates never waits, and so is no step. A check looks at some others.
        return Ok(());
    }
    prop_assert_eq!(&plain.torn, &None);
    let missed: Vec<_> = plain
        .traces
        .keys()
        .filter(|t| !reduced.traces.contains_key(*t))
        .collect();
    prop_assert!(
        missed.is_empty(),
        "missed {} of {}: {}",
        missed.len(),
        plain.traces.len(),
        missed[0]
    );
    let blocked = reduced.blocked;
    prop_assert_eq!(plain.traces.len(), reduced.executions - blocked, "{} blocked", blocked);
    if let Some(graphs) = graphs.filter(|graphs| !graphs.has_atomics) {
        compare_numbers(&graphs, program, limits)?;
    }
    // What an operation of other code wakes nobody can announce: a race may be reversed in which it wakes nobody then, and then
    // there is nothing to be seen. Otherwise nothing is blocked.
    prop_assert!(blocked == 0 || reduced.is_opaque, "{} blocked", blocked);
    in_parts(program, limits, plain.traces.len() as u64, reduced.is_opaque)
}

/// The reduction sees every end that plain enumeration sees.
pub(super) fn compare_ends(plain: &Seen, program: &Program, limits: &ScheduleLimits) -> Result<(), TestCaseError> {
    compare_searches(plain, program, limits).map(|_| ())
}

/// [`compare_ends`]: what the reduction has seen, and the search of execution graphs, if it has come to its end.
fn compare_searches(
    plain: &Seen,
    program: &Program,
    limits: &ScheduleLimits,
) -> Result<(Seen, Option<Seen>), TestCaseError> {
    let strategy = Rc::new(RefCell::new(Exhaustive::new()));
    // Some objects are numbered by who comes first.
    let reduced = search_with(plain.numbering.clone(), program, limits, strategy, 8_000);
    let ends = |seen: &Seen| seen.traces.values().cloned().collect::<BTreeSet<_>>();
    let difference: Vec<_> = ends(plain).symmetric_difference(&ends(&reduced)).cloned().collect();
    prop_assert!(difference.is_empty(), "not seen by both: {difference:?}");
    prop_assert_eq!(&plain.outcomes, &reduced.outcomes);
    prop_assert_eq!(&plain.failures, &reduced.failures);
    let graphs = compare_graphs(plain, program, limits)?;
    Ok((reduced, graphs))
}

/// The execution graphs of Rust's memory model end as the interleavings do, and where some end otherwise, as those with all ways
/// of each load.
fn compare_graphs(plain: &Seen, program: &Program, limits: &ScheduleLimits) -> Result<Option<Seen>, TestCaseError> {
    let limits = ScheduleLimits {
        memory_model: MemoryModel::Rust,
        ..limits.clone()
    };
    let mut numbering = Numbering::default();
    numbering.facts.looks_at_one = true;
    let strategy = Rc::new(RefCell::new(Graphs::new()));
    let seen = search_with(numbering, program, &limits, strategy, 8_000);
    if !seen.complete {
        return Ok(None);
    }
    if divided::is_sampled(seen.executions as u64) {
        divided::compare(program, &limits, seen.executions as u64)?;
    }
    prop_assert!(
        plain.outcomes.is_subset(&seen.outcomes),
        "graphs: {:?}, {:?}",
        plain.outcomes,
        seen.outcomes
    );
    prop_assert!(
        plain.failures.is_subset(&seen.failures),
        "graphs: {:?}, {:?}",
        plain.failures,
        seen.failures
    );
    if plain.outcomes != seen.outcomes || plain.failures != seen.failures {
        // An ordering is weaker, or a yield or an attempt that failed orders less than it seems to.
        let ways = search(program, &limits, Rc::new(RefCell::new(Dfs::new(None))), 60_000);
        if !ways.complete {
            return Ok(None);
        }
        prop_assert_eq!(&ways.outcomes, &seen.outcomes, "graphs");
        prop_assert_eq!(&ways.failures, &seen.failures, "graphs");
    }
    Ok(Some(seen))
}

/// Where there is no atomic the execution graphs are the interleavings.
fn compare_numbers(graphs: &Seen, program: &Program, limits: &ScheduleLimits) -> Result<(), TestCaseError> {
    let mut numbering = graphs.numbering.clone();
    numbering.facts.looks_at_one = true;
    numbering.facts.tests_locks = true;
    let strategy = Rc::new(RefCell::new(Exhaustive::new()));
    let all = search_with(numbering, program, limits, strategy, 8_000);
    let facts = |seen: &Seen| Facts {
        orders_weakly: false,
        ..seen.facts
    };
    if all.complete && facts(&all) == facts(graphs) {
        prop_assert_eq!(
            graphs.executions - graphs.blocked,
            all.executions - all.blocked,
            "graphs"
        );
    }
    Ok(())
}

/// The search, stopped by a limit two times and taken up again.
fn in_pieces(check: &Check, program: &Program, traces: u64) -> Report {
    let mut report = check
        .clone()
        .max_executions(traces / 3 + 1)
        .run_program(Arc::clone(program));
    for limit in [traces * 2 / 3 + 1, traces * 2 + 1] {
        if let Some(state) = report.state.take() {
            let saved = serde_json::to_string(&state).expect("a state can be written");
            let state = serde_json::from_str(&saved).expect("what was written can be read");
            let rest = check.clone().max_executions(limit).resume(state);
            report = rest.run_program(Arc::clone(program));
        }
    }
    report
}

/// A check as it is for who uses it, with these limits.
pub(super) fn check_within(limits: &ScheduleLimits) -> Check {
    Check::new("crosscheck")
        .memory_model(limits.memory_model)
        .max_steps(limits.max_steps)
        .horizon(limits.horizon)
        .spurious_wakeups(limits.spurious_wakeups)
        .spurious_polls(limits.spurious_polls)
        .early_timers(limits.early_timers)
        .fresh_wakers(limits.fresh_wakers)
        .unmarked_yields(limits.unmarked_yields)
}

/// However the search is divided, and by whomever it is explored, it is the same search.
fn in_parts(program: &Program, limits: &ScheduleLimits, traces: u64, is_opaque: bool) -> Result<(), TestCaseError> {
    let check = |workers: usize| {
        check_within(limits)
            .strategy(crate::Strategy::Exhaustive)
            .keep_going(true)
            .workers(workers)
    };
    let run = |parts: usize, shard: Option<(u32, u32)>, workers: usize| {
        let mut check = check(workers);
        check.options.parts = parts;
        check.options.shard = shard;
        check.run_program(Arc::clone(program))
    };
    let told = |report: &Report| {
        let failure = report.failure.as_ref().map(|f| (f.interleaving, f.to_string()));
        (
            report.executions,
            report.failing_executions,
            report.outcomes.clone(),
            failure,
        )
    };
    let seen = |report: &Report| report.executions - report.blocked_executions;
    let whole = run(1, None, 1);
    prop_assert_eq!(seen(&whole), traces);
    prop_assert!(whole.blocked_executions == 0 || is_opaque);
    let again = in_pieces(&check(1), program, traces);
    let counted = |report: &Report| (seen(report), report.failing_executions, report.outcomes.clone());
    prop_assert_eq!(counted(&again), counted(&whole));
    prop_assert_eq!(again.complete, whole.complete);
    for parts in [2, 16] {
        let one = run(parts, Some((1, 1)), 1);
        prop_assert_eq!(seen(&one), traces);
        prop_assert!(one.blocked_executions == 0 || is_opaque);
        prop_assert_eq!(one.complete, whole.complete);
        prop_assert_eq!(&one.outcomes, &whole.outcomes);
        prop_assert_eq!(one.failing_executions, whole.failing_executions);
        let two = run(parts, Some((1, 1)), 2);
        prop_assert_eq!(told(&one), told(&two));
        let shards: Vec<Report> = (1..=2).map(|index| run(parts, Some((index, 2)), 1)).collect();
        prop_assert_eq!(shards.iter().map(seen).sum::<u64>(), traces);
        prop_assert_eq!(
            shards.iter().map(|s| s.failing_executions).sum::<u64>(),
            whole.failing_executions
        );
        prop_assert!(shards.iter().all(|s| !s.complete));
        let mut joined = BTreeMap::new();
        for (outcome, n) in shards.iter().flat_map(|s| &s.outcomes) {
            *joined.entry(outcome.clone()).or_default() += n;
        }
        prop_assert_eq!(&joined, &whole.outcomes);
    }
    Ok(())
}

/// The same programs on every machine: a CI should be asked to look for something new, not surprised by it. Who looks for
/// something new sets `SELVEDGE_CROSSCHECK_CASES` to a number of programs, and `SELVEDGE_CROSSCHECK_SEED`.
pub(super) fn config(cases: u32) -> ProptestConfig {
    let number = |name: &str| std::env::var(name).ok()?.parse::<u64>().ok();
    let cases = number("SELVEDGE_CROSSCHECK_CASES").map_or(cases, |cases| cases as u32);
    ProptestConfig {
        cases,
        max_global_rejects: cases.saturating_mul(20),
        max_shrink_iters: 400,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(number("SELVEDGE_CROSSCHECK_SEED").unwrap_or(0x005e_17ed_9e00)),
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_program_once(tasks in tasks(), limits in clocks()) {
        compare(&program(tasks), &limits)?;
    }

    #[test]
    fn the_reduction_visits_every_trace_of_a_random_signalling_program_once(
        tasks in signalling_tasks(),
        limits in clocks(),
    ) {
        compare(&program(tasks), &limits)?;
    }
}

/// Tasks that add to variables and look at them: `(variable, adds)`. There are enough variables for tasks that meet in a
/// ring, where each commutes with most of the others.
fn meet(tasks: Vec<Vec<(usize, bool)>>) -> Program {
    Arc::new(move || {
        let variables: Arc<[AtomicU32; 4]> = Arc::default();
        let handles: Vec<_> = (tasks.iter().cloned())
            .map(|accesses| {
                let variables = Arc::clone(&variables);
                thread::spawn(move || {
                    let access = |(x, adds): (usize, bool)| match adds {
                        true => variables[x].fetch_add(1, SeqCst),
                        false => variables[x].load(SeqCst),
                    };
                    accesses.into_iter().map(access).collect::<Vec<_>>()
                })
            })
            .collect();
        let seen: Vec<_> = handles.into_iter().map(|h| h.join().unwrap()).collect();
        format!("{seen:?}")
    })
}

/// A task that sleeps commutes with all that comes before the later step of a race, and not with what comes after it.
#[test]
fn who_sleeps_beside_a_race_is_woken_behind_it() {
    let tasks = [
        vec![(1, true)],
        vec![(2, false), (2, false)],
        vec![(0, true), (1, true)],
        vec![(2, true), (0, true)],
    ];
    // In every order.
    for order in 0..24 {
        let mut left = tasks.to_vec();
        let ordered = (1..=4)
            .rev()
            .map(|n| left.remove(order / [1, 1, 2, 6][n - 1] % n))
            .collect();
        compare(&meet(ordered), &limits()).unwrap();
    }
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn the_reduction_visits_every_trace_of_tasks_that_meet_in_many_places_once(
        tasks in prop::collection::vec(prop::collection::vec((0..4_usize, prop::bool::weighted(0.7)), 1..3), 3..5),
    ) {
        compare(&meet(tasks), &limits())?;
    }
}
