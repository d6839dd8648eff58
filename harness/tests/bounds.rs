//! A bound on preemptions costs nothing, and means what it says.

use selvedge::sync::Arc;
use selvedge::sync::atomic::{AtomicU32, Ordering::*};
use selvedge::{Check, FailureKind, Report, Strategy, Verdict, thread};

fn within(bound: Option<usize>, program: impl Fn() + Send + Sync + 'static) -> Report {
    let check = Check::new("bounds").strategy(Strategy::Exhaustive).keep_going(true);
    match bound {
        Some(bound) => check.preemption_bound(bound),
        None => check,
    }
    .run(program)
}

/// Three tasks of five steps each, one of which the others can see.
fn mostly_on_their_own() {
    let shared = Arc::new(AtomicU32::new(0));
    let threads: Vec<_> = (0..3)
        .map(|_| {
            let shared = Arc::clone(&shared);
            thread::spawn(move || {
                let own = AtomicU32::new(0);
                for _ in 0..4 {
                    own.fetch_add(1, SeqCst);
                }
                shared.fetch_add(1, SeqCst);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn steps_that_nobody_else_sees_are_not_permuted() {
    let all = within(None, mostly_on_their_own);
    for bound in 0..4 {
        let report = within(Some(bound), mostly_on_their_own);
        assert_eq!((report.verdict, report.complete), (Verdict::Verified, true));
        assert_eq!((all.executions, report.executions), (6, 6));
        assert_eq!(report.preemption_bound, Some(bound));
    }
}

/// Wrong when each of two threads comes between the two looks of the first one, in turns: that takes so many preemptions.
fn needs_two_preemptions() {
    let x = Arc::new(AtomicU32::new(0));
    let other = {
        let x = Arc::clone(&x);
        thread::spawn(move || {
            x.store(1, SeqCst);
            x.store(2, SeqCst);
        })
    };
    let (first, second) = (x.load(SeqCst), x.load(SeqCst));
    assert_ne!((first, second), (1, 2), "both were seen");
    other.join().unwrap();
}

#[test]
fn a_failure_counts_when_one_of_its_orders_is_within_the_bound() {
    let all = within(None, needs_two_preemptions);
    assert_eq!((all.executions, all.failing_executions), (6, 1));
    let one = within(Some(1), needs_two_preemptions);
    assert_eq!((one.verdict, one.complete), (Verdict::Verified, true));
    assert_eq!((one.executions, one.failing_executions), (6, 0));
    assert_eq!(
        one.basis,
        "all interleavings with at most 1 preemption; of all 6 there are, 1 fails with more"
    );
    let two = within(Some(2), needs_two_preemptions);
    let failure = two.failure.expect("it fails within the bound");
    assert_eq!((failure.kind, failure.trace.preemptions()), (FailureKind::Panic, 2));
    assert_eq!((two.executions, two.failing_executions), (6, 1));
}

/// Too many traces: what is within the bound is enumerated.
#[test]
fn a_bound_ends_a_search_that_would_not_end() {
    let report = within(Some(0), || {
        let x = Arc::new(AtomicU32::new(0));
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let x = Arc::clone(&x);
                thread::spawn(move || {
                    for _ in 0..8 {
                        x.fetch_add(1, SeqCst);
                    }
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap();
        }
    });
    assert_eq!((report.verdict, report.complete), (Verdict::Verified, true));
    assert_eq!(
        report.basis,
        format!("all {} interleavings with at most 0 preemptions", report.executions)
    );
}
