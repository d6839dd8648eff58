//! Random programs over channels: what the searches see, and what real threads show with the crate `crossbeam`.

mod crossbeam;

use std::cell::Cell;
use std::collections::BTreeSet;

use crate::crossbeam::{End, How, Op, Program, ours, programs, theirs};
use proptest::prelude::*;
use proptest::strategy::Strategy as _;
use proptest::test_runner::RngSeed;
use selvedge::{Check, FailureKind, MemoryModel, Report, Strategy, thread};

const MOST: u64 = 1_000;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    }
}

fn run(program: &Program) -> Vec<Vec<i64>> {
    let mut ends = ours::open(program).into_iter();
    let first = ends.next().expect("there is a task");
    let others: Vec<_> = (ends.zip(&program.tasks[1..]).enumerate())
        .map(|(at, (ends, ops))| {
            let ops = ops.clone();
            thread::spawn(move || ends.run(at + 1, &ops))
        })
        .collect();
    let mut seen = vec![first.run(0, &program.tasks[0])];
    seen.extend(others.into_iter().map(|other| other.join().unwrap()));
    seen
}

fn explore(program: &Program, strategy: Strategy, early_timers: u32) -> Report {
    let model = match strategy {
        Strategy::Graphs => MemoryModel::Rust,
        _ => MemoryModel::SequentiallyConsistent,
    };
    let program = program.clone();
    let check = Check::new("agrees")
        .strategy(strategy)
        .memory_model(model)
        .keep_going(true);
    check
        .early_timers(early_timers)
        .cause(false)
        .max_executions(MOST)
        .run(move || run(&program))
}

fn outcomes(report: &Report) -> BTreeSet<&str> {
    report.outcomes.keys().map(String::as_str).collect()
}

/// Whether plain enumeration and the others come to the same.
fn agree(program: &Program, others: &[Strategy], early: u32) -> Result<bool, TestCaseError> {
    let plain = explore(program, Strategy::Dfs, early);
    if plain.executions >= MOST {
        return Ok(false);
    }
    for other in others {
        let other = explore(program, other.clone(), early);
        prop_assert!(other.executions < MOST, "{program:?}\n{plain}\n{other}");
        prop_assert_eq!(
            outcomes(&plain),
            outcomes(&other),
            "{:?}\n{}\n{}",
            program,
            plain,
            other
        );
        let kinds = [&plain, &other].map(|report| report.failure.as_ref().map(|failure| failure.kind));
        prop_assert_eq!(kinds[0], kinds[1], "{:?}\n{}\n{}", program, plain, other);
        if let Some(failure) = &other.failure {
            prop_assert_eq!(failure.kind, FailureKind::Deadlock, "{:?}\n{}", program, other);
            let again = program.clone();
            let replayed = Check::new("agrees")
                .cause(false)
                .strategy(Strategy::Replay(failure.schedule.clone()))
                .run(move || run(&again));
            let kind = replayed.failure.map(|failure| failure.kind);
            prop_assert_eq!(kind, Some(failure.kind), "{:?}", program);
        }
    }
    Ok(true)
}

/// How many of them are small enough to be enumerated.
fn all_agree(
    cases: u32,
    programs: impl proptest::strategy::Strategy<Value = Program>,
    others: &[Strategy],
    early: u32,
) -> u32 {
    let judged = Cell::new(0);
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let result = runner.run(&programs, |program| {
        judged.set(judged.get() + u32::from(agree(&program, others, early)?));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    judged.get()
}

#[test]
fn the_reduction_sees_what_plain_enumeration_does() {
    let judged = all_agree(200, programs(3, 2, false), &[Strategy::Exhaustive], 0);
    assert!(judged > 120, "{judged}");
}

#[test]
fn so_it_does_where_time_passes() {
    let judged = all_agree(100, programs(3, 2, true), &[Strategy::Exhaustive], 0);
    assert!(judged > 60, "{judged}");
}

#[test]
fn so_it_does_where_timers_may_fire_early() {
    let judged = all_agree(60, programs(2, 1, true), &[Strategy::Exhaustive], 1);
    assert!(judged > 30, "{judged}");
}

#[test]
fn so_does_the_search_of_graphs() {
    let judged = all_agree(60, programs(2, 1, false), &[Strategy::Graphs], 0);
    assert!(judged > 30, "{judged}");
}

/// Without what the documentation says differs: the crate looks at one channel after the other, and here a look is at all of them, so where
/// that can be told only one of them is left; and the crate counts messages for a moment that no receiver is left for.
fn comparable(mut program: Program) -> Program {
    for task in &mut program.tasks {
        task.retain(|op| !matches!(op, Op::Len(End::Send(_))));
    }
    for op in program.tasks.iter_mut().flatten() {
        match op {
            Op::Select { ends, how, biased } if *biased || *how == How::Tries => ends.truncate(1),
            Op::Ready(ends, How::Tries) => ends.truncate(1),
            _ => {}
        }
    }
    program
}

/// What real threads show with the crate `crossbeam`, and with ours outside of a check.
#[test]
fn real_threads_show_nothing_else() {
    fn on_threads<E: Send>(
        program: &Program,
        open: impl Fn(&Program) -> Vec<E>,
        run: impl Fn(E, usize) -> Vec<i64> + Sync,
    ) -> Vec<Vec<i64>> {
        let barrier = std::sync::Barrier::new(program.tasks.len());
        std::thread::scope(|scope| {
            let (barrier, run) = (&barrier, &run);
            let tasks: Vec<_> = (open(program).into_iter().enumerate())
                .map(|(me, ends)| {
                    scope.spawn(move || {
                        barrier.wait();
                        run(ends, me)
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap()).collect()
        })
    }
    let mut runner = proptest::test_runner::TestRunner::new(config(150));
    let (several, shown) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&programs(3, 2, false).prop_map(comparable), |program| {
        let report = explore(&program, Strategy::Exhaustive, 0);
        if report.executions >= MOST || report.failure.is_some() {
            return Ok(());
        }
        let mut real = BTreeSet::new();
        for _ in 0..10 {
            real.insert(on_threads(&program, theirs::open, |ends: theirs::Ends, me| {
                ends.run(me, &program.tasks[me])
            }));
            real.insert(on_threads(&program, ours::open, |ends: ours::Ends, me| {
                ends.run(me, &program.tasks[me])
            }));
        }
        let expected = outcomes(&report);
        for seen in &real {
            let seen = format!("{seen:?}");
            prop_assert!(expected.contains(&*seen), "{program:?}\n{seen}\n{report}");
        }
        several.set(several.get() + u32::from(real.len() > 1));
        shown.set(shown.get() + 1);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        shown.get() > 40 && several.get() > 5,
        "{} {}",
        shown.get(),
        several.get()
    );
}
