//! The default: exhaustive within a budget, then few preemptions, then randomized; and what it says about
//! how far it went.

use std::sync::atomic::{AtomicU64 as StdCounter, Ordering as StdOrdering};

use selvedge::sync::atomic::AtomicUsize;
use selvedge::sync::atomic::Ordering::{Relaxed, SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

/// `threads` threads that each take `rounds` steps on one counter.
fn counting(threads: usize, rounds: usize) -> impl Fn() -> usize + Send + Sync {
    move || {
        let counter = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || (0..rounds).for_each(|_| _ = counter.fetch_add(1, SeqCst)))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        counter.load(SeqCst)
    }
}

#[test]
fn a_small_program_is_verified_and_the_verdict_rests_on_all_interleavings() {
    let report = Check::new("auto").run(counting(2, 2));
    assert_eq!((report.verdict, report.complete), (Verdict::Verified, true));
    assert_eq!(report.strategy, Strategy::Exhaustive);
    assert_eq!(report.basis, "all 6 interleavings");
}

#[test]
fn a_large_program_passes_and_the_report_says_on_what_that_rests() {
    let report = Check::new("auto").max_executions(1_000).run(counting(3, 4));
    assert_eq!((report.verdict, report.complete), (Verdict::Passed, false));
    assert_eq!(report.executions, 1_000);
    assert_eq!(report.strategy, Strategy::Pos);
    assert_eq!(
        report.basis,
        "all interleavings with at most 1 preemption, and a sample of 100 interleavings (pos)"
    );
}

#[test]
fn a_failure_is_told_with_the_fewest_preemptions_it_needs() {
    for strategy in [
        Strategy::Auto,
        Strategy::Random,
        Strategy::Pct { depth: 3 },
        Strategy::Pos,
        Strategy::Surw,
    ] {
        let report = Check::new("auto").strategy(strategy).run(|| {
            let value = Arc::new(AtomicUsize::new(0));
            let other = Arc::clone(&value);
            let thread = thread::spawn(move || {
                for _ in 0..3 {
                    let seen = other.load(SeqCst);
                    other.store(seen + 1, SeqCst);
                }
            });
            for _ in 0..3 {
                let seen = value.load(SeqCst);
                value.store(seen + 1, SeqCst);
            }
            thread.join().unwrap();
            assert_eq!(value.load(SeqCst), 6);
        });
        let failure = report.failure.expect("increments can be lost");
        assert_eq!((failure.kind, failure.trace.preemptions()), (FailureKind::Panic, 1));
        assert_eq!(report.basis, "fails with 1 preemption; none fails with 0");
    }
}

#[test]
fn a_bounded_search_is_complete_within_its_bound() {
    let inverted = || {
        let (a, b) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
        let (a2, b2) = (Arc::clone(&a), Arc::clone(&b));
        let thread = thread::spawn(move || {
            let _a = a2.lock().unwrap();
            let _b = b2.lock().unwrap();
        });
        {
            let _b = b.lock().unwrap();
            let _a = a.lock().unwrap();
        }
        thread.join().unwrap();
    };
    let within = |bound| {
        Check::new("bounded")
            .strategy(Strategy::Exhaustive)
            .preemption_bound(bound)
            .run(inverted)
    };
    let none = within(0);
    assert_eq!((none.verdict, none.complete), (Verdict::Verified, true));
    assert_eq!(
        none.basis,
        "all interleavings with at most 0 preemptions; of all 3 there are, 1 fails with more"
    );
    assert_eq!(within(1).failure.map(|f| f.kind), Some(FailureKind::Deadlock));
}

/// `writers` tasks write one after the other, and it is wrong when the first two are the last two that were spawned: the
/// orders that the exhaustive search comes to at the end.
fn late_writers(writers: usize) -> impl Fn() -> usize + Send + Sync {
    move || {
        let order = Arc::new(Mutex::new(Vec::new()));
        let threads: Vec<_> = (0..writers)
            .map(|i| {
                let order = Arc::clone(&order);
                thread::spawn(move || order.lock().unwrap().push(i))
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
        let order = order.lock().unwrap();
        assert!(
            order[0] != writers - 1 || order[1] != writers - 2,
            "the last two came first"
        );
        order[0]
    }
}

fn auto(program: impl Fn() -> usize + Send + Sync + 'static) -> Report {
    Check::new("auto").cause(false).run(program)
}

fn exhaustive(program: impl Fn() -> usize + Send + Sync + 'static) -> Report {
    Check::new("auto").strategy(Strategy::Exhaustive).run(program)
}

/// All that a report says, the time aside.
fn told(report: &Report) -> String {
    format!(
        "{report}{:?}{}{:?}",
        report.outcomes, report.executions, report.strategy
    )
}

#[test]
fn a_failure_deep_in_the_order_of_the_search_is_met_early() {
    let report = exhaustive(late_writers(7));
    assert!(report.executions > 4_000, "{report}");
    for writers in [7, 9] {
        let report = auto(late_writers(writers));
        assert!(report.executions < 400, "{report}");
        let failure = report.failure.as_ref().expect("the last two can come first");
        assert_eq!(failure.interleaving, report.executions);
        assert!(report.basis.contains("; found by "), "{}", report.basis);
        assert_eq!(failure.schedule.strategy, report.strategy.name());
        assert_eq!(told(&report), told(&auto(late_writers(writers))));
        let again = Check::new("auto")
            .strategy(Strategy::Replay(failure.schedule.clone()))
            .run(late_writers(writers));
        assert_eq!(again.failure.map(|f| f.to_string()), Some(failure.to_string()));
    }
}

#[test]
fn a_small_program_costs_what_it_has_interleavings() {
    for threads in 2..=5 {
        let counted = Arc::new(StdCounter::new(0));
        let executions = Arc::clone(&counted);
        let program = counting(threads, 1);
        let report = auto(move || {
            executions.fetch_add(1, StdOrdering::Relaxed);
            program()
        });
        let traces = (1..=threads as u64).product();
        assert_eq!((report.executions, report.verdict), (traces, Verdict::Verified));
        assert_eq!(counted.load(StdOrdering::Relaxed), traces);
    }
}

/// Here the sample comes before the end of the search, and finds nothing.
#[test]
fn what_the_search_has_proved_is_all_that_counts_once_it_is_complete() {
    let (threads, traces) = (6, 720);
    let report = auto(counting(threads, 1));
    assert_eq!(report.basis, format!("all {traces} interleavings"));
    assert_eq!((report.executions, report.strategy), (traces, Strategy::Exhaustive));
    assert_eq!(report.outcomes[&threads.to_string()], traces);
    let keeps_going = |strategy| {
        Check::new("auto")
            .strategy(strategy)
            .keep_going(true)
            .run(late_writers(6))
    };
    let (some, all) = (keeps_going(Strategy::Auto), keeps_going(Strategy::Exhaustive));
    assert_eq!(all.failing_executions, 24);
    assert_eq!(told(&some), told(&all));
}

/// The search of 10! orders is cut short before any of those that fail.
#[test]
fn a_failure_that_only_the_sample_has_seen_is_not_lost() {
    for keep_going in [false, true] {
        let check = Check::new("auto").max_executions(2_000).keep_going(keep_going);
        let report = check.run(late_writers(10));
        assert_eq!(report.verdict, Verdict::Failed);
        assert!(report.failing_executions >= 1, "{report}");
        let passing: u64 = report.outcomes.values().sum();
        assert_eq!(passing + report.failing_executions, report.executions);
    }
}

/// A bound on preemptions holds for everything that is run.
#[test]
fn nothing_is_sampled_beyond_a_bound() {
    let report = Check::new("auto").preemption_bound(0).run(|| {
        let tries = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..7)
            .map(|_| {
                let tries = Arc::clone(&tries);
                thread::spawn(move || {
                    let before = tries.fetch_add(1, SeqCst);
                    assert_eq!(tries.fetch_add(1, SeqCst), before + 1, "somebody came between");
                })
            })
            .collect();
        threads.into_iter().for_each(|thread| thread.join().unwrap());
    });
    assert_eq!((report.verdict, report.executions), (Verdict::Verified, 5_040));
}

/// Deep in the order of the search, and met by every seventh execution.
#[test]
fn a_search_of_many_execution_graphs_has_the_portfolio_in_its_middle() {
    let last_is_first = || {
        let counter = Arc::new(AtomicUsize::new(0));
        let threads: Vec<_> = (0..7)
            .map(|_| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || counter.fetch_add(1, Relaxed))
            })
            .collect();
        let seen: Vec<usize> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_ne!((seen[0], seen[1]), (6, 0), "the first comes last, and the second first");
    };
    let all = Check::new("auto").strategy(Strategy::Exhaustive).run(last_is_first);
    let auto = Check::new("auto").run(last_is_first);
    assert_eq!(auto.verdict, Verdict::Failed, "{auto}");
    assert!(auto.basis.contains("found by"), "{auto}");
    assert!(auto.executions < all.executions, "{auto}\n{all}");
}
