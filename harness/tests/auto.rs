//! The default: exhaustive within a budget, then few preemptions, then randomized; and what it says about
//! how far it went.

use selvedge::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use selvedge::sync::{Arc, Mutex};
use selvedge::{Check, FailureKind, Strategy, Verdict, thread};

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
    assert_eq!(none.basis, "all 2 interleavings with at most 0 preemptions");
    assert_eq!(within(1).failure.map(|f| f.kind), Some(FailureKind::Deadlock));
}
