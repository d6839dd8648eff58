//! The portfolio: several samplers in turn on one budget.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, choose, thread};

fn portfolio(executions: u64) -> Check {
    Check::new("portfolio")
        .strategy(Strategy::Portfolio)
        .max_executions(executions)
}

/// Two threads that each take `rounds` steps on one counter.
fn counting(rounds: usize) -> impl Fn() -> usize + Send + Sync {
    move || {
        let counter = Arc::new(AtomicUsize::new(0));
        let other = Arc::clone(&counter);
        let thread = thread::spawn(move || (0..rounds).for_each(|_| _ = other.fetch_add(1, SeqCst)));
        (0..rounds).for_each(|_| _ = counter.fetch_add(1, SeqCst));
        thread.join().unwrap();
        counter.load(SeqCst)
    }
}

/// Fails when `setters` threads have all written before a checker has taken its first step.
fn late_checker(setters: usize) -> impl Fn() + Send + Sync {
    move || {
        let flags: Arc<Vec<_>> = Arc::new((0..setters).map(|_| AtomicUsize::new(0)).collect());
        let checker = Arc::clone(&flags);
        let checker = thread::spawn(move || checker.iter().all(|f| f.load(SeqCst) == 1));
        let setters: Vec<_> = (0..setters)
            .map(|i| {
                let flags = Arc::clone(&flags);
                thread::spawn(move || flags[i].store(1, SeqCst))
            })
            .collect();
        for setter in setters {
            setter.join().unwrap();
        }
        assert!(!checker.join().unwrap(), "the checker came last");
    }
}

/// All that a run says, its time aside.
fn said(report: &Report) -> (u64, String, Option<String>, &'static str) {
    let schedule = report.failure.as_ref().map(|f| format!("{:?}", f.schedule));
    (
        report.executions,
        report.basis.clone(),
        schedule,
        report.strategy.name(),
    )
}

#[test]
fn a_failure_names_the_strategy_that_found_it_and_so_does_its_schedule() {
    let report = portfolio(1_000).seed(7).run(late_checker(4));
    let failure = report.failure.as_ref().expect("the checker can come last");
    assert_eq!(failure.kind, FailureKind::Panic);
    let order = ["pos", "surw", "pct", "random", "urw"];
    let turn = (failure.interleaving - 1) % 5;
    let finder = order[turn as usize];
    assert_eq!(report.strategy.name(), finder);
    assert!(
        report.basis.ends_with(&format!("; found by {finder}")),
        "{}",
        report.basis
    );
    assert_eq!(failure.schedule.strategy, finder);
    assert_eq!(failure.schedule.seed, 7 + turn);
}

#[test]
fn the_finder_alone_with_the_seed_of_the_schedule_finds_it_in_the_execution_of_its_turn() {
    for seed in 0..10 {
        let report = portfolio(1_000).seed(seed).run(late_checker(4));
        let failure = report.failure.expect("the checker can come last");
        let alone = Check::new("alone")
            .strategy(report.strategy)
            .seed(failure.schedule.seed)
            .run(late_checker(4));
        let turns = failure.interleaving.div_ceil(5);
        assert_eq!(alone.failure.map(|f| f.interleaving), Some(turns));
    }
}

#[test]
fn a_schedule_that_a_portfolio_found_replays() {
    let failure = portfolio(1_000).run(late_checker(3)).failure.expect("it fails");
    let again = Check::new("portfolio")
        .strategy(Strategy::Replay(failure.schedule))
        .run(late_checker(3));
    assert_eq!(again.failure.map(|f| f.kind), Some(FailureKind::Panic));
}

#[test]
fn the_same_seed_gives_the_same_report() {
    for seed in 0..5 {
        let run = || portfolio(500).seed(seed).run(late_checker(4));
        assert_eq!(said(&run()), said(&run()));
        let outcomes = || portfolio(100).seed(seed).keep_going(true).run(late_checker(4)).outcomes;
        assert_eq!(outcomes(), outcomes());
    }
}

#[test]
fn without_a_failure_the_budget_is_spent_in_equal_shares() {
    let report = portfolio(100).run(counting(4));
    assert_eq!((report.verdict, report.executions), (Verdict::Passed, 100));
    assert_eq!(report.strategy, Strategy::Portfolio);
    assert_eq!(
        report.basis,
        "a sample of 100 interleavings (portfolio: 20 each of pos, surw, pct, random, urw)"
    );
    let report = portfolio(7).run(counting(4));
    assert_eq!(report.executions, 7);
    assert_eq!(
        report.basis,
        "a sample of 7 interleavings (portfolio: 1 or 2 each of pos, surw, pct, random, urw)"
    );
    let report = Check::new("portfolio").strategy(Strategy::Portfolio).run(counting(4));
    assert_eq!(report.executions, 1_000);
}

#[test]
fn every_failing_execution_counts_when_it_keeps_going() {
    let report = portfolio(200).keep_going(true).run(late_checker(2));
    assert_eq!(report.executions, 200);
    let passing: u64 = report.outcomes.values().sum();
    assert_eq!(report.failing_executions + passing, 200);
    assert!(report.failing_executions > 0 && passing > 0);
}

#[test]
fn a_program_without_a_choice_is_verified_by_its_only_interleaving() {
    let report = portfolio(100).run(|| 1);
    assert_eq!((report.verdict, report.executions), (Verdict::Verified, 1));
    assert_eq!(report.basis, "all 1 interleaving");
}

#[test]
fn a_program_that_only_chooses_arms_can_be_sampled() {
    for strategy in [Strategy::Random, Strategy::Pct { depth: 3 }] {
        let report = Check::new("arms").strategy(strategy).run(|| choose(2));
        assert_eq!((report.verdict, report.executions), (Verdict::Passed, 1_000));
        assert_eq!(report.outcomes.len(), 2);
    }
}

/// Members that drew from one seed would all take the same arms.
#[test]
fn members_take_different_arms() {
    let report = portfolio(50).run(|| choose(1_000));
    assert!(report.outcomes.len() > 40, "{:?}", report.outcomes);
}
