//! Random and all small programs over an upgradable lock: what the searches see, what a model of the lock can do, and what real threads
//! show with the crate `parking_lot`.

mod upgrade;

use std::cell::Cell;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use selvedge::parking_lot::RwLock;
use selvedge::sync::Arc;
use selvedge::{Check, FailureKind, MemoryModel, Strategy, thread};
use upgrade::model::{End, ends};
use upgrade::{How, Kind, Op, an_op, ours, theirs};

/// What this crate sees of such programs, and what the model does.
fn agree(programs: &[Vec<Op>], strategies: &[Strategy]) -> Result<(), TestCaseError> {
    const MOST: u64 = 30_000;
    let expected = ends(programs);
    for strategy in strategies {
        let programs = programs.to_vec();
        let model = match strategy {
            Strategy::Graphs => MemoryModel::Rust,
            _ => MemoryModel::SequentiallyConsistent,
        };
        let check = Check::new("agrees").strategy(strategy.clone()).memory_model(model);
        let check = check.keep_going(true).cause(false);
        let report = check.max_executions(MOST).run(move || run(&programs));
        if report.executions >= MOST {
            continue;
        }
        let seen: BTreeSet<String> = report
            .outcomes
            .keys()
            .filter(|seen| seen.starts_with('['))
            .cloned()
            .collect();
        let fits: BTreeSet<String> = expected.iter().flatten().map(|seen| format!("{seen:?}")).collect();
        prop_assert_eq!(&seen, &fits, "{:?}\n{}", strategy, report);
        let deadlock = report.failure.as_ref().map(|failure| failure.kind);
        let expects = expected.contains(&None).then_some(FailureKind::Deadlock);
        prop_assert_eq!(deadlock, expects, "{:?}\n{}", strategy, report);
    }
    Ok(())
}

fn run(programs: &[Vec<Op>]) -> Vec<u64> {
    let lock = Arc::new(RwLock::new(0));
    let others: Vec<_> = (programs.iter().enumerate().skip(1))
        .map(|(me, ops)| {
            let (lock, ops) = (Arc::clone(&lock), ops.clone());
            thread::spawn(move || ours::run(&lock, me as u64, &ops))
        })
        .collect();
    let mut seen = vec![ours::run(&lock, 0, &programs[0])];
    seen.extend(others.into_iter().map(|other| other.join().unwrap()));
    seen
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..ProptestConfig::default()
    }
}

fn programs(times: u32) -> impl proptest::strategy::Strategy<Value = Vec<Vec<Op>>> {
    prop_oneof![
        prop::collection::vec(prop::collection::vec(an_op(times), 1..=6), 2),
        prop::collection::vec(prop::collection::vec(an_op(times), 1..=3), 3),
    ]
}

proptest! {
    #![proptest_config(config(400))]

    #[test]
    fn the_reduction_sees_what_the_lock_of_parking_lot_can_do(programs in programs(2)) {
        agree(&programs, &[Strategy::Exhaustive])?;
    }
}

proptest! {
    #![proptest_config(config(60))]

    #[test]
    fn so_does_plain_enumeration(programs in programs(1)) {
        agree(&programs, &[Strategy::Dfs])?;
    }

    #[test]
    fn so_does_the_search_of_graphs(programs in programs(0)) {
        agree(&programs, &[Strategy::Graphs])?;
    }
}

/// All that three tasks can do with one operation each, of those that begin with a free lock, and its consequence.
#[test]
fn all_small_programs_do_what_the_lock_of_parking_lot_can_do() {
    use How::{Tries, Waits};
    use Kind::{Read, Write};
    let begins: Vec<Vec<Op>> = vec![
        vec![Op::Take(Read, Waits)],
        vec![Op::Take(Read, Waits), Op::Take(Read, Waits)],
        vec![Op::Take(Read, Tries), Op::Take(Kind::Upgradable, Tries)],
        vec![Op::Take(Kind::Upgradable, Waits), Op::Upgrade(Waits)],
        vec![Op::Take(Kind::Upgradable, Waits), Op::Upgrade(Tries)],
        vec![Op::Take(Kind::Upgradable, Tries), Op::Downgrade],
        vec![Op::Take(Kind::Upgradable, Waits), Op::Take(Read, Waits)],
        vec![Op::Take(Write, Waits), Op::Lower],
        vec![Op::Take(Write, Waits), Op::Downgrade],
        vec![Op::Take(Write, Tries)],
        vec![Op::Take(Write, How::For(1))],
        vec![Op::Take(Kind::Upgradable, Waits), Op::Upgrade(How::For(1))],
        vec![Op::Look(true), Op::Look(false)],
    ];
    for (at, one) in begins.iter().enumerate() {
        for (next, two) in begins.iter().enumerate().skip(at) {
            for three in &begins[next..] {
                let programs = [one.clone(), two.clone(), three.clone()];
                agree(&programs, &[Strategy::Exhaustive]).unwrap_or_else(|e| panic!("{programs:?}: {e}"));
            }
        }
    }
}

/// What real threads show with the types of the crate `parking_lot`, and with ours outside of a check.
#[test]
fn real_threads_show_nothing_else() {
    fn on_threads(programs: &[Vec<Op>], run: impl Fn(u64, &[Op]) -> u64 + Sync) -> Vec<u64> {
        let barrier = std::sync::Barrier::new(programs.len());
        std::thread::scope(|scope| {
            let (barrier, run) = (&barrier, &run);
            let tasks: Vec<_> = (programs.iter().enumerate())
                .map(|(me, ops)| {
                    scope.spawn(move || {
                        barrier.wait();
                        run(me as u64, ops)
                    })
                })
                .collect();
            tasks.into_iter().map(|task| task.join().unwrap()).collect()
        })
    }
    let mut runner = proptest::test_runner::TestRunner::new(config(60));
    let (several, shown) = (Cell::new(0), Cell::new(0));
    let result = runner.run(&programs(0), |programs| {
        let fits: BTreeSet<End> = ends(&programs);
        // Nobody ends what waits for ever.
        prop_assume!(!fits.contains(&None));
        let mut seen = BTreeSet::new();
        for _ in 0..40 {
            let lock = parking_lot::RwLock::new(0);
            let theirs = on_threads(&programs, |me, ops| theirs::run(&lock, me, ops));
            let lock = RwLock::new(0);
            let ours = on_threads(&programs, |me, ops| ours::run(&lock, me, ops));
            for end in [theirs, ours].map(Some) {
                prop_assert!(fits.contains(&end), "{:?} is not among {:?}", end, fits);
                seen.insert(end);
            }
        }
        several.set(several.get() + usize::from(fits.len() > 1));
        shown.set(shown.get() + usize::from(seen.len() > 1));
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    assert!(
        several.get() > 0 && shown.get() > 0,
        "some programs show more than one end"
    );
}
