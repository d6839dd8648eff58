//! A search of execution graphs that is divided, over workers, over shards, over time, against the same search in one piece.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::rc::Rc;
use std::sync::Arc;

use proptest::prelude::*;
use rand::{RngCore, SeedableRng};
use rand_pcg::Pcg64Mcg;

use super::threads::check_within;
use crate::engine::controlled::{Session, explore};
use crate::engine::current::Program;
use crate::explore::graph::{Frontier, Graphs, Next};
use crate::kernel::{End, ScheduleLimits, Strategy as Explore};
use crate::sync::atomic::{
    AtomicU32,
    Ordering::{Relaxed, SeqCst},
};
use crate::sync::{Condvar, Mutex};
use crate::{Check, MemoryModel, Report, SearchState, Strategy, thread};

/// The program, with an ordering that is weaker than `SeqCst` and does nothing.
fn weakened(program: &Program) -> Program {
    let program = Arc::clone(program);
    Arc::new(move || {
        thread::spawn(|| ()).join().unwrap();
        AtomicU32::new(0).load(Relaxed);
        program()
    })
}

/// What has been counted.
type Counted = (u64, u64, u64, BTreeMap<String, u64>);

fn counted(report: &Report) -> Counted {
    (
        report.executions,
        report.blocked_executions,
        report.failing_executions,
        report.outcomes.clone(),
    )
}

fn added(reports: &[Report]) -> Counted {
    let mut all = Counted::default();
    for report in reports {
        let (executions, blocked, failing, outcomes) = counted(report);
        all = (all.0 + executions, all.1 + blocked, all.2 + failing, all.3);
        for (outcome, n) in outcomes {
            *all.3.entry(outcome).or_default() += n;
        }
    }
    all
}

/// The search, stopped after at most so many executions again and again, and gone on with from what a file would hold.
fn in_pieces(check: &Check, program: &Program, most: u64, random: &mut Pcg64Mcg) -> Report {
    let mut next = || 1 + random.next_u64() % most;
    let mut report = check.clone().max_executions(next()).run_program(Arc::clone(program));
    while let Some(state) = report.state.take() {
        let saved = serde_json::to_string(&state).expect("a state can be written");
        let state: SearchState = serde_json::from_str(&saved).expect("what was written can be read");
        let rest = check.clone().max_executions(next()).resume(state);
        report = rest.run_program(Arc::clone(program));
    }
    report
}

/// Executions of a search that is compared, at most.
const MOST: u64 = 2_000;

/// Whether a program whose search takes so many executions is one of those that are compared: all, where somebody asks for more
/// programs than usual, and otherwise some.
pub(super) fn is_sampled(executions: u64) -> bool {
    std::env::var_os("SELVEDGE_CROSSCHECK_CASES").is_some() || executions % 32 == 5
}

/// However a search of execution graphs is divided, and by whomever it is explored, it is the same search. Whether it was one
/// that could be done.
pub(super) fn compare(program: &Program, limits: &ScheduleLimits, seed: u64) -> Result<bool, TestCaseError> {
    let program = weakened(program);
    let check = || {
        check_within(limits)
            .strategy(Strategy::Exhaustive)
            .memory_model(MemoryModel::Rust)
            .keep_going(true)
    };
    let whole = check().max_executions(MOST).run_program(Arc::clone(&program));
    if whole.error.is_some() || !whole.complete {
        return Ok(false);
    }
    prop_assert_eq!(whole.memory_model, MemoryModel::Rust);
    let part = |strategy: Strategy, parts: usize, (index, of): (u32, u32), workers: usize| {
        let mut check = check().strategy(strategy).workers(workers).shard(index, of);
        check.options.parts = parts;
        check.max_executions(2 * MOST * u64::from(of))
    };
    let run = |strategy: Strategy, parts: usize, shard: (u32, u32), workers: usize| {
        part(strategy, parts, shard, workers).run_program(Arc::clone(&program))
    };
    let told = |report: &Report| {
        let failure = report.failure.as_ref().map(|f| (f.interleaving, f.to_string()));
        (counted(report), report.complete, report.basis.clone(), failure)
    };
    let mut random = Pcg64Mcg::seed_from_u64(seed);
    let again = in_pieces(&check(), &program, 1 + whole.executions / 2, &mut random);
    prop_assert_eq!(counted(&again), counted(&whole), "in pieces");
    prop_assert!(again.complete);
    let divided = part(Strategy::Exhaustive, 3, (1, 1), 2);
    let again = in_pieces(&divided, &program, 1 + whole.executions / 16, &mut random);
    prop_assert_eq!(counted(&again), counted(&whole), "in pieces of parts");
    for strategy in [Strategy::Exhaustive, Strategy::Graphs] {
        let parts = 1 + (random.next_u64() % 16) as usize;
        let one = run(strategy.clone(), parts, (1, 1), 1);
        let two = run(strategy.clone(), parts, (1, 1), 2);
        prop_assert_eq!(told(&one), told(&two), "{:?}, {} parts", &strategy, parts);
        prop_assert_eq!(counted(&one), counted(&whole), "{:?}, {} parts", &strategy, parts);
        prop_assert!(one.complete);
        for of in [2, 3] {
            let shards: Vec<Report> = (1..=of)
                .map(|index| run(strategy.clone(), parts, (index, of), 1))
                .collect();
            let division = |s: &Report| s.shard.as_ref().and_then(|s| s.division.clone());
            prop_assert!(division(&shards[0]).is_some());
            // Where one has learnt more than another, nobody takes them for one search.
            if shards.iter().all(|s| division(s) == division(&shards[0])) {
                prop_assert_eq!(
                    added(&shards),
                    counted(&whole),
                    "{:?}, {} parts, {} shards",
                    &strategy,
                    parts,
                    of
                );
                prop_assert!(shards.iter().all(|s| s.shard.as_ref().is_some_and(|s| s.complete)));
            }
        }
    }
    Ok(true)
}

/// How many executions there are, and as many estimates of that as were asked for.
pub(super) fn estimates(program: &Program, number: u64) -> (f64, Vec<f64>) {
    let search = |next: Next| {
        let mut session = Session {
            limits: ScheduleLimits {
                memory_model: MemoryModel::Rust,
                ..super::threads::limits()
            },
            ..Session::default()
        };
        session.numbering.facts.tests_locks = true;
        session.numbering.facts.orders_weakly = true;
        session.numbering.facts.looks_at_one = true;
        let graphs = Rc::new(RefCell::new(Graphs::of(Frontier::whole(Vec::new()), next)));
        let strategy: Rc<RefCell<dyn Explore>> = graphs.clone();
        let mut executions = 0;
        explore(program, &mut session, &strategy, false, &mut |kernel| {
            executions = if kernel.ending == Some(End::Restart) {
                0
            } else {
                executions + 1
            };
            ControlFlow::Continue(())
        });
        let estimate = graphs.borrow().estimate();
        (executions, estimate)
    };
    let estimate = |seed| search(Next::Descents { seed, executions: 100 }).1;
    (
        f64::from(search(Next::Last).0),
        (0..number).filter_map(estimate).collect(),
    )
}

/// Tasks that spawn others only where a load is stale, so that no interleaving shows them beforehand, and parts that are explored
/// apart meet them in other orders. What these share is made then, too.
fn branching() -> Vec<u32> {
    let shared = Arc::new([(); 3].map(|()| AtomicU32::new(0)));
    let readers: Vec<_> = (0..3)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let (ready, data) = (shared[1].load(Relaxed), shared[0].load(Relaxed));
                if (ready, data) != (1, 0) {
                    return 10 * ready + data;
                }
                let own = Arc::new(AtomicU32::new(0));
                let child = thread::spawn({
                    let (shared, own) = (Arc::clone(&shared), Arc::clone(&own));
                    move || {
                        own.store(1, Relaxed);
                        shared[2].fetch_add(1, Relaxed)
                    }
                });
                100 + own.load(Relaxed) + 10 * child.join().unwrap()
            })
        })
        .collect();
    shared[0].store(1, Relaxed);
    shared[1].store(1, Relaxed);
    readers.into_iter().map(|t| t.join().unwrap()).collect()
}

#[test]
fn tasks_that_only_some_graphs_have_are_the_same_in_all_parts() {
    let program: Program = Arc::new(|| format!("{:?}", branching()));
    for seed in 0..2 {
        assert!(compare(&program, &super::threads::limits(), seed).unwrap());
    }
}

/// One of the tasks waits for a signal, and only if it comes last: nobody knows from the start that the lock and the queue of those
/// who wait are used together.
fn late_wait() -> Vec<u32> {
    let shared = Arc::new((AtomicU32::new(0), Mutex::new(false), Condvar::new()));
    let tasks: Vec<_> = (0..4)
        .map(|i| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let found = shared.0.fetch_add(1, Relaxed);
                if (i, found) == (0, 3) {
                    let mut ready = shared.1.lock().unwrap();
                    while !*ready {
                        ready = shared.2.wait(ready).unwrap();
                    }
                }
                found
            })
        })
        .collect();
    *shared.1.lock().unwrap() = true;
    shared.2.notify_one();
    tasks.into_iter().map(|t| t.join().unwrap()).collect()
}

#[test]
fn what_is_learnt_late_is_known_in_all_parts() {
    let program: Program = Arc::new(|| format!("{:?}", late_wait()));
    for seed in 0..2 {
        assert!(compare(&program, &super::threads::limits(), seed).unwrap());
    }
}

/// Each task adds one to what the one behind it has left, or has not left yet. Who looks at a cell of another one does it at once, and
/// who fills it has one of very many pasts. 2^(n - 1) traces.
fn one_more_each(n: usize) -> Vec<u32> {
    let cells: Arc<Vec<AtomicU32>> = Arc::new((0..=n).map(|_| AtomicU32::new(0)).collect());
    let tasks: Vec<_> = (1..=n)
        .map(|i| {
            let cells = Arc::clone(&cells);
            thread::spawn(move || {
                let left = cells[i].load(SeqCst);
                cells[i - 1].store(left + 1, SeqCst);
                left
            })
        })
        .collect();
    tasks.into_iter().map(|t| t.join().unwrap()).collect()
}

/// A sample shows few of the pasts with which tasks come to an object, and in each part others are met first.
#[test]
fn every_execution_is_in_one_part_whatever_pasts_the_sample_has_shown() {
    let whole = Check::new("").strategy(Strategy::Exhaustive).run(|| one_more_each(10));
    assert_eq!((whole.complete, whole.executions), (true, 512));
    for (seed, parts) in [(0, 2), (1, 64)] {
        let shard = |index| {
            let check = Check::new("").strategy(Strategy::Exhaustive).seed(seed);
            let mut check = check.shard(index, 3);
            check.options.parts = parts;
            check.run(|| one_more_each(10))
        };
        let shards: Vec<Report> = (1..=3).map(shard).collect();
        let (executions, _, failing, outcomes) = added(&shards);
        let (all, _, _, of_all) = counted(&whole);
        assert_eq!(
            (executions, failing, outcomes),
            (all, 0, of_all),
            "{parts} parts, seed {seed}"
        );
    }
}
